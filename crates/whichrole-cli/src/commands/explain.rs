//! `whichrole explain`: why a request gets what it gets.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use whichrole::explain::{Explanation, Reason, RuleOutcome, explain, want};
use whichrole::read::Position;
use whichrole::trust::Verdict;

use crate::args::{Args, ConfigArgs, RequestArgs};
use crate::commands::eval::{Question, exit};
use crate::failure::{Exit, Result};
use crate::json::json;
use crate::output::Output;
use crate::render;

/// What STS would say to the role, by its trust policy.
pub struct Sts<'n> {
    pub verdict: Verdict,
    /// The names of the configuration's files, by number.
    pub names: &'n [String],
}

impl Sts<'_> {
    /// The file in which something stands.
    pub fn file(&self, at: Position) -> &str {
        at.name_in(self.names).unwrap_or_default()
    }
}

impl Serialize for Sts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Because<'b> {
            message: &'b str,
            file: &'b str,
            line: u32,
            column: u32,
        }
        let accepts = match self.verdict {
            Verdict::Allowed => Some(true),
            Verdict::Refused(_) => Some(false),
            Verdict::Unknown(_) => None,
        };
        let because = self.verdict.objections().into_iter().map(|objection| Because {
            message: &objection.message,
            file: self.file(objection.at),
            line: objection.at.line(),
            column: objection.at.column(),
        });
        let mut object = serializer.serialize_struct("Sts", 2)?;
        object.serialize_field("accepts", &accepts)?;
        object.serialize_field("because", &because.collect::<Vec<_>>())?;
        object.end()
    }
}

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
    let wanted = wanted.map(|role| question.find_role(role)).transpose()?;
    let logins = question.logins()?;
    let request = question.request(&logins);
    let mut explanation = explain(&question.evaluator, &request);
    explanation.answer = question.sign(explanation.answer);
    if question.is_refused() {
        forget_claims(&mut explanation);
    }
    let sts = question.ask_sts(&request, &explanation.answer).map(|verdict| Sts { verdict, names: question.names() });
    let exit = exit(&explanation.answer, asked.choices.strict);
    let wanted = wanted.map(|role| want(&question.evaluator, &request, &role, &question.groups));
    if args.wants_json() {
        #[derive(serde::Serialize)]
        struct Whole<'w> {
            #[serde(flatten)]
            explanation: Explanation<'w>,
            sts: Option<Sts<'w>>,
            want: Option<whichrole::explain::Wanted>,
        }
        output.line(&json(&Whole { explanation, sts, want: wanted })?);
    } else {
        output.texts(&render::explain::text(&explanation, sts.as_ref(), wanted.as_ref()));
    }
    Ok(exit)
}
