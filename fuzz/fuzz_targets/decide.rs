//! From texts to an answer, asked in every way there is; a configuration, a NUL, claims.
#![no_main]

use libfuzzer_sys::fuzz_target;
use whichrole::explain::explain;
use whichrole::read::{ReadOptions, Source, canonical, read};
use whichrole::{Claims, Evaluator, Question, Request, Semantics, TokenForm};

fuzz_target!(|text: &str| {
    let Some((config, claims)) = text.split_once('\0') else { return };
    let Ok(claims) = Claims::from_json(claims) else { return };
    let from = |name: &str, text: &str| {
        let sources = [Source { name: name.to_owned(), text: text.to_owned() }];
        read(&sources, &ReadOptions::default())
    };
    let configuration = from("x.json", config);
    if !configuration.problems.is_empty() {
        return;
    }
    let [definition] = configuration.definitions.as_slice() else { return };
    let evaluator = Evaluator::new(definition.pool.clone(), Semantics::default());
    let Ok(login) = evaluator.login(None, &claims, TokenForm::Claims) else { return };
    let logins = [login];
    let request = Request::of(&logins);
    let answer = evaluator.answer(&request);
    let written = serde_json::to_string(&answer).expect("JSON");

    assert_eq!(evaluator.evaluate(&request), answer.decision, "the decision alone");
    assert_eq!(explain(&evaluator, &request).answer, answer, "the answer with its reasons");
    assert_eq!(answer.decision.role().is_some(), answer.decision.denial().is_none());
    assert!(answer.decision.role().is_some() || answer.decision.tags.is_empty(), "a denial has no tags");

    // Every reading is what its choices give, and no single choice gives something that is not said.
    for reading in &answer.readings {
        let semantics = reading.assume.iter().fold(Semantics::default(), |semantics, choice| semantics.assume(*choice));
        let other = Evaluator::new(definition.pool.clone(), semantics);
        if let Ok(login) = other.login(None, &claims, TokenForm::Claims) {
            let logins = [login];
            assert!(other.evaluate(&Request::of(&logins)).same_answer(&reading.decision), "{:?}", reading.assume);
        }
    }
    for question in answer.assumptions.iter().filter(|question| *question != Question::SeveralLogins) {
        for choice in whichrole::Choice::all_of(question) {
            let other = Evaluator::new(definition.pool.clone(), Semantics::default().assume(choice));
            let Ok(login) = other.login(None, &claims, TokenForm::Claims) else { continue };
            let logins = [login];
            let decision = other.evaluate(&Request::of(&logins));
            let said = decision.same_answer(&answer.decision)
                || answer.readings.iter().any(|reading| reading.decision.same_answer(&decision));
            assert!(said, "{choice}");
        }
    }

    // The same pool out of the other readers.
    let shown = serde_json::to_string(&canonical(&configuration, &configuration.definitions)).expect("JSON");
    for name in ["shown.json", "shown.yaml"] {
        let again = from(name, &shown);
        assert!(again.problems.is_empty(), "{:?}", again.problems);
        let [definition] = again.definitions.as_slice() else { panic!("one pool became another number of pools") };
        let other = Evaluator::new(definition.pool.clone(), Semantics::default());
        let login = other.login(None, &claims, TokenForm::Claims).expect("a login as before");
        let logins = [login];
        let answer = other.answer(&Request::of(&logins));
        assert_eq!(serde_json::to_string(&answer).expect("JSON"), written);
    }
});
