//! `--map`: what a reference of either side stands for.

use std::collections::BTreeSet;

use whichrole::RoleMappingType;
use whichrole::read::{Definition, Problem};
use whichrole::text;

use crate::failure::{Failure, Result};
use crate::input::{Loaded, values};

/// The texts of both sides that have references in them.
#[derive(Default)]
struct Written {
    roles: BTreeSet<String>,
    others: BTreeSet<String>,
}

/// The references of `--map` as they stand in the files, with or without `${}` on the command line, and their literals.
pub fn equal(map: &[String], sides: [&Loaded; 2]) -> Result<Vec<(String, String)>> {
    let asked = values("--map", "reference", map)?;
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut written = Written::default();
    for definition in sides.iter().flat_map(|side| &side.configuration.definitions) {
        written.add(definition);
    }
    asked.into_iter().map(|(reference, literal)| written.pair(&reference, literal)).collect()
}

impl Written {
    fn add(&mut self, definition: &Definition) {
        let pool = &definition.pool;
        let groups = definition.groups.iter().flatten().filter_map(|group| group.role_arn.as_ref());
        let rules = pool.role_mappings.values().flat_map(|mapping| match &mapping.mapping_type {
            RoleMappingType::Rules(rules) => rules.as_slice(),
            RoleMappingType::Token => &[],
        });
        let defaults = pool.roles.authenticated.iter().chain(&pool.roles.unauthenticated);
        let roles = defaults.chain(rules.map(|rule| &rule.role_arn)).chain(groups);
        self.roles.extend(roles.map(|role| role.as_str().to_owned()).filter(|role| role.contains("${")));
        let listed = || pool.providers.iter().flatten();
        let keys = pool.role_mappings.keys().chain(pool.principal_tags.keys()).chain(&pool.other_providers);
        let keys = keys.chain(listed().map(|provider| &provider.provider_name)).map(|key| key.as_str().to_owned());
        let clients = listed().filter_map(|provider| provider.client_id.clone());
        self.others.extend(keys.chain(clients).filter(|text| text.contains("${")));
    }

    fn pair(&self, reference: &str, literal: String) -> Result<(String, String)> {
        let usage = |message: String| Err(Failure::new("usage", message));
        if literal.is_empty() {
            return usage(format!("`--map` says of {} that it stands for nothing", text::quoted(reference)));
        }
        let wrapped = if reference.contains("${") { reference.to_owned() } else { format!("${{{reference}}}") };
        let mut all = self.roles.iter().chain(&self.others);
        if !all.any(|text| text.contains(&wrapped)) {
            let known: BTreeSet<&str> = self.roles.iter().chain(&self.others).map(String::as_str).collect();
            let pieces: BTreeSet<&str> = known.iter().flat_map(|text| references(text)).chain(known.clone()).collect();
            if pieces.is_empty() {
                let message = format!("unknown reference {}: neither side has any", text::quoted(&wrapped));
                return Err(Failure::new("unknown-reference", message));
            }
            let problem = Problem::unknown("unknown-reference", "reference", &wrapped, pieces);
            return Err(Failure::new(problem.code, problem.message));
        }
        if self.roles.contains(&wrapped) && !literal.starts_with("arn:") && !literal.contains("${") {
            let (reference, literal) = (text::quoted(&wrapped), text::quoted(&literal));
            return usage(format!("{reference} is a role, and {literal} is no role's ARN (`arn:aws:iam::…:role/…`)"));
        }
        Ok((wrapped, literal))
    }
}

/// The references in a text, each with its `${}`.
fn references(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("${").filter_map(|(at, _)| {
        let rest = text.get(at..)?;
        rest.get(..=rest.find('}')?)
    })
}
