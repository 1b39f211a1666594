//! A suite from a pull request, judged against a pool that is sound.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use whichrole::read::{ReadOptions, Source, read};
use whichrole::suite::{Brought, NeedKind, Suite, Tally, Verdict};

static POOL: LazyLock<String> = LazyLock::new(|| include_str!("../../testdata/pools/api/app-pool.json").to_owned());
const TOKEN: &str = include_str!("../../testdata/tokens/alice.id.jwt");

fuzz_target!(|text: &str| {
    let suite = Suite::read(&Source { name: "x.whichrole.yaml".to_owned(), text: text.to_owned() });
    whichrole_fuzz::problems_are_sentences(&suite.problems, 1);
    let mut brought = Brought::default();
    for need in suite.needs() {
        let pool = || {
            let sources = [Source { name: "pool.json".to_owned(), text: POOL.clone() }];
            read(&sources, &ReadOptions::default())
        };
        let path = need.path.text.clone();
        match need.kind {
            NeedKind::Config => brought.config(path, pool()),
            NeedKind::Groups => brought.groups(path, pool()),
            NeedKind::Token => brought.token(path, TOKEN.to_owned()),
            NeedKind::Table => brought.table(path, "custom:dept,expect\neng,deny\n".to_owned()),
        }
    }
    let plan = match suite.plan(brought) {
        Ok(plan) => plan,
        Err(error) => {
            assert!(!error.problems.is_empty());
            let names = error.names.len();
            return whichrole_fuzz::problems_are_sentences(&error.problems, names);
        }
    };
    assert!(!plan.cases().is_empty() || !plan.suite().properties.is_empty(), "an empty suite passes nothing");
    let mut tally = Tally::default();
    for case in plan.cases().iter().take(200) {
        let judged = plan.judge(*case, &mut tally);
        if judged.verdict == Verdict::Fail {
            assert!(plan.failure(*case).is_some(), "a failure says why");
        }
    }
});
