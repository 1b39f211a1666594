//! What comes before a decision: an evaluator, and claims.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start should stop")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use whichrole::{Claims, Evaluator, Jwt, Semantics, TokenLimits, read};
use whichrole_benches::{CLAIMS, Match, pool, rules};

const POOL: &str = include_str!("../../testdata/pools/api/app-pool.json");
const TOKEN: &str = include_str!("../../testdata/tokens/alice.id.jwt");

fn evaluator(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluator");
    for count in [1, 5, 25] {
        let pool = pool(rules(count, Match::None));
        group.bench_function(format!("{count} rules"), |bench| {
            bench.iter_batched(
                || pool.clone(),
                |pool| Evaluator::new(pool, Semantics::default()),
                BatchSize::SmallInput,
            );
        });
    }
    group.bench_function("from API JSON", |bench| bench.iter(|| read::api_json(black_box(POOL)).unwrap()));
    group.finish();
}

fn claims(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("claims");
    group.throughput(Throughput::Bytes(CLAIMS.len() as u64));
    group.bench_function("from JSON", |bench| bench.iter(|| Claims::from_json(black_box(CLAIMS)).unwrap()));
    group.throughput(Throughput::Bytes(TOKEN.len() as u64));
    let limits = TokenLimits::default();
    group.bench_function("from a JWT", |bench| bench.iter(|| Jwt::decode(black_box(TOKEN), &limits).unwrap()));
    group.finish();
}

criterion_group! {
    name = reading;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = evaluator, claims
}
criterion_main!(reading);
