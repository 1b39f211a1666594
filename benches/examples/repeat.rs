//! Repeats one piece of work, for a profiler that counts instructions: `repeat WORK RULES MATCH TIMES`.
//!
//! `WORK` is `evaluate`, `answer`, `login`, `loop` or `resolve`; `MATCH` is `start`, `end` or `none`. Run it with two numbers of times: the
//! difference has no start-up in it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "run by hand, with four arguments")]

use std::hint::black_box;

use whichrole::{Claims, Evaluator, Request, Semantics, TokenForm};
use whichrole_benches::{ByHand, CLAIMS, Match, pool, rules};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let matching = Match::ALL.into_iter().find(|matching| matching.name() == args[2]).unwrap();
    let rules = rules(args[1].parse().unwrap(), matching);
    let claims = Claims::from_json(CLAIMS).unwrap();
    let evaluator = Evaluator::new(pool(rules.clone()), Semantics::default());
    let logins = [evaluator.login(None, &claims, TokenForm::Jwt).unwrap()];
    let request = Request::of(&logins);
    let by_hand = ByHand::new(&rules);
    let slots = by_hand.resolve(&claims);
    for _ in 0..args[3].parse().unwrap() {
        match args[0].as_str() {
            "evaluate" => drop(black_box(evaluator.evaluate(black_box(&request)))),
            "answer" => drop(black_box(evaluator.answer(black_box(&request)))),
            "login" => drop(black_box(evaluator.login(None, black_box(&claims), TokenForm::Jwt))),
            "loop" => drop(black_box(by_hand.decide(black_box(&slots)))),
            "resolve" => drop(black_box(by_hand.resolve(black_box(&claims)))),
            _ => {}
        }
    }
}
