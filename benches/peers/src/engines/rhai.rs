//! Rhai: one chain of conditions, compiled; claims as constants of the scope.
//!
//! Casbin is built on Rhai, and Cargo builds each crate once: this is Rhai with the features that Casbin asks for, all of which it chose for
//! speed but `sync`.

use std::fmt::Write;

use ::rhai::{AST, Engine as Interpreter, INT, Scope};
use whichrole::MatchType;

use super::Engine;
use crate::rules::Rules;

/// An interpreter and a compiled script.
pub struct Rhai {
    interpreter: Interpreter,
    script: AST,
}

impl Engine for Rhai {
    type Request<'c> = Scope<'static>;

    fn prepare(rules: &Rules) -> Self {
        let mut source = String::new();
        for (at, rule) in rules.rules.iter().enumerate() {
            let claim = format!("c{}", rule.slot);
            // An absent claim is `()`, which equals no text and has no functions.
            let test = match rule.operator {
                MatchType::Equals => format!("{claim} == {:?}", rule.value),
                MatchType::NotEqual => format!("{claim} != () && {claim} != {:?}", rule.value),
                MatchType::StartsWith => format!("{claim} != () && {claim}.starts_with({:?})", rule.value),
                MatchType::Contains => format!("{claim} != () && {claim}.contains({:?})", rule.value),
            };
            let _ = writeln!(source, "if {test} {{ return {}; }}", at + 1);
        }
        let interpreter = Interpreter::new();
        let script = interpreter.compile(source + "0").expect("the script is valid");
        Self { interpreter, script }
    }

    fn request(&self, texts: &[Option<&str>]) -> Scope<'static> {
        let mut scope = Scope::new();
        for (at, text) in texts.iter().enumerate() {
            let name = format!("c{at}");
            match *text {
                Some(text) => scope.push_constant(name, text.to_owned()),
                None => scope.push_constant(name, ()),
            };
        }
        scope
    }

    fn decide(&mut self, request: &mut Scope<'static>) -> usize {
        let number = self.interpreter.eval_ast_with_scope::<INT>(request, &self.script).expect("an answer");
        usize::try_from(number).expect("a rule's number")
    }
}
