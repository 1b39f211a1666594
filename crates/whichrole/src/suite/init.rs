//! Writes a first suite for a configuration: a test for every rule, outcome, tag and group, with the answer of today, and for every small
//! change of the configuration one that would notice it.

mod complete;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

pub use self::complete::complete;

use crate::claims::{Claim, Claims};
use crate::decision::{Answer, Decision, Denial, Outcome, Source};
use crate::eval::{Evaluator, Request};
use crate::groups::{GROUPS, GroupClaims};
use crate::login::TokenForm;
use crate::pool::Group;
use crate::provider::{ProviderKey, ProviderKind};
use crate::read::Definition;
use crate::semantics::Semantics;
use crate::text::{and, visible};
use crate::user_pool::groups_of;

use super::coverage::{Item, ItemKind, Items, Witnesses};
use super::model::By;
use super::mutants::{self, Fate};
use super::plan::{Plan, Target};
use super::roles::Roles;
use super::witness::Witness;
use super::{label, yaml};

/// The most groups that get a test of their own.
const MOST_GROUPS: usize = 50;
/// The most changes of a configuration that are tried; each is compared with the configuration as a whole.
const MOST_MUTANTS: usize = 1_000;

/// A first suite, as YAML. `config` is the configuration's path from where the suite will stand; `pool` its name where there are several.
///
/// Every test in it passes when it is written: its expectation is the evaluator's answer.
#[must_use]
pub fn init(definition: Definition, config: &str, pool: Option<&str>) -> String {
    let target = Target::alone(definition, config);
    let Some(evaluator) = target.evaluators.first() else { return String::new() };
    let mut first = First::new(evaluator, &target);
    let items = Items::of(std::slice::from_ref(&target));
    for item in &items.all {
        first.cover(item);
    }
    first.members();
    first.guest();
    let notices_all = first.notice_mutants();

    let is_covered = |wanted: &dyn Fn(&ItemKind) -> bool| {
        let mut wanted = items.all.iter().filter(|item| wanted(&item.kind)).peekable();
        wanted.peek().is_some() && wanted.all(|item| !first.missing.iter().any(|(missing, _)| *missing == *item))
    };
    let goals = [
        ("rules: 100", is_covered(&|kind| matches!(kind, ItemKind::Rule(..)))),
        ("outcomes: 90", is_covered(&|kind| !matches!(kind, ItemKind::Tag(..)))),
        ("tags: 100", is_covered(&|kind| matches!(kind, ItemKind::Tag(..)))),
        ("mutants: 90", notices_all),
    ];
    let goals: Vec<&str> = goals.iter().filter(|(_, reached)| *reached).map(|(goal, _)| *goal).collect();
    drop(items);

    let mut out = head(config, pool);
    first.write(&mut out);
    if !goals.is_empty() {
        let _ = writeln!(out, "coverage: {{ {} }}", goals.join(", "));
    }
    out
}

/// What stands before the users.
fn head(config: &str, pool: Option<&str>) -> String {
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
    out
}

/// A suite in the making.
struct First<'t> {
    evaluator: &'t Evaluator,
    target: &'t Target,
    witnesses: Witnesses,
    drafts: Vec<Draft<'t>>,
    /// Which drafts ask something that hashes to this: what they ask can be long, and there can be thousands.
    asked: BTreeMap<u64, Vec<usize>>,
    /// What no test covers, and why.
    missing: Vec<(Item, &'static str)>,
}

/// A test in the making.
#[derive(Debug, Clone)]
struct Draft<'g> {
    /// The answer and what the request is about, but for what tells it from other tests of that name.
    name: String,
    /// The request, without the claims that groups make.
    witness: Witness,
    groups: Vec<&'g Group>,
    /// The change of the configuration for which it is there, in words.
    notices: Option<String>,
}

impl<'t> First<'t> {
    fn new(evaluator: &'t Evaluator, target: &'t Target) -> Self {
        Self {
            evaluator,
            target,
            witnesses: Witnesses::new(),
            drafts: Vec::new(),
            asked: BTreeMap::new(),
            missing: Vec::new(),
        }
    }

    /// Adds a test that covers an item.
    fn cover(&mut self, item: &Item) {
        let by_groups = self.by_groups(item);
        let (draft, is_dead) = match by_groups {
            Some(draft) => (Some(draft), false),
            None => match self.witnesses.show(self.target, item) {
                (Some(witness), _) => (Draft::of(witness).with_arns(self.evaluator, &self.target.roles), false),
                (None, is_dead) => (None, is_dead),
            },
        };
        let Some(draft) = draft else {
            let why = if is_dead { "no token can show" } else { "no token was found that shows" };
            return self.missing.push((item.clone(), why));
        };
        self.add(&self.about(item, &draft), draft);
    }

    /// A member of a known group who covers an item: the tokens that a user pool really makes.
    fn by_groups(&mut self, item: &Item) -> Option<Draft<'t>> {
        let known = groups_of(self.target.groups.as_deref()?, &item.provider);
        let known = || known.iter().copied();
        let has_role = |group: &&Group| group.role_arn.is_some();
        match &item.kind {
            ItemKind::Rule(number, _) => {
                let (witness, _) = self.witnesses.show(self.target, item);
                let witness = witness?;
                let mut claims = witness.claims.iter();
                let (Some((GROUPS, Claim::Array(names))), None) = (claims.next(), claims.next()) else { return None };
                let find = |name: &Claim<'_>| known().find(|group| Some(group.name.as_str()) == name.as_text());
                let groups = names.iter().map(find).collect::<Option<Vec<_>>>()?;
                let witness = Witness { claims: Claims::default(), ..witness.clone() };
                let draft = Draft { groups, ..Draft::of(witness) };
                let decides = |answer: &Answer<'_>| answer.decision.source() == Some(Source::Rule(*number));
                draft.ask(self.evaluator, decides).unwrap_or(false).then_some(draft)
            }
            ItemKind::PreferredRole => known().filter(has_role).find_map(|group| {
                let draft = Draft::member(&item.provider, vec![group]);
                let decides = |answer: &Answer<'_>| answer.decision.source() == Some(Source::PreferredRole);
                draft.ask(self.evaluator, decides).unwrap_or(false).then_some(draft)
            }),
            ItemKind::CustomRole => known().filter(has_role).find_map(|group| {
                let mut draft = Draft::member(&item.provider, vec![group]);
                draft.witness.custom_role_arn = group.role_arn.as_ref().map(|role| role.as_str().to_owned());
                let chosen = |answer: &Answer<'_>| matches!(answer.decision.source(), Some(Source::CustomRole(_)));
                draft.ask(self.evaluator, chosen).unwrap_or(false).then_some(draft)
            }),
            _ => None,
        }
    }

    /// A test for a member of each group, and for one of all of them.
    fn members(&mut self) {
        let Some(known) = self.target.groups.as_deref() else { return };
        let takes_groups = |key: &&ProviderKey| matches!(key.kind(), ProviderKind::UserPool | ProviderKind::Unknown);
        let keys: Vec<ProviderKey> = self.evaluator.pool().role_mappings.keys().filter(takes_groups).cloned().collect();
        for key in &keys {
            let known = groups_of(known, key);
            for group in known.iter().copied().take(MOST_GROUPS) {
                let member = Draft::member(key, vec![group]);
                self.add(&format!("for {}", member.member_of()), member);
            }
            if (2..=MOST_GROUPS).contains(&known.len()) {
                self.add("for a member of all groups", Draft::member(key, known));
            }
        }
    }

    /// What a guest gets, unless nobody knows whether guests are allowed.
    fn guest(&mut self) {
        if self.evaluator.pool().guests_depend_on.is_some() {
            return;
        }
        let witness = Witness { provider: None, claims: Claims::default(), custom_role_arn: None };
        self.add("for a guest", Draft::of(witness));
    }

    /// Adds a test, unless one asks the same already or it cannot be asked. Its name is the answer and what the request is about, so that who
    /// reads that it fails knows which role is not given any more, or is given now, and to whom.
    fn add(&mut self, about: &str, draft: Draft<'t>) {
        let given =
            draft.decided(self.evaluator, |decision| decision.role().map_or("denied".into(), |role| self.called(role)));
        let Some(given) = given.filter(|_| self.is_new(&draft)) else { return };
        self.drafts.push(Draft { name: format!("{given} {about}"), ..draft });
    }

    /// Whether no draft asks the same; the next one to be added does then.
    fn is_new(&mut self, draft: &Draft<'_>) -> bool {
        let asks = draft.asks();
        let mut hasher = DefaultHasher::new();
        asks.hash(&mut hasher);
        let alike = self.asked.entry(hasher.finish()).or_default();
        if alike.iter().filter_map(|at| self.drafts.get(*at)).any(|other| other.asks() == asks) {
            return false;
        }
        alike.push(self.drafts.len());
        true
    }

    /// Adds a test for each small change that no test notices so far. Says whether, in the end, all are noticed.
    fn notice_mutants(&mut self) -> bool {
        let size = mutants::size(self.evaluator.pool());
        let most = MOST_MUTANTS.min(mutants::most(size));
        // Every rule and every tag can be changed; where that alone is too much the changes are not even listed.
        if size > most {
            return false;
        }
        let changes = mutants::changes(self.evaluator.pool());
        if changes.is_empty() || changes.len() > most {
            return false;
        }
        let groups = self.target.groups.as_deref().unwrap_or_default();
        let mut all = true;
        for change in changes {
            let mutant = Evaluator::new(change.of(self.evaluator.pool()), *self.evaluator.semantics());
            let notices = |draft: &Draft<'_>| {
                let expected = |evaluator| draft.decided(evaluator, |decision| self.expectation(decision));
                expected(self.evaluator) != expected(&mutant)
            };
            if self.drafts.iter().any(notices) {
                continue;
            }
            match mutants::difference(self.evaluator, mutant.pool(), groups) {
                Fate::Survived(witness) => {
                    let draft = Draft::of(*witness).with_arns(self.evaluator, &self.target.roles);
                    all &= draft.as_ref().is_some_and(notices);
                    self.add_noticing(&change.words(), draft);
                }
                Fate::Undecided | Fate::NotTried => all = false,
                Fate::Killed(_) | Fate::Equivalent => {}
            }
        }
        all
    }

    /// Adds a test that notices a change of the configuration.
    fn add_noticing(&mut self, change: &str, draft: Option<Draft<'t>>) {
        let Some(draft) = draft else { return };
        self.add(&self.words(&draft), Draft { notices: Some(change.to_owned()), ..draft });
    }

    /// Users, tests, and what is missing.
    fn write(&self, out: &mut String) {
        let labels = self.labels();
        // Writing to a `String` cannot fail.
        match &self.evaluator.pool().guests_depend_on {
            None => out.push_str("users:\n  guest: { guest: true }\n"),
            Some(reference) => {
                let _ = writeln!(
                    out,
                    "# no test is about guests: whether they are allowed is left to {}",
                    visible(reference)
                );
                if !labels.is_empty() {
                    out.push_str("users:\n");
                }
            }
        }
        for (provider, user) in &labels {
            let _ = writeln!(out, "  {}: {{ provider: {} }}", yaml::scalar(user), yaml::scalar(provider));
        }
        out.push_str("tests:\n");
        for (draft, name) in self.drafts.iter().zip(names::of(&self.drafts, &labels)) {
            let mut keys = Vec::new();
            let user = draft.witness.provider.as_ref().and_then(|key| labels.get(key.as_str()));
            match (&draft.witness.provider, user) {
                (None, _) => keys.push("user: guest".to_owned()),
                (Some(_), Some(user)) => keys.push(format!("user: {}", yaml::scalar(user))),
                (Some(key), None) if draft.witness.needs_provider(self.evaluator) => {
                    keys.push(format!("provider: {}", yaml::scalar(key.as_str())));
                }
                (Some(_), None) => {}
            }
            if !draft.groups.is_empty() {
                let names: Vec<String> = draft.groups.iter().map(|group| yaml::scalar(&group.name)).collect();
                keys.push(format!("groups: [{}]", names.join(", ")));
            }
            // A user who says it all needs no claims beside.
            let is_named = draft.witness.provider.is_none() || user.is_some() || !draft.groups.is_empty();
            if !draft.witness.claims.is_empty() || !is_named {
                keys.push(format!("claims: {}", yaml::claims(&draft.witness.claims)));
            }
            if let Some(role) = &draft.witness.custom_role_arn {
                keys.push(format!("custom_role_arn: {}", yaml::scalar(&self.target.roles.short_name(role))));
            }
            let expect = draft.ask(self.evaluator, |answer| expect_key(answer, self.expectation(&answer.decision)));
            let notices = draft.notices.as_ref().map(|change| format!("# not if {change}"));
            let keys = notices.into_iter().chain(keys).collect::<Vec<_>>();
            test(out, &name, &keys, &expect.unwrap_or_default());
        }
        for (item, why) in &self.missing {
            let _ = writeln!(out, "# {why}: {} ({})", item.kind.in_words(), visible(item.provider.as_str()));
        }
    }

    /// A user for each provider, where there are several.
    fn labels(&self) -> BTreeMap<&str, String> {
        let keys: BTreeSet<&ProviderKey> =
            self.drafts.iter().filter_map(|draft| draft.witness.provider.as_ref()).collect();
        if keys.len() > 1 || several_providers(self.evaluator) { label::of(&keys) } else { BTreeMap::new() }
    }

    fn expectation(&self, decision: &Decision<'_>) -> String {
        expectation(decision, &self.target.roles, !self.evaluator.pool().principal_tags.is_empty())
    }
}

impl<'g> Draft<'g> {
    fn member(key: &ProviderKey, groups: Vec<&'g Group>) -> Self {
        let witness = Witness { provider: Some(key.clone()), claims: Claims::default(), custom_role_arn: None };
        Self { groups, ..Self::of(witness) }
    }

    /// `a member of admins`
    fn member_of(&self) -> String {
        let names: Vec<String> = self.groups.iter().map(|group| names::bare(&group.name)).collect();
        format!("a member of {}", and(&names))
    }

    fn of(witness: Witness) -> Self {
        Self { name: String::new(), witness, groups: Vec::new(), notices: None }
    }

    /// What makes two requests one: provider, claims, chosen role, groups.
    fn asks(&self) -> String {
        let Witness { provider, claims, custom_role_arn } = &self.witness;
        let claims: BTreeMap<&str, String> = claims.iter().map(|(name, value)| (name, value.to_json())).collect();
        let groups: Vec<&str> = self.groups.iter().map(|group| group.name.as_str()).collect();
        // Each text is in quotes, and those in it are escaped.
        format!("{:?}", (provider.as_ref().map(ProviderKey::as_str), claims, custom_role_arn, groups))
    }

    /// The same request with ARNs for roles that were made up: a suite takes a role that it does not know only by its ARN. `None` where that
    /// makes it another request.
    fn with_arns(mut self, evaluator: &Evaluator, roles: &Roles) -> Option<Self> {
        let given = |draft: &Self| draft.decided(evaluator, |decision| decision.role().map(str::to_owned));
        let role = given(&self)?;
        let chosen = self.witness.custom_role_arn.clone();
        let made_up = |role: &String| !role.starts_with("arn:") && !roles.has(role);
        for made_up in role.iter().chain(&chosen).filter(|role| made_up(role)).collect::<BTreeSet<_>>() {
            let arn = format!("arn:aws:iam::111122223333:role/{made_up}");
            let mut claims = Claims::default();
            self.witness
                .claims
                .iter()
                .for_each(|(name, value)| claims.set(name.to_owned(), named(value, made_up, &arn)));
            self.witness.claims = claims;
            if self.witness.custom_role_arn.as_ref() == Some(made_up) {
                self.witness.custom_role_arn = Some(arn.clone());
            }
            if role.as_ref() == Some(made_up) && given(&self)? != Some(arn) {
                return None;
            }
        }
        Some(self)
    }

    /// What a pool gives for this request, if the request can be asked of it.
    fn ask<R>(&self, evaluator: &Evaluator, then: impl FnOnce(&Answer<'_>) -> R) -> Option<R> {
        self.put(evaluator, |request| then(&evaluator.answer(request)))
    }

    /// The same without how certain that is, which takes a fraction of the time.
    fn decided<R>(&self, evaluator: &Evaluator, then: impl FnOnce(&Decision<'_>) -> R) -> Option<R> {
        self.put(evaluator, |request| then(&evaluator.evaluate(request)))
    }

    fn put<R>(&self, evaluator: &Evaluator, then: impl FnOnce(&Request<'_>) -> R) -> Option<R> {
        let mut claims = self.witness.claims.clone();
        let open = match self.groups.as_slice() {
            [] => None,
            groups => GroupClaims::of(groups).write_to(&mut claims),
        };
        let logins = match &self.witness.provider {
            None => Vec::new(),
            Some(key) => {
                let login = evaluator.login(Some(key), &claims, TokenForm::Claims).ok()?;
                vec![login.with_open_preferred_role(open.as_ref())]
            }
        };
        Some(then(&Request::of(&logins).choosing(self.witness.custom_role_arn.as_deref())))
    }
}

/// A claim with another name for a role: alone, in a list, or before the comma of an assertion's pair.
fn named(claim: &Claim<'_>, role: &str, arn: &str) -> Claim<'static> {
    match claim {
        Claim::Text(text) => match text.strip_prefix(role) {
            Some(rest) if rest.is_empty() || rest.starts_with(',') => format!("{arn}{rest}").into(),
            _ => claim.clone().into_owned(),
        },
        Claim::Array(elements) => Claim::Array(elements.iter().map(|element| named(element, role, arn)).collect()),
        _ => claim.clone().into_owned(),
    }
}

/// One test for a request, or nothing where the request cannot be asked.
pub(super) fn row(
    name: &str,
    witness: &Witness,
    evaluator: &Evaluator,
    roles: &Roles,
    with_provider: bool,
) -> Option<String> {
    let draft = Draft::of(witness.clone()).with_arns(evaluator, roles)?;
    let with_tags = !evaluator.pool().principal_tags.is_empty();
    let expect = draft.ask(evaluator, |answer| expect_key(answer, expectation(&answer.decision, roles, with_tags)))?;
    let mut out = String::new();
    test(&mut out, name, &draft.witness.to_yaml(with_provider), &expect);
    Some(out)
}

fn test(out: &mut String, name: &str, keys: &[String], expect: &str) {
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "  - name: {}", yaml::scalar(name));
    for key in keys.iter().map(String::as_str).chain([expect]) {
        let _ = writeln!(out, "    {key}");
    }
}

/// The key `expect`, with a note where the answer is not certain.
fn expect_key(answer: &Answer<'_>, mut expectation: String) -> String {
    expectation.insert_str(0, "expect: ");
    if answer.is_certain() {
        return expectation;
    }
    let choices = answer.readings.iter().flat_map(|reading| &reading.assume);
    let ids: BTreeSet<&str> = choices.map(|choice| choice.question().id()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    // Writing to a `String` cannot fail.
    let _ = write!(expectation, "   # not certain: {}", ids.join(", "));
    expectation
}

/// The answer as an expectation. Where the pool makes tags, that there are none is part of it.
fn expectation(decision: &Decision<'_>, roles: &Roles, with_tags: bool) -> String {
    match &decision.outcome {
        Outcome::Deny(denial) => format!("{{ deny: {} }}", Denial::reason(denial)),
        Outcome::Assume { role, source } => {
            let by = match source.rule() {
                Some(rule) if source.id() == "rule" => By::Rule(rule),
                rule => By::Source(source.id(), rule),
            };
            let mut out = format!("{{ role: {}, by: {}", yaml::scalar(&roles.short_name(role)), by.in_words());
            // There can be thousands of tags with long names, so they are written once.
            for (n, (key, value)) in decision.tags.iter().enumerate() {
                let before = if n == 0 { ", tags: {" } else { "," };
                // Writing to a `String` cannot fail.
                let _ = write!(out, "{before} {}: {}", yaml::scalar(key), yaml::scalar(value));
            }
            out.push_str(match (decision.tags.is_empty(), with_tags) {
                (true, false) => " }",
                (true, true) => ", tags: {} }",
                (false, _) => " } }",
            });
            out
        }
    }
}

/// Whether a login has to name its provider.
fn several_providers(evaluator: &Evaluator) -> bool {
    evaluator.directory.homes.len() > 1 || evaluator.directory.most_mappings > 1
}

impl Plan {
    /// Whether a test that makes this request has to name its provider.
    pub(super) fn names_provider(&self, target: &Target, witness: &Witness) -> bool {
        let default = self.provider();
        target.evaluators.first().is_some_and(|evaluator| {
            witness.needs_provider_beside(evaluator, default.as_ref())
                || (default.is_none() && witness.provider.is_some() && several_providers(evaluator))
        })
    }
}

impl Target {
    /// A configuration by itself.
    fn alone(definition: Definition, path: &str) -> Self {
        Self {
            label: None,
            path: path.to_owned(),
            evaluators: vec![Evaluator::new(definition.pool.clone(), Semantics::default())],
            users: BTreeMap::new(),
            roles: Roles::of(&definition, definition.groups.as_deref(), None),
            groups: definition.groups.clone(),
            has_user_pools: definition.groups.iter().flatten().any(|group| group.user_pool.is_some()),
            first_source: 0,
            definition,
            policies: None,
        }
    }
}
