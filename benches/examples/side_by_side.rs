//! The library and the loop by hand in turns, so that a busy machine slows both: medians in nanoseconds, and how many times the loop. Then
//! the work before a decision.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "run by hand, and what it is for is to print")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use whichrole::{Claims, Evaluator, Jwt, MappingRule, Request, Semantics, TokenForm, TokenLimits, read};
use whichrole_benches::{ByHand, CLAIMS, Match, group_rules, pool, rules};

const POOL: &str = include_str!("../../testdata/pools/api/app-pool.json");
const TOKEN: &str = include_str!("../../testdata/tokens/alice.id.jwt");

/// Decisions in one turn, and turns.
const DECISIONS: u32 = 200;
const TURNS: usize = 2000;

fn main() {
    for count in [1, 5, 25] {
        for matching in Match::ALL {
            compare(&format!("{count} rules, {}", matching.name()), &rules(count, matching));
        }
    }
    compare("25 group rules, none", &group_rules(25, Match::None));
    before();
}

/// What comes before a decision.
fn before() {
    let show = |name: &str, times: Vec<Duration>| println!("{name:22} {:8.0}", median(times));
    for count in [1, 5, 25] {
        let pool = pool(rules(count, Match::None));
        // The pool's copy is part of it: an evaluator keeps its pool.
        let build =
            || Evaluator::new(black_box(&pool).clone(), Semantics::default()).pool().roles.authenticated.is_some();
        show(&format!("evaluator, {count} rules"), turns(build));
    }
    show("pool from API JSON", turns(|| read::api_json(black_box(POOL)).is_ok()));
    show("claims from JSON", turns(|| Claims::from_json(black_box(CLAIMS)).is_ok()));
    show("claims from a JWT", turns(|| Jwt::decode(black_box(TOKEN), &TokenLimits::default()).is_ok()));
}

fn turns(work: impl Fn() -> bool) -> Vec<Duration> {
    (0..TURNS / 10).map(|_| time(&work)).collect()
}

fn compare(name: &str, rules: &[MappingRule]) {
    let claims = Claims::from_json(CLAIMS).unwrap();
    let evaluator = Evaluator::new(pool(rules.to_vec()), Semantics::default());
    let logins = [evaluator.login(None, &claims, TokenForm::Jwt).unwrap()];
    let request = Request::of(&logins);
    let by_hand = ByHand::new(rules);
    let slots = by_hand.resolve(&claims);

    let mut by_hand_times = Vec::new();
    let mut evaluate_times = Vec::new();
    let mut login_times = Vec::new();
    let mut resolve_times = Vec::new();
    let mut answer_times = Vec::new();
    for _ in 0..TURNS {
        by_hand_times.push(time(|| by_hand.decide(black_box(&slots)).is_some()));
        evaluate_times.push(time(|| evaluator.evaluate(black_box(&request)).role().is_some()));
        login_times.push(time(|| {
            let logins = [evaluator.login(None, black_box(&claims), TokenForm::Jwt).unwrap()];
            evaluator.evaluate(&Request::of(&logins)).role().is_some()
        }));
        answer_times.push(time(|| evaluator.answer(black_box(&request)).is_certain()));
        resolve_times.push(time(|| by_hand.decide(&by_hand.resolve(black_box(&claims))).is_some()));
    }
    let hand = median(by_hand_times);
    let times = |times: Vec<Duration>| {
        let median = median(times);
        format!("{median:6.1} ({:.2}x)", median / hand)
    };
    println!(
        "{name:22} by hand {hand:6.1}   evaluate {}   login and evaluate {}   by hand with slots {}   answer {}",
        times(evaluate_times),
        times(login_times),
        times(resolve_times),
        times(answer_times),
    );
}

fn time(decide: impl Fn() -> bool) -> Duration {
    let start = Instant::now();
    for _ in 0..DECISIONS {
        black_box(decide());
    }
    start.elapsed()
}

/// Of one decision, in nanoseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    middle.as_secs_f64() * 1e9 / f64::from(DECISIONS)
}
