//! What holds for every pool, token and request. Statements such as R1 are in `docs/semantics.md`.

#![expect(clippy::expect_used, reason = "the helpers here are tests, too")]

mod scenario;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;
use scenario::{Scenario, by_rules, groups, object, pool, rule, scenario, string, value};
use whichrole::explain::{RuleOutcome, explain};
use whichrole::read::{self, Configuration, Definition};
use whichrole::{
    Check, Choice, Claim, Claims, Decision, Denial, Evaluator, Group, GroupClaims, IdentityPool, Jwt, MappingRule,
    ProviderKey, Question, Questions, Request, RoleMappingType, Semantics, SeveralLogins, Source, TokenForm,
    TokenLimits,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_way_of_asking_gives_the_same_decision(scenario in scenario()) {
        let evaluator = scenario.evaluator();
        let claims = scenario.claims();
        let logins = scenario.logins(&evaluator, &claims);
        let request = scenario.request(&logins);
        let answer = evaluator.answer(&request);
        prop_assert_eq!(&evaluator.evaluate(&request), &answer.decision);
        prop_assert_eq!(&explain(&evaluator, &request).answer, &answer);
        prop_assert_eq!(evaluator.answer(&request), answer);
    }

    #[test]
    fn an_explanation_shows_what_became_of_each_rule(scenario in scenario()) {
        let evaluator = scenario.evaluator();
        let claims = scenario.claims();
        let logins = scenario.logins(&evaluator, &claims);
        for login in &logins {
            let alone = Request { logins: std::slice::from_ref(login), ..scenario.request(&[]) };
            let decision = evaluator.evaluate(&alone);
            let traces = explain(&evaluator, &alone).logins.remove(0).rules;
            let rules = evaluator.mapping_of(login).map(|(_, mapping)| mapping.mapping_rules()).unwrap_or_default();
            prop_assert_eq!(traces.len(), rules.len());
            let refused = matches!(decision.denial(), Some(Denial::InvalidToken(_)));
            let deciding = decision.source().and_then(Source::rule);
            let reached = if refused { 0 } else { deciding.filter(|_| scenario.custom_role.is_none()).unwrap_or(rules.len()) };
            // A preferred role that is open is not among the claims.
            let is_open = claims.iter().any(|(_, open)| open.is_some());
            for (trace, rule) in traces.iter().zip(rules).filter(|(_, rule)| !is_open || rule.claim != "cognito:preferred_role") {
                let check = rule.check(login.claims(), evaluator.semantics());
                let expected = match check {
                    _ if trace.rule > reached => RuleOutcome::NotReached,
                    _ if deciding == Some(trace.rule) => RuleOutcome::Decided,
                    Check::Matches => RuleOutcome::Matches,
                    Check::Differs => RuleOutcome::Differs,
                    Check::ClaimAbsent => RuleOutcome::ClaimAbsent,
                };
                prop_assert_eq!(trace.outcome, expected, "rule {}", trace.rule);
            }
        }
    }

    /// R1: the rule that decides is the first that matches; those before do not matter, but for the number, and those after do not at all.
    #[test]
    fn only_the_rule_that_decided_matters(scenario in by_rules(), more in rule(), at in any::<Index>()) {
        let rules = rules_of(&scenario.pool);
        let decision = decide(&scenario, rules);
        let Some(Source::Rule(number)) = decision.source else { return Ok(()) };
        let [before, after] = [&rules[..number - 1], &rules[number..]];
        let deciding = &rules[number - 1];

        let mut appended = rules.to_vec();
        appended.insert(number + at.index(after.len() + 1), more);
        prop_assert_eq!(&decide(&scenario, &appended), &decision, "a rule was added after the one that decided");
        prop_assert_eq!(&decide(&scenario, &rules[..number]), &decision, "the rules that were not reached are gone");
        if !before.is_empty() {
            let mut fewer = rules.to_vec();
            fewer.remove(at.index(before.len()));
            let same = decide(&scenario, &fewer);
            prop_assert_eq!((&same.role, same.source), (&decision.role, Some(Source::Rule(number - 1))));
        }
        let alone = decide(&scenario, std::slice::from_ref(deciding));
        prop_assert_eq!((&alone.role, alone.source), (&decision.role, Some(Source::Rule(1))));
    }

    #[test]
    fn a_claim_that_nothing_reads_may_have_any_name_and_value(
        scenario in scenario(), names in ("x[a-z]{0,8}", "x[a-z]{0,8}"), values in (value(), value()),
    ) {
        let with = |name: &str, value: &str| {
            let mut other = scenario.clone();
            for given in &mut other.given {
                let separator = if given.json == "{}" { "" } else { "," };
                given.json = format!("{{{}:{value}{separator}{}", string(name), &given.json[1..]);
            }
            other
        };
        let [one, other] = [with(&names.0, &values.0), with(&names.1, &values.1)];
        prop_assert_eq!(shown(&one), shown(&scenario));
        prop_assert_eq!(shown(&other), shown(&scenario));
    }

    #[test]
    fn the_order_of_claims_and_escapes_in_them_do_not_matter(scenario in scenario()) {
        let mut other = scenario.clone();
        for given in &mut other.given {
            let claims = Claims::from_json(&given.json).expect("the claims are JSON");
            let members: Vec<(String, String)> =
                claims.iter().map(|(name, value)| (name.to_owned(), value.to_json())).collect();
            given.json = escaped(&object(&members.into_iter().rev().collect::<Vec<_>>()));
        }
        prop_assert_eq!(shown(&other), shown(&scenario));
    }

    #[test]
    fn canonical_json_is_read_back_as_the_same_pool(pool in pool()) {
        let mut pool = pool;
        pool.other_providers.sort();
        let definition = Definition { pool, ..Definition::default() };
        let json = serde_json::to_string(&read::canonical(&Configuration::default(), std::slice::from_ref(&definition)))
            .expect("a pool is JSON");
        let mut again = read::api_json(&json).map_err(|error| TestCaseError::fail(format!("{error}\n{json}")))?;
        // API JSON has a list for each kind of provider.
        again.other_providers.sort();
        prop_assert_eq!(again, definition.pool);
    }

    #[test]
    fn compact_claims_are_written_as_they_were_read(values in prop::collection::vec((".{0,4}", value(), ".{0,6}"), 0..6)) {
        let mut seen = BTreeSet::new();
        let members: Vec<(String, String)> = values
            .into_iter()
            .filter(|(name, _, _)| seen.insert(name.clone()))
            .map(|(name, value, text)| (name, format!("[{value},{}]", string(&text))))
            .collect();
        let json = object(&members);
        prop_assert_eq!(Claims::from_json(&json).map(|claims| claims.to_json()), Ok(json.clone()));
        prop_assert_eq!(Claims::from_json(&escaped(&json)).map(|claims| claims.to_json()), Ok(json));
    }

    /// G1, G2.
    #[test]
    fn groups_are_claimed_in_one_order_whatever_order_they_come_in(groups in groups(), shuffle in any::<u64>()) {
        let claims = GroupClaims::of(&groups.iter().collect::<Vec<_>>());
        let mut shuffled: Vec<&Group> = groups.iter().collect();
        shuffled.sort_by_key(|group| group.name.bytes().fold(shuffle, |hash, byte| hash.wrapping_mul(31) ^ u64::from(byte)));
        prop_assert_eq!(&GroupClaims::of(&shuffled), &claims);

        let find = |name: &String| groups.iter().find(|group| group.name == *name).expect("a group of the user");
        let rank = |group: &Group| (group.precedence.is_none(), group.precedence, group.name.clone());
        let listed: Vec<&Group> = claims.groups.iter().map(find).collect();
        prop_assert!(listed.windows(2).all(|pair| rank(pair[0]) < rank(pair[1])));
        prop_assert_eq!(listed.len(), groups.len());
        let mut roles: Vec<_> = Vec::new();
        for role in listed.iter().filter_map(|group| group.role_arn.as_ref()) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        prop_assert_eq!(claims.roles.iter().collect::<Vec<_>>(), roles);
    }

    #[test]
    fn any_text_is_refused_or_taken_without_a_panic(text in any::<String>(), other in ".{0,40}", bytes in "[-_a-zA-Z0-9.]{0,80}") {
        for text in [&text, &other, &bytes] {
            let _ = Claims::from_json(text).map(|claims| claims.to_json());
            let _ = Claim::from_json(text).map(|claim| claim.to_json());
            let _ = Jwt::decode(text, &TokenLimits::default());
            let _ = read::api_json(text);
            let mut pool = IdentityPool::default();
            let rule = MappingRule::new(other.as_str(), whichrole::MatchType::Contains, text.as_str(), bytes.as_str());
            pool.role_mappings.insert(ProviderKey::new(text.as_str()), whichrole::RoleMapping::rules([rule]));
            let evaluator = Evaluator::new(pool, Semantics::default());
            let json = object(&[("iss".to_owned(), string(&other)), ("a".to_owned(), string(text))]);
            let claims = Claims::from_json(&json).expect("the claims are JSON");
            for named in [None, Some(ProviderKey::new(other.as_str())), Some(ProviderKey::new(text.as_str()))] {
                if let Ok(login) = evaluator.login(named.as_ref(), &claims, TokenForm::Claims) {
                    let _ = explain(&evaluator, &Request::of(&[login]));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    /// Section 7, against brute force: every choice of every question that is touched on any path, and random choices of the others.
    #[test]
    fn readings_are_exactly_what_other_choices_would_give(scenario in scenario(), random in any::<[u8; 14]>()) {
        let evaluator = scenario.evaluator();
        let claims = scenario.claims();
        let logins = scenario.logins(&evaluator, &claims);
        let request = scenario.request(&logins);
        let answer = evaluator.answer(&request);
        let base = scenario.semantics();
        let assumed: BTreeSet<Question> = base.assumed().iter().collect();

        prop_assert!(answer.assumptions.iter().all(|question| !assumed.contains(&question)));
        for reading in &answer.readings {
            prop_assert!(reading.assume.iter().all(|choice| !assumed.contains(&choice.question())));
            prop_assert!(!reading.decision.same_answer(&answer.decision));
        }
        prop_assert_eq!(answer.is_certain(), answer.readings.is_empty());

        // Every world: how many choices differ from the base, and each answer that may come of them.
        let touched = touched_anywhere(&scenario, answer.assumptions);
        let worlds: Vec<(usize, Got)> = combinations(touched, base)
            .into_iter()
            .flat_map(|world| answers(&scenario, world).into_iter().map(move |got| (changes(base, world), got)))
            .collect();
        let readings: Vec<Got> = answer.readings.iter().map(|reading| Got::of(&reading.decision)).collect();
        for (reading, got) in answer.readings.iter().zip(&readings) {
            let fewest = worlds.iter().filter(|(_, other)| other == got).map(|(changes, _)| *changes).min();
            prop_assert_eq!(fewest, Some(reading.assume.len()), "the fewest changes that give {:?}", reading);
            let replayed = reading.assume.iter().fold(base, |semantics, choice| semantics.assume(*choice));
            prop_assert!(answers(&scenario, replayed).contains(got), "replaying {:?}", reading);
        }
        let decided = Got::of(&answer.decision);
        for (_, got) in &worlds {
            prop_assert!(*got == decided || readings.contains(got), "no reading has {}", got.json);
        }
        prop_assert!(readings.iter().enumerate().all(|(n, got)| !readings[..n].contains(got)), "a reading is there twice");

        // Questions that are touched nowhere have no say.
        let untouched = Question::ALL.iter().zip(random).filter(|(question, _)| !touched.contains(**question) && !assumed.contains(question));
        let other = untouched.fold(base, |semantics, (question, random)| {
            let choices: Vec<Choice> = Choice::all_of(*question).collect();
            semantics.assume(choices[usize::from(random) % choices.len()])
        });
        let other = Evaluator::new(scenario.pool.clone(), other);
        let logins = scenario.logins(&other, &claims);
        let same = other.answer(&scenario.request(&logins));
        prop_assert_eq!((&same.decision, &same.readings, same.assumptions), (&answer.decision, &answer.readings, answer.assumptions));
    }
}

fn rules_of(pool: &IdentityPool) -> &[MappingRule] {
    pool.role_mappings.values().next().map(whichrole::RoleMapping::mapping_rules).unwrap_or_default()
}

/// What the scenario's only login gets with other rules.
fn decide(scenario: &Scenario, rules: &[MappingRule]) -> Got {
    let mut pool = scenario.pool.clone();
    for mapping in pool.role_mappings.values_mut() {
        mapping.mapping_type = RoleMappingType::Rules(rules.to_vec());
    }
    let evaluator = Evaluator::new(pool, scenario.semantics());
    let claims = scenario.claims();
    let logins = scenario.logins(&evaluator, &claims);
    Got::of(&evaluator.evaluate(&Request::of(&logins)))
}

/// A decision that borrows nothing, so that those of several evaluators can be compared. Two are equal if they are one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Got {
    role: Option<String>,
    source: Option<Source>,
    /// Everything, as JSON.
    json: String,
}

impl Got {
    fn of(decision: &Decision<'_>) -> Self {
        let json = serde_json::to_string(decision).expect("a decision is JSON");
        Self { role: decision.role().map(str::to_owned), source: decision.source(), json }
    }
}

/// The whole answer as JSON.
fn shown(scenario: &Scenario) -> String {
    let evaluator = scenario.evaluator();
    let claims = scenario.claims();
    let logins = scenario.logins(&evaluator, &claims);
    serde_json::to_string(&evaluator.answer(&scenario.request(&logins))).expect("an answer is JSON")
}

/// The same JSON with every letter inside strings written as an escape.
fn escaped(json: &str) -> String {
    let mut out = String::new();
    let mut in_string = false;
    let mut characters = json.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' => {
                let kind = characters.next();
                out.extend([Some(c), kind].into_iter().flatten());
                if kind == Some('u') {
                    out.extend(characters.by_ref().take(4));
                }
            }
            _ if in_string && c.is_alphabetic() => {
                out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")));
            }
            _ => out.push(c),
        }
    }
    out
}

/// The questions touched under any combination of choices for the questions touched so far.
fn touched_anywhere(scenario: &Scenario, mut touched: Questions) -> Questions {
    loop {
        let before = touched;
        for semantics in combinations(before, scenario.semantics()) {
            let evaluator = Evaluator::new(scenario.pool.clone(), semantics);
            let claims = scenario.claims();
            let logins = scenario.logins(&evaluator, &claims);
            touched = touched.union(evaluator.answer(&scenario.request(&logins)).assumptions);
        }
        if touched == before {
            return touched;
        }
    }
}

/// The base with every combination of choices for some questions.
fn combinations(questions: Questions, base: Semantics) -> Vec<Semantics> {
    questions.iter().fold(vec![base], |all, question| {
        all.iter().flat_map(|semantics| Choice::all_of(question).map(|choice| semantics.assume(choice))).collect()
    })
}

/// How many choices differ.
fn changes(base: Semantics, other: Semantics) -> usize {
    Question::ALL.iter().filter(|question| base.choice(**question) != other.choice(**question)).count()
}

/// What may come of a request under one semantics: one answer, except where any one of several logins may answer.
fn answers(scenario: &Scenario, semantics: Semantics) -> Vec<Got> {
    let evaluator = Evaluator::new(scenario.pool.clone(), semantics);
    let claims = scenario.claims();
    let logins = scenario.logins(&evaluator, &claims);
    let decision = evaluator.evaluate(&scenario.request(&logins));
    let mut got = vec![Got::of(&decision)];
    let mapped = logins.iter().filter(|login| login.is_mapped());
    let any_one = semantics.several_logins() == SeveralLogins::AnyOne && mapped.clone().count() > 1;
    // One bad token denies the whole request.
    if any_one && !matches!(decision.denial(), Some(Denial::InvalidToken(_))) {
        got.extend(mapped.map(|login| {
            let alone = Request { logins: std::slice::from_ref(login), ..scenario.request(&[]) };
            Got::of(&evaluator.evaluate(&alone))
        }));
    }
    got
}

#[test]
fn a_preferred_role_that_is_open_stands_in_for_what_the_token_says() {
    let group = Group { role_arn: Some("arn:aws:iam::111122223333:role/A".into()), ..Group::named("a") };
    let mut claims = Claims::from_json(r#"{"cognito:preferred_role":["mine"]}"#).expect("the claims are JSON");
    let open = GroupClaims::of(&[&group]).write_to(&mut claims);
    let rules = ["mine", "role/A"].map(|value| {
        MappingRule::new("cognito:preferred_role", whichrole::MatchType::Contains, value, format!("role of {value}"))
    });
    let mut pool = IdentityPool::default();
    pool.role_mappings.insert("accounts.google.com".into(), whichrole::RoleMapping::rules(rules));
    for choice in Choice::all_of(Question::ArrayClaims) {
        let evaluator = Evaluator::new(pool.clone(), Semantics::default().assume(choice));
        let login = evaluator.login(None, &claims, TokenForm::Claims).expect("there is one provider");
        let logins = [login.with_open_preferred_role(open.as_ref())];
        assert_eq!(evaluator.evaluate(&Request::of(&logins)).role(), Some("role of role/A"), "{choice}");
    }
}
