//! One decision, by everything that can make it: checked on random claims first, then timed in turns.

use std::hint::black_box;
use std::time::{Duration, Instant};

use whichrole::{Claims, Evaluator, Request, Semantics, Source, TokenForm};
use whichrole_benches::directory::Dice;
use whichrole_benches::{ByHand, CLAIMS, Match, pool, rules};

use crate::engines::{Casbin, Cedar, Cel, Engine, Interpreter, Machine, Naive, Rhai};
use crate::rules::Rules;

/// As many rules as AWS takes.
pub const RULES: usize = 25;

/// Something that is timed.
pub struct Contender<'a> {
    /// Whose work.
    pub name: &'static str,
    /// What it is.
    pub work: &'static str,
    /// Does it so many times, and says what came of it the last time: the number of a rule, or nothing for building a request.
    pub repeat: Box<dyn FnMut(u64) -> usize + 'a>,
}

/// What a decision needs that is not part of it, prepared once for whichrole and the loops by hand.
pub struct Scene {
    matching: Match,
    evaluator: Evaluator,
    by_hand: ByHand,
    rules: Rules,
    claims: Claims<'static>,
}

impl Scene {
    /// Twenty-five rules, of which the first, the last or none matches the login.
    #[must_use]
    pub fn new(matching: Match) -> Self {
        let mapping = rules(RULES, matching);
        let claims = Claims::from_json(CLAIMS).expect("the claims are valid");
        Self {
            matching,
            by_hand: ByHand::new(&mapping),
            rules: Rules::new(&mapping),
            evaluator: Evaluator::new(pool(mapping), Semantics::default()),
            claims,
        }
    }

    /// The rule that everything here has to find.
    #[must_use]
    pub fn expected(&self) -> usize {
        match self.matching {
            Match::Start => 1,
            Match::End => RULES,
            Match::None => 0,
        }
    }

    /// Everything that is timed, in the order of the table.
    ///
    /// # Panics
    /// Where one of them finds another rule than the rest.
    #[must_use]
    pub fn contenders(&self) -> Vec<Contender<'_>> {
        let Self { evaluator, by_hand, claims, .. } = self;
        let slots = by_hand.resolve(claims);
        let login = move || [evaluator.login(None, black_box(claims), TokenForm::Jwt).expect("one provider")];
        let logins = login();
        let number = |rule: Option<(usize, &str)>| rule.map_or(0, |(number, _)| number);
        let mut all = vec![
            contender("whichrole", "slots", move || whichrole_rule(evaluator, &Request::of(black_box(&logins)))),
            contender("loop by hand", "slots", move || number(by_hand.decide(black_box(&slots)))),
            contender("whichrole", "claims", move || whichrole_rule(evaluator, &Request::of(&login()))),
            contender("loop by hand", "claims", move || number(by_hand.decide(&by_hand.resolve(black_box(claims))))),
        ];
        self.add::<Naive>(&mut all, "serde_json::Value");
        self.add::<Machine>(&mut all, "regorus, machine");
        self.add::<Interpreter>(&mut all, "regorus, interpreter");
        self.add::<Cedar>(&mut all, "cedar-policy");
        self.add::<Casbin>(&mut all, "casbin");
        self.add::<Cel>(&mut all, "cel");
        self.add::<Rhai>(&mut all, "rhai");
        for contender in &mut all {
            let found = (contender.repeat)(1);
            assert!(contender.work == "request" || found == self.expected(), "{} found {found}", contender.name);
        }
        all
    }

    /// An engine: the decision, and the request told apart.
    fn add<'a, E: Engine + 'a>(&'a self, all: &mut Vec<Contender<'a>>, name: &'static str) {
        let texts = texts(&self.rules, &self.claims);
        let builder = E::prepare(&self.rules);
        let mut engine = E::prepare(&self.rules);
        let mut request = engine.request(&texts);
        all.push(contender(name, "decision", move || engine.decide(black_box(&mut request))));
        all.push(contender(name, "request", move || {
            drop(black_box(builder.request(black_box(&texts))));
            0
        }));
    }
}

fn contender<'a>(name: &'static str, work: &'static str, mut once: impl FnMut() -> usize + 'a) -> Contender<'a> {
    let repeat = Box::new(move |times| (0..times).map(|_| black_box(once())).last().unwrap_or_default());
    Contender { name, work, repeat }
}

fn whichrole_rule(evaluator: &Evaluator, request: &Request<'_>) -> usize {
    evaluator.evaluate(request).source().and_then(Source::rule).unwrap_or(0)
}

/// The texts of the claims that rules test, as every engine gets them.
fn texts<'c>(rules: &Rules, claims: &'c Claims<'_>) -> Vec<Option<&'c str>> {
    rules.claims.iter().map(|claim| claims.get(claim).and_then(whichrole::Claim::as_text)).collect()
}

/// Asks everything about random claims: absent, exactly, nearly or not at all what a rule wants.
///
/// # Panics
/// Where two do not agree.
pub fn verify(times: u64) {
    for matching in Match::ALL {
        let scene = Scene::new(matching);
        let mut engines = Engines::prepare(&scene.rules);
        for number in 0..times {
            let claims = random_claims(&scene.rules, &mut Dice::of(number));
            let logins = [scene.evaluator.login(None, &claims, TokenForm::Claims).expect("one provider")];
            let expected = whichrole_rule(&scene.evaluator, &Request::of(&logins));
            let by_hand = scene.by_hand.decide(&scene.by_hand.resolve(&claims)).map_or(0, |(number, _)| number);
            assert_eq!(expected, by_hand, "loop by hand: {}", claims.to_json());
            engines.expect(expected, &texts(&scene.rules, &claims));
        }
    }
}

struct Engines(Naive, Machine, Interpreter, Cedar, Casbin, Cel, Rhai);

impl Engines {
    fn prepare(rules: &Rules) -> Self {
        Self(
            Naive::prepare(rules),
            Machine::prepare(rules),
            Interpreter::prepare(rules),
            Cedar::prepare(rules),
            Casbin::prepare(rules),
            Cel::prepare(rules),
            Rhai::prepare(rules),
        )
    }

    fn expect(&mut self, expected: usize, texts: &[Option<&str>]) {
        fn same<E: Engine>(engine: &mut E, expected: usize, texts: &[Option<&str>]) {
            let found = engine.decide(&mut engine.request(texts));
            assert_eq!(found, expected, "{}: {texts:?}", std::any::type_name::<E>());
        }
        same(&mut self.0, expected, texts);
        same(&mut self.1, expected, texts);
        same(&mut self.2, expected, texts);
        same(&mut self.3, expected, texts);
        same(&mut self.4, expected, texts);
        same(&mut self.5, expected, texts);
        same(&mut self.6, expected, texts);
    }
}

fn random_claims(rules: &Rules, dice: &mut Dice) -> Claims<'static> {
    let mut claims = Claims::default();
    for (slot, name) in rules.claims.iter().enumerate() {
        let values: Vec<&str> =
            rules.rules.iter().filter(|rule| rule.slot == slot).map(|rule| rule.value.as_str()).collect();
        let value = dice.pick(&values);
        let text = match dice.below(8) {
            0 => continue,
            1 => String::new(),
            2 => format!("{value}, and more"),
            3 => format!("before {value}"),
            4 => value.to_uppercase(),
            5 => "Zoë \"真由美\" *".to_owned(),
            _ => value.to_owned(),
        };
        claims.set(name.clone(), text);
    }
    claims
}

/// Nanoseconds of one piece of work, by contender: the median of so many turns. In each turn everybody works for about as long.
pub fn in_turns(contenders: &mut [Contender<'_>], turns: usize, turn: Duration) -> Vec<f64> {
    let time = |contender: &mut Contender<'_>, times: u64| {
        let start = Instant::now();
        (contender.repeat)(black_box(times));
        start.elapsed()
    };
    let per_turn: Vec<u64> = contenders
        .iter_mut()
        .map(|contender| {
            let once = time(contender, 100).as_nanos() / 100;
            u64::try_from(turn.as_nanos() / once.max(1)).unwrap_or(u64::MAX).max(1)
        })
        .collect();
    let mut times = vec![Vec::with_capacity(turns); contenders.len()];
    for _ in 0..turns {
        for ((contender, repeats), times) in contenders.iter_mut().zip(&per_turn).zip(&mut times) {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52 nanoseconds")]
            times.push(time(contender, *repeats).as_nanos() as f64 / *repeats as f64);
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    times.into_iter().map(median).collect()
}
