//! The values that a claim may have (see `docs/analysis.md`).

use super::side::{CaseTest, Side};
use super::solve::{Domain, Familiar, Fresh};
use super::space::{Atom, Known, Spot};
use crate::claims::Claim;
use crate::groups::{self, GROUPS, ROLES};
use crate::provider::{ProviderKey, ProviderKind};

/// The values that a claim may have (see `docs/analysis.md`).
pub(crate) fn domain<'k>(
    claim: usize,
    name: &str,
    sides: &[Side<'_>],
    spot: &Spot,
    known: Known<'k>,
    atoms: &[Atom],
) -> Domain<'k> {
    let cases = || sides.iter().flat_map(|side| side.cases_of(claim).iter().filter_map(|at| side.cases.get(*at)));
    let mut values: Vec<&str> = cases().map(|case| case.test.key().2).collect();
    values.extend(atoms.iter().filter_map(|atom| match atom {
        Atom::Test(of, test) if of == name => Some(test.value()),
        _ => None,
    }));
    if name == "aud" {
        let mappings = sides.iter().flat_map(|side| side.evaluator.pool().role_mappings.keys());
        values.extend(mappings.filter_map(ProviderKey::client));
    }
    let fresh = Fresh::unlike(&values);
    let has_exact = cases().any(|case| matches!(case.test, CaseTest::Exact(_)));
    let has_special = cases().any(|case| !matches!(case.test, CaseTest::Rule(_) | CaseTest::Exact(_)));
    let is_tested = cases().any(|case| matches!(case.test, CaseTest::Rule(_) | CaseTest::Exact(_)))
        || atoms.iter().any(|atom| matches!(atom, Atom::Test(of, _) if of == name));
    let mut domain = Domain {
        only: only(name, spot),
        strings: !groups::is_list(name),
        arrays: !has_exact,
        familiar: match name {
            GROUPS => Familiar::Names(known.groups),
            ROLES => Familiar::Roles(known.groups),
            _ => Familiar::None,
        },
        logins: spot.keys.iter().flatten().cloned().collect(),
        more: Vec::new(),
        // Values for special tests are made up without a look at the others.
        is_open: has_special && is_tested,
        fresh,
    };
    for case in cases() {
        let pair = |role: &str| format!("{role},arn:aws:iam::111122223333:saml-provider/{}", fresh.legal);
        let other = || fresh.legal.to_string();
        match &case.test {
            CaseTest::Sole(role) => domain.more.push(Claim::texts([role.as_deref().map_or_else(other, str::to_owned)])),
            CaseTest::Has(role) => domain.more.push(Claim::texts([role.clone()])),
            CaseTest::SamlOne(role) => domain.more.push(pair(role.as_deref().unwrap_or(&other())).into()),
            CaseTest::SamlHas(role) => domain.more.push(Claim::texts([pair(role), pair(&other())])),
            CaseTest::SamlSeveral => domain.more.push(Claim::texts([pair(&other()), pair(&other().repeat(2))])),
            CaseTest::Rule(_) | CaseTest::Exact(_) => {}
        }
    }
    domain
}

/// The values of a claim that has only a few: what the request fixes, and what makes it this login (L2, Q5).
fn only(name: &str, spot: &Spot) -> Option<Vec<Claim<'static>>> {
    if let Some((_, value)) = spot.given.iter().find(|(given, _)| given == name) {
        return Some(vec![value.clone().into()]);
    }
    let keys = || spot.keys.iter().flatten();
    match name {
        "iss" => {
            let strict = keys().find(|key| {
                matches!(key.kind(), ProviderKind::UserPool | ProviderKind::Oidc)
                    && !ProviderKey::of_kind(key.kind(), key.login_key()).is_symbolic()
            })?;
            let key = strict.login_key();
            let newer = (strict.kind() == ProviderKind::UserPool).then(|| format!("https://issuer-{key}"));
            let issuers = [format!("https://{key}"), key.to_owned()].into_iter().chain(newer);
            Some(issuers.map(Claim::from).collect())
        }
        "aud" => {
            let client = keys()
                .filter(|key| key.kind() == ProviderKind::UserPool)
                .find_map(|key| key.client().filter(|client| !client.contains("${")))?;
            Some(vec![client.to_owned().into(), Claim::texts([client.to_owned()])])
        }
        _ => None,
    }
}
