//! CEL: one chain of conditions, compiled; claims borrowed, the environment shared.

use std::fmt::Write;
use std::sync::Arc;

use ::cel::common::types::{CelNull, CelString};
use ::cel::{Context, Env, Program, Value};
use whichrole::MatchType;

use super::Engine;
use crate::rules::Rules;

/// A compiled program and the functions it may call.
pub struct Cel {
    env: Arc<Env>,
    program: Program,
}

impl Engine for Cel {
    type Request<'c> = Context<'c, 'c>;

    fn prepare(rules: &Rules) -> Self {
        let mut source = String::new();
        for (at, rule) in rules.rules.iter().enumerate() {
            let claim = format!("c{}", rule.slot);
            // An absent claim is null, which equals no text and has no functions.
            let test = match rule.operator {
                MatchType::Equals => format!("{claim} == {:?}", rule.value),
                MatchType::NotEqual => format!("{claim} != null && {claim} != {:?}", rule.value),
                MatchType::StartsWith => format!("{claim} != null && {claim}.startsWith({:?})", rule.value),
                MatchType::Contains => format!("{claim} != null && {claim}.contains({:?})", rule.value),
            };
            let _ = write!(source, "{test} ? {} : ", at + 1);
        }
        let env = Arc::new(Env::stdlib());
        let program = env.compile(&(source + "0")).expect("the program is valid");
        Self { env, program }
    }

    fn request<'c>(&self, texts: &[Option<&'c str>]) -> Context<'c, 'c> {
        let mut context = Context::with_env(Arc::clone(&self.env));
        for (at, text) in texts.iter().enumerate() {
            let name = format!("c{at}");
            match *text {
                Some(text) => context.add_variable_as_val(name, Box::new(CelString::from(text))),
                None => context.add_variable_as_val(name, Box::new(CelNull)),
            }
        }
        context
    }

    fn decide(&mut self, request: &mut Context<'_, '_>) -> usize {
        match self.program.execute(request) {
            Ok(Value::Int(number)) => usize::try_from(number).expect("a rule's number"),
            other => panic!("not a rule's number: {other:?}"),
        }
    }
}
