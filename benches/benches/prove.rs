//! What a proof costs: `reach` and `diff`, for the largest configuration that AWS takes and for many rules on one claim.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use whichrole::analysis::{DiffOptions, Subject, diff, reach};
use whichrole::{
    AmbiguousRoleResolution, Evaluator, IdentityPool, MappingRule, MatchType, ProviderKey, RoleMapping, Semantics,
};

/// A value of this many letters, the same for the same number.
fn value(number: u64, length: usize) -> String {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + u8::try_from(state % 26).unwrap_or_default())
    };
    (0..length).map(|_| letter()).collect()
}

fn pool(providers: u64, rules: impl Fn(u64) -> Vec<MappingRule>) -> IdentityPool {
    let mut pool = IdentityPool::default();
    pool.roles.authenticated = Some("arn:aws:iam::111122223333:role/Reader".into());
    for provider in 0..providers {
        let key = ProviderKey::new(format!("cognito-idp.us-east-1.amazonaws.com/us-east-1_P{provider}:web"));
        let mapping = RoleMapping::rules(rules(provider)).resolving(AmbiguousRoleResolution::Deny);
        pool.role_mappings.insert(key, mapping);
    }
    pool
}

/// 10 providers with 25 rules each, of 128 characters. `changed` counts which rule of each provider has another value.
fn largest(claim: &'static str, changed: Option<u64>) -> IdentityPool {
    pool(10, |provider| {
        let rule = |rule: u64| {
            let other = if changed == Some(rule) { 1_000_000 } else { 0 };
            let operator = MatchType::ALL.into_iter().nth((rule % 3) as usize).unwrap_or(MatchType::Equals);
            let role = format!("arn:aws:iam::111122223333:role/R{provider}-{}", rule % 5);
            MappingRule::new(claim, operator, value(provider * 1_000 + rule + other, 128), role)
        };
        (0..25).map(rule).collect()
    })
}

/// Rules on one claim, in the order that `order` gives.
fn many(count: u64, order: impl Fn(u64) -> u64) -> IdentityPool {
    let role = |rule: u64| format!("arn:aws:iam::111122223333:role/R{}", rule % 5);
    let rule = |rule: u64| MappingRule::new("custom:dept", MatchType::Contains, format!("team{rule}x"), role(rule));
    pool(1, |_| (0..count).map(|at| rule(order(at))).collect())
}

fn side(pool: &IdentityPool) -> Subject<'_> {
    Subject { pool, groups: &[], semantics: Semantics::default() }
}

fn largest_configuration(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10 providers × 25 rules of 128 characters");
    for claim in ["custom:dept", "cognito:groups"] {
        let (before, after) = (largest(claim, None), largest(claim, Some(12)));
        let evaluator = Evaluator::new(before.clone(), Semantics::default());
        group
            .bench_function(BenchmarkId::new("reach", claim), |bench| bench.iter(|| reach(black_box(&evaluator), &[])));
        group.bench_function(BenchmarkId::new("diff", claim), |bench| {
            bench.iter(|| diff(&side(&before), black_box(&side(&after)), &DiffOptions::default()));
        });
    }
    group.finish();
}

fn rules_on_one_claim(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rules on one claim");
    for count in [25, 50, 100, 200, 400] {
        // Shuffled: hardly any two rules stay in order, so hardly any pair of rules is out of the question.
        let (before, after) = (many(count, |at| at), many(count, |at| (at * 7 + 3) % count));
        let evaluator = Evaluator::new(before.clone(), Semantics::default());
        group
            .bench_function(BenchmarkId::new("reach", count), |bench| bench.iter(|| reach(black_box(&evaluator), &[])));
        group.bench_function(BenchmarkId::new("diff", count), |bench| {
            bench.iter(|| diff(&side(&before), black_box(&side(&after)), &DiffOptions::default()));
        });
    }
    group.finish();
}

criterion_group! {
    name = proving;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = largest_configuration, rules_on_one_claim
}
criterion_main!(proving);
