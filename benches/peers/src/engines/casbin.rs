//! Casbin: a policy line for each rule, a matcher that looks the claim up and calls a function written in Rust, first line wins.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::casbin::function_map::OperatorFunction;
use ::casbin::rhai::{Dynamic, ImmutableString, Map};
use ::casbin::{CoreApi, DefaultModel, EffectKind, Effector, EffectorStream, Enforcer, MemoryAdapter, MgmtApi};

use super::Engine;
use crate::rules::{Rule, Rules};

const MODEL: &str = "
[request_definition]
r = claims

[policy_definition]
p = number, claim, operator, value

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = holds(r.claims[p.claim], p.operator, p.value)
";

/// An enforcer with its policy loaded.
pub struct Casbin {
    enforcer: Enforcer,
    names: Vec<String>,
    /// The number of the line that decided last.
    decided: Arc<AtomicUsize>,
}

impl Engine for Casbin {
    /// A map of claims. Enforcing consumes it, so each decision copies the map, though not the texts in it.
    type Request<'c> = Dynamic;

    fn prepare(rules: &Rules) -> Self {
        let names: Vec<String> = (0..rules.claims.len()).map(|slot| format!("c{slot}")).collect();
        let line = |(at, rule): (usize, &Rule)| {
            // The number keeps equal rules apart: Casbin drops a line it has.
            let number = (at + 1).to_string();
            vec![number, names[rule.slot].clone(), format!("{:?}", rule.operator), rule.value.clone()]
        };
        let lines = rules.rules.iter().enumerate().map(line).collect();
        let decided = Arc::new(AtomicUsize::new(0));
        let effector = FirstLine(Arc::clone(&decided));
        let enforcer = pollster::block_on(async {
            let model = DefaultModel::from_str(MODEL).await.expect("the model is valid");
            let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.expect("an enforcer");
            enforcer.set_effector(Box::new(effector));
            enforcer.add_function("holds", OperatorFunction::Arg3(holds));
            enforcer.add_policies(lines).await.expect("the policy is valid");
            enforcer
        });
        Self { enforcer, names, decided }
    }

    fn request(&self, texts: &[Option<&str>]) -> Dynamic {
        let members = self.names.iter().zip(texts);
        let members =
            members.filter_map(|(name, text)| Some((name.as_str().into(), Dynamic::from((*text)?.to_owned()))));
        Dynamic::from_map(members.collect::<Map>())
    }

    fn decide(&mut self, request: &mut Dynamic) -> usize {
        let allowed = self.enforcer.enforce(vec![request.clone()]).expect("an answer");
        if allowed { self.decided.load(Ordering::Relaxed) } else { 0 }
    }
}

/// Stops at the first line that allows, as Casbin's own effector does, and notes which it was: Casbin says only that one did, unless it is
/// built to log.
struct FirstLine(Arc<AtomicUsize>);

struct Lines {
    read: usize,
    allowed: bool,
    decided: Arc<AtomicUsize>,
}

impl Effector for FirstLine {
    fn new_stream(&self, _: &str, _: usize) -> Box<dyn EffectorStream> {
        Box::new(Lines { read: 0, allowed: false, decided: Arc::clone(&self.0) })
    }
}

impl EffectorStream for Lines {
    fn next(&self) -> bool {
        self.allowed
    }

    fn push_effect(&mut self, effect: EffectKind) -> bool {
        self.read += 1;
        if effect == EffectKind::Allow {
            self.allowed = true;
            self.decided.store(self.read, Ordering::Relaxed);
        }
        self.allowed
    }
}

/// Compares a claim, which is `()` where it is absent.
fn holds(claim: Dynamic, operator: Dynamic, value: Dynamic) -> Dynamic {
    let (Some(text), Some(operator), Some(value)) = (
        claim.try_cast::<ImmutableString>(),
        operator.try_cast::<ImmutableString>(),
        value.try_cast::<ImmutableString>(),
    ) else {
        return false.into();
    };
    match operator.as_str() {
        "Equals" => text == value,
        "NotEqual" => text != value,
        "StartsWith" => text.starts_with(value.as_str()),
        _ => text.contains(value.as_str()),
    }
    .into()
}
