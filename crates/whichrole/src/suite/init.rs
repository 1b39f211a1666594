//! Writes a first suite for a configuration: a test for every rule and outcome, with the answer of today.

use std::fmt::Write as _;

use crate::decision::{Decision, Denial, Outcome};
use crate::eval::{Evaluator, Request};
use crate::login::TokenForm;
use crate::read::Definition;
use crate::semantics::Semantics;
use crate::text::visible;

use super::coverage::{ItemKind, Items};
use super::model::By;
use super::plan::{Plan, Target};
use super::roles::Roles;
use super::witness::Witness;
use super::yaml;

/// A first suite, as YAML. `config` is the configuration's path from where the suite will stand; `pool` its name where there are several.
///
/// Every test in it passes when it is written: its expectation is the evaluator's answer.
#[must_use]
pub fn init(definition: &Definition, config: &str, pool: Option<&str>) -> String {
    let target = Target::alone(definition, config);
    let Some(evaluator) = target.evaluators.first() else { return String::new() };
    let items = Items::of(std::slice::from_ref(&target));
    let several = several_providers(&target);

    let mut out = String::from(
        "# yaml-language-server: $schema=https://raw.githubusercontent.com/whichrole/whichrole/main/crates/whichrole-cli/schemas/suite.json\n\
         # What the configuration gives today. Check every line: what is here is what it does, not what it should do.\n\
         version: 1\n",
    );
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "config: {}", yaml::scalar(config));
    if let Some(pool) = pool {
        let _ = writeln!(out, "pool: {}", yaml::scalar(pool));
    }
    let _ = write!(out, "users:\n  guest: {{ guest: true }}\ntests:\n");

    let mut written: Vec<Witness> = Vec::new();
    let mut missing = Vec::new();
    let mut all_rules = true;
    for item in &items.all {
        let (found, is_dead) = target.show(item);
        let Some(found) = found else {
            all_rules &= !matches!(item.kind, ItemKind::Rule(..));
            let why = if is_dead { "no token can show" } else { "no token was found that shows" };
            missing.push(format!("# {why}: {} ({})", item.kind.in_words(), visible(item.provider.as_str())));
            continue;
        };
        if written.contains(&found) {
            continue;
        }
        let name = name_of(&item.kind, item.provider.as_str(), several, &target.roles);
        if let Some(row) = row(&name, &found, evaluator, &target.roles, several) {
            out.push_str(&row);
            written.push(found);
        }
    }
    let guest = Witness { provider: None, claims: crate::Claims::default(), custom_role_arn: None };
    out.push_str(&row("a guest", &guest, evaluator, &target.roles, several).unwrap_or_default());
    for line in missing {
        let _ = writeln!(out, "{line}");
    }
    if all_rules && items.all.iter().any(|item| matches!(item.kind, ItemKind::Rule(..))) {
        out.push_str("coverage: { rules: 100 }\n");
    }
    out
}

/// One test on one line, or nothing where the request cannot be asked.
pub(super) fn row(
    name: &str,
    witness: &Witness,
    evaluator: &Evaluator,
    roles: &Roles,
    with_provider: bool,
) -> Option<String> {
    let logins = match &witness.provider {
        None => Vec::new(),
        Some(key) => vec![evaluator.login(Some(key), &witness.claims, TokenForm::Claims).ok()?],
    };
    let answer = evaluator.answer(&Request::of(&logins).choosing(witness.custom_role_arn.as_deref()));
    let mut out = format!("  - name: {}\n", yaml::scalar(name));
    for key in witness.to_yaml(with_provider || witness.needs_provider(evaluator)) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "    {key}");
    }
    let note = if answer.is_certain() {
        String::new()
    } else {
        let mut ids: Vec<&str> = answer
            .readings
            .iter()
            .flat_map(|reading| reading.assume.iter().map(|choice| choice.question().id()))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        format!("   # not certain: {}", ids.join(", "))
    };
    let _ = writeln!(out, "    expect: {}{note}", expectation(&answer.decision, roles));
    Some(out)
}

/// The answer as an expectation.
fn expectation(decision: &Decision<'_>, roles: &Roles) -> String {
    match &decision.outcome {
        Outcome::Deny(denial) => format!("{{ deny: {} }}", Denial::reason(denial)),
        Outcome::Assume { role, source } => {
            let by = match source.rule() {
                Some(rule) if source.id() == "rule" => By::Rule(rule),
                rule => By::Source(source.id(), rule),
            };
            let tags: Vec<String> = decision
                .tags
                .iter()
                .map(|(key, value)| format!("{}: {}", yaml::scalar(key), yaml::scalar(value)))
                .collect();
            let tags = if tags.is_empty() { String::new() } else { format!(", tags: {{ {} }}", tags.join(", ")) };
            format!("{{ role: {}, by: {}{tags} }}", yaml::scalar(&roles.short_name(role)), by.in_words())
        }
    }
}

fn name_of(kind: &ItemKind, provider: &str, several: bool, roles: &Roles) -> String {
    let name = match kind {
        ItemKind::Rule(number, role) => format!("rule {number} gives {}", roles.short_name(role)),
        ItemKind::ClaimAbsent(..) | ItemKind::RoleResolution => "no claim that a rule reads".to_owned(),
        ItemKind::Denial => "a role that nobody may choose".to_owned(),
        ItemKind::PreferredRole => "the preferred role of the token".to_owned(),
        ItemKind::CustomRole => "a role that the request may choose".to_owned(),
        ItemKind::Tag(key, _) => format!("tag {key}"),
    };
    if several { format!("{name} ({provider})") } else { name }
}

/// Whether a login has to name its provider.
fn several_providers(target: &Target) -> bool {
    let Some(evaluator) = target.evaluators.first() else { return false };
    evaluator.provider_keys().len() > 1
}

impl Plan {
    /// Whether a test of a configuration has to name its provider.
    pub(super) fn names_provider(&self, target: &Target) -> bool {
        self.suite.provider.is_none() && several_providers(target)
    }
}

impl Target {
    /// A configuration by itself.
    fn alone(definition: &Definition, path: &str) -> Self {
        Self {
            label: None,
            path: path.to_owned(),
            evaluators: vec![Evaluator::new(definition.pool.clone(), Semantics::default())],
            users: std::collections::BTreeMap::new(),
            roles: Roles::of(definition, definition.groups.as_deref()),
            groups: definition.groups.clone(),
            first_source: 0,
            definition: definition.clone(),
        }
    }
}
