use std::hint::black_box;
use std::time::Instant;
use whichrole::*;
use whichrole_benches::*;
fn main() {
    for (name, rules) in [1usize, 5, 25].into_iter().flat_map(|n| Match::ALL.into_iter().map(move |m| (format!("{n} {}", m.name()), rules(n, m)))).chain([("groups 25 none".to_owned(), group_rules(25, Match::None))]) {
        let claims = Claims::from_json(CLAIMS).unwrap();
        let evaluator = Evaluator::new(pool(rules.clone()), Semantics::default());
        let logins = [evaluator.login(None, &claims, TokenForm::Jwt).unwrap()];
        let request = Request::of(&logins);
        let by_hand = ByHand::new(&rules);
        let slots = by_hand.resolve(&claims);
        let mut t: [Vec<f64>; 5] = Default::default();
        const N: u32 = 200;
        for _ in 0..3000 {
            let mut time = |k: usize, f: &dyn Fn()| { let s = Instant::now(); f(); t[k].push(s.elapsed().as_nanos() as f64 / f64::from(N)); };
            time(0, &|| for _ in 0..N { black_box(by_hand.decide(black_box(&slots))); });
            time(1, &|| for _ in 0..N { black_box(evaluator.evaluate(black_box(&request))); });
            time(2, &|| for _ in 0..N { let logins = [evaluator.login(None, black_box(&claims), TokenForm::Jwt).unwrap()]; black_box(evaluator.evaluate(&Request::of(&logins)).role()); });
            time(3, &|| for _ in 0..N { black_box(by_hand.decide(&by_hand.resolve(black_box(&claims)))); });
            if !name.starts_with('g') { time(4, &|| for _ in 0..N { black_box(evaluator.answer(black_box(&request))); }); }
        }
        let m: Vec<f64> = t.iter_mut().map(|v| { v.sort_by(f64::total_cmp); v.get(v.len() / 2).copied().unwrap_or(0.0) }).collect();
        println!("{name:15} hand {:6.1}  evaluate {:6.1} {:.2}x   login+evaluate {:6.1} {:.2}x   hand+resolve {:6.1}  answer {:6.1}", m[0], m[1], m[1]/m[0], m[2], m[2]/m[0], m[3], m[4]);
    }
}
