//! Rego by regorus: one rule with an `else` for each mapping rule, compiled, run by the interpreter or by the register machine.

use std::fmt::Write;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, Value};
use whichrole::MatchType;

use super::Engine;
use crate::rules::Rules;

const ENTRY: &str = "data.mapping.rule";

/// The compiled policy as it is.
pub struct Interpreter(CompiledPolicy);

/// The compiled policy as a program for the register machine, which is kept.
pub struct Machine(RegoVM);

fn compile(rules: &Rules) -> CompiledPolicy {
    let mut policy = "package mapping\nimport rego.v1\ndefault rule := 0\n".to_owned();
    for (at, rule) in rules.rules.iter().enumerate() {
        let claim = format!("input.c{}", rule.slot);
        // An absent claim is undefined, and so is every expression with it.
        let test = match rule.operator {
            MatchType::Equals => format!("{claim} == {:?}", rule.value),
            MatchType::NotEqual => format!("{claim} != {:?}", rule.value),
            MatchType::StartsWith => format!("startswith({claim}, {:?})", rule.value),
            MatchType::Contains => format!("contains({claim}, {:?})", rule.value),
        };
        let head = if at == 0 { "rule" } else { " else" };
        let _ = write!(policy, "{head} := {} if {{\n    {test}\n}}", at + 1);
    }
    let mut engine = regorus::Engine::new();
    engine.add_policy("mapping.rego".to_owned(), policy).expect("the policy is valid");
    engine.compile_with_entrypoint(&ENTRY.into()).expect("the policy compiles")
}

fn input(texts: &[Option<&str>]) -> Value {
    let members = texts.iter().enumerate();
    let members = members.filter_map(|(at, text)| Some((Value::from(format!("c{at}")), Value::from((*text)?))));
    Value::from(members.collect::<std::collections::BTreeMap<_, _>>())
}

fn number(value: &Value) -> usize {
    value.as_u64().ok().and_then(|number| usize::try_from(number).ok()).expect("a rule's number")
}

impl Engine for Interpreter {
    type Request<'c> = Value;

    fn prepare(rules: &Rules) -> Self {
        Self(compile(rules))
    }

    fn request(&self, texts: &[Option<&str>]) -> Value {
        input(texts)
    }

    fn decide(&mut self, request: &mut Value) -> usize {
        number(&self.0.eval_with_input(request.clone()).expect("an answer"))
    }
}

impl Engine for Machine {
    type Request<'c> = Value;

    fn prepare(rules: &Rules) -> Self {
        let program = Compiler::compile_from_policy(&compile(rules), &[ENTRY]).expect("the policy compiles");
        let mut machine = RegoVM::new();
        machine.load_program(program);
        Self(machine)
    }

    fn request(&self, texts: &[Option<&str>]) -> Value {
        input(texts)
    }

    fn decide(&mut self, request: &mut Value) -> usize {
        self.0.set_input(request.clone());
        number(&self.0.execute().expect("an answer"))
    }
}
