//! `whichrole explain`: why a request gets what it gets.

use whichrole::explain::{explain, want};

use crate::args::{Args, ConfigArgs, RequestArgs};
use crate::commands::eval::{Question, exit, json};
use crate::failure::{Exit, Result};
use crate::output::Output;
use crate::render;

pub fn run(
    args: &Args,
    config: &ConfigArgs,
    asked: &RequestArgs,
    wanted: Option<&str>,
    output: &mut Output,
) -> Result<Exit> {
    let question = Question::new(config, asked, output)?;
    let logins = question.logins()?;
    let request = question.request(&logins);
    let mut explanation = explain(&question.evaluator, &request);
    explanation.answer = question.sign(explanation.answer);
    let exit = exit(&explanation.answer, asked.choices.strict);
    let wanted = wanted.map(|role| want(&question.evaluator, &request, role));
    if args.wants_json() {
        #[derive(serde::Serialize)]
        struct Whole<'w> {
            #[serde(flatten)]
            explanation: whichrole::explain::Explanation<'w>,
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
