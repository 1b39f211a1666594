//! `whichrole explain`: why a request gets what it gets.

use whichrole::analysis::find_role;
use whichrole::explain::{Explanation, Reason, RuleOutcome, explain, want};

use crate::args::{Args, ConfigArgs, RequestArgs};
use crate::commands::eval::{Question, exit, json};
use crate::failure::{Exit, Failure, Result};
use crate::output::Output;
use crate::render;

/// Of a token that is not verified, nothing counts: no rule is tried and no tag is made.
fn forget_claims(explanation: &mut Explanation<'_>) {
    let text = "the token is not verified, so nothing in it counts".to_owned();
    explanation.because = vec![Reason { statement: "L4", text }];
    for login in &mut explanation.logins {
        for rule in &mut login.rules {
            rule.outcome = RuleOutcome::NotReached;
            rule.had = None;
            rule.near_misses.clear();
        }
        login.role_claims = None;
        login.tags.clear();
        login.custom_roles.clear();
        login.warnings.clear();
    }
}

pub fn run(
    args: &Args,
    config: &ConfigArgs,
    asked: &RequestArgs,
    wanted: Option<&str>,
    output: &mut Output,
) -> Result<Exit> {
    let question = Question::new(config, asked, output)?;
    // A role goes by its ARN, its reference or a name that only it has, as in `who`.
    let wanted = wanted
        .map(|role| find_role(question.evaluator.pool(), &question.groups, role))
        .transpose()
        .map_err(|problem| Failure::new(problem.code, problem.message))?;
    let logins = question.logins()?;
    let request = question.request(&logins);
    let mut explanation = explain(&question.evaluator, &request);
    explanation.answer = question.sign(explanation.answer);
    if question.is_refused() {
        forget_claims(&mut explanation);
    }
    let exit = exit(&explanation.answer, asked.choices.strict);
    let wanted = wanted.map(|role| want(&question.evaluator, &request, &role, &question.groups));
    if args.wants_json() {
        #[derive(serde::Serialize)]
        struct Whole<'w> {
            #[serde(flatten)]
            explanation: Explanation<'w>,
            want: Option<whichrole::explain::Wanted>,
        }
        output.line(&json(&Whole { explanation, want: wanted })?)?;
    } else {
        for line in render::explain::text(&explanation, wanted.as_ref()) {
            output.text(&line)?;
        }
    }
    Ok(exit)
}
