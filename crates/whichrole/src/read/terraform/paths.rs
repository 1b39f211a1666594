//! Paths: from a name through attributes, indexes and splats.

use std::rc::Rc;

use super::eval::{Evaluator, Scope, spelled};
use super::value::{Data, Target, Unknown, Val, composed};
use crate::read::Position;
use crate::read::hcl::Step;
use crate::text;

impl Evaluator<'_> {
    /// The value of the first names of a path, and how many steps they took.
    pub(super) fn root(&mut self, name: &str, steps: &[Step], scope: Scope<'_>, at: Position) -> (Val, usize) {
        if let Some(value) = scope.lookup(name) {
            return (value, 0);
        }
        let attr = |n: usize| match steps.get(n) {
            Some(Step::Attr(name)) => Some(&**name),
            _ => None,
        };
        match (name, attr(0), attr(1)) {
            ("var", Some(variable), _) => (self.variable(scope.instance, variable, at), 1),
            ("local", Some(local), _) => (self.local(scope.instance, local, at), 1),
            ("module", Some(module), _) => (self.module_value(scope.instance, module, at), 1),
            ("data", Some(kind), Some(name)) => (self.resource(scope.instance, &format!("data.{kind}.{name}"), at), 2),
            ("terraform", Some("workspace"), _) => (self.workspace(at), 1),
            ("path" | "terraform" | "self", ..) => {
                (Val::unknown(at, Unknown::new(name, "it depends on where and how Terraform runs")), 0)
            }
            ("each" | "count", ..) => (Val::failed(at, name, format!("`{name}` means nothing here")), 0),
            (kind, Some(name), _) => (self.resource(scope.instance, &format!("{kind}.{name}"), at), 1),
            (name, None, _) => (Val::failed(at, name, "nothing of that name is known here"), 0),
        }
    }

    pub(super) fn walk(&mut self, value: Val, steps: &[Step], scope: Scope<'_>, at: Position) -> Val {
        let mut value = value;
        let mut rest = steps;
        while let Some((step, after)) = rest.split_first() {
            rest = after;
            value = match step {
                Step::Attr(name) => self.attr(&value, name, at),
                Step::Index(index) => {
                    let index = self.eval(index, scope);
                    self.index(&value, &index, at)
                }
                Step::AttrSplat | Step::FullSplat => {
                    let taken = match step {
                        Step::FullSplat => after.len(),
                        _ => after.iter().take_while(|step| matches!(step, Step::Attr(_))).count(),
                    };
                    let (along, left) = after.split_at_checked(taken).unwrap_or((after, &[]));
                    rest = left;
                    self.splat(&value, along, scope, at)
                }
            };
            if !self.spend(1, at) {
                break;
            }
        }
        value
    }

    fn splat(&mut self, value: &Val, along: &[Step], scope: Scope<'_>, at: Position) -> Val {
        let elements: Vec<Val> = match &value.data {
            Data::List(elements) | Data::Set(elements) => elements.to_vec(),
            Data::Null => Vec::new(),
            // A resource or module that is not repeated counts as a list of one.
            Data::Unknown(unknown) if unknown.target.is_none() => {
                let mut text = format!("{}[*]", unknown.text);
                for step in along {
                    if let Step::Attr(name) = step {
                        text.push('.');
                        text.push_str(name);
                    }
                }
                return Val::unknown(at, Unknown::new(text, unknown.missing.clone()));
            }
            _ => vec![value.clone()],
        };
        self.deeper(at, |this| {
            Val::list(at, elements.into_iter().map(|element| this.walk(element, along, scope, at)).collect())
        })
    }

    fn attr(&mut self, value: &Val, name: &str, at: Position) -> Val {
        match &value.data {
            Data::Map(entries) => entries.get(&*composed(name)).cloned().unwrap_or_else(|| {
                Val::failed(at, format!("{{…}}.{name}"), format!("there is no {} in it", text::quoted(name)))
            }),
            Data::Unknown(unknown) => {
                let target = unknown.target.clone();
                match target {
                    Some(Target::Resource { instance, address, key }) => {
                        self.resource_attribute(instance, &address, key.as_ref(), name, unknown, at)
                    }
                    Some(Target::Module { instance }) => self.output(instance, name, at),
                    None => self.extend(unknown, &format!(".{name}"), at),
                }
            }
            _ => Val::failed(at, format!("….{name}"), format!("what has no attributes has no {}", text::quoted(name))),
        }
    }

    fn index(&mut self, value: &Val, index: &Val, at: Position) -> Val {
        if let Data::Unknown(unknown) = &value.data {
            let mut spelling = String::from("[");
            index.spell(&mut spelling);
            spelling.push(']');
            let mut extended = self.extend(unknown, &spelling, at);
            if let (Data::Unknown(extended), Some(Target::Resource { instance, address, key: None }), None) =
                (&mut extended.data, &unknown.target, index.first_unknown())
            {
                let target =
                    Target::Resource { instance: *instance, address: address.clone(), key: Some(index.clone()) };
                Rc::make_mut(extended).target = Some(target);
            }
            return extended;
        }
        if index.as_unknown().is_some() {
            return self.opaque(at, &[("…[", index)], "]", &[index]);
        }
        let found = match (&value.data, index.as_integer(), index.to_text()) {
            (Data::Map(entries), _, Some(key)) => entries.get(&key).cloned(),
            (Data::List(elements), Some(n), _) => usize::try_from(n).ok().and_then(|n| elements.get(n).cloned()),
            _ => None,
        };
        found.unwrap_or_else(|| {
            Val::failed(
                at,
                format!("…[{}]", spelled(index)),
                format!("there is no element {}", text::quoted(&spelled(index))),
            )
        })
    }

    /// A reference one step longer.
    pub(super) fn extend(&mut self, unknown: &Rc<Unknown>, step: &str, at: Position) -> Val {
        self.spend((unknown.text.len() + step.len()) / 64, at);
        let text =
            if unknown.is_template { format!("\"{}\"{step}", unknown.text) } else { format!("{}{step}", unknown.text) };
        Val::unknown(at, Unknown { text, is_template: false, target: None, ..(**unknown).clone() })
    }
}
