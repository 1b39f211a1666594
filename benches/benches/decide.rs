//! One decision, beside the least that could be done.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start should stop")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use whichrole::{Claims, Evaluator, MappingRule, Request, Semantics, Source, TokenForm};
use whichrole_benches::{ByHand, CLAIMS, Match, group_rules, pool, rules};

fn text_rules(criterion: &mut Criterion) {
    for count in [1, 5, 25] {
        for matching in Match::ALL {
            let group = format!("rules/{count}/{}", matching.name());
            decide(criterion, &group, &rules(count, matching));
        }
    }
}

fn rules_on_groups(criterion: &mut Criterion) {
    for matching in [Match::End, Match::None] {
        decide(criterion, &format!("groups/25/{}", matching.name()), &group_rules(25, matching));
    }
}

/// Measures the library and the loop on the same rules, after checking that they agree.
fn decide(criterion: &mut Criterion, group: &str, rules: &[MappingRule]) {
    let claims = Claims::from_json(CLAIMS).unwrap();
    let evaluator = Evaluator::new(pool(rules.to_vec()), Semantics::default());
    let logins = [evaluator.login(None, &claims, TokenForm::Jwt).unwrap()];
    let request = Request::of(&logins);
    let by_hand = ByHand::new(rules);
    let slots = by_hand.resolve(&claims);

    let decision = evaluator.evaluate(&request);
    let decided = decision.source().and_then(Source::rule).zip(decision.role());
    assert_eq!(decided, by_hand.decide(&slots), "{group}: the library and the loop by hand");

    let mut group = criterion.benchmark_group(group);
    group.bench_function("evaluate", |bench| bench.iter(|| evaluator.evaluate(black_box(&request))));
    group.bench_function("by hand, slots resolved", |bench| bench.iter(|| by_hand.decide(black_box(&slots))));
    group.bench_function("login and evaluate", |bench| {
        bench.iter(|| {
            let logins = [evaluator.login(None, black_box(&claims), TokenForm::Jwt).unwrap()];
            evaluator.evaluate(&Request::of(&logins)).role().map(str::len)
        });
    });
    group.bench_function("by hand, slots included", |bench| {
        bench.iter(|| by_hand.decide(&by_hand.resolve(black_box(&claims))).map(|(_, role)| role.len()));
    });
    group.bench_function("answer", |bench| bench.iter(|| evaluator.answer(black_box(&request))));
    group.finish();
}

criterion_group! {
    name = decisions;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = text_rules, rules_on_groups
}
criterion_main!(decisions);
