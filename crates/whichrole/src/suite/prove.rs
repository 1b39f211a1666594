//! Properties: what must hold for every token is proved by the analysis, or refuted by a request.

use crate::analysis::{self, Change, Condition, DiffOptions, NotDecided, Proof, Subject};
use crate::eval::Evaluator;
use crate::read::{Place, Position};
use crate::text::{quoted, visible};

use super::failure::{Decider, Retry};
use super::model::{Property, PropertyClaim};
use super::plan::{Plan, Target};
use super::witness::Witness;
use super::words::in_words;

/// What became of a property, for one configuration.
#[derive(Debug, Clone)]
pub struct Proved {
    /// Its name, as a case's.
    pub name: String,
    /// Where it stands.
    pub at: Position,
    /// What shows that it does not hold: a line for each thing. None, and not `undecided`: it is proved.
    pub refuted: Vec<String>,
    /// What decided for the request that shows it, and where it stands.
    pub decided_by: Option<Decider>,
    /// That request, for a command that explains it.
    pub retry: Option<Retry>,
    /// Why nobody can tell.
    pub undecided: Option<String>,
}

impl Plan {
    /// Proves the properties that are asked for, for every configuration.
    #[must_use]
    pub fn prove(&self, wanted: &dyn Fn(&Property) -> bool) -> Vec<Proved> {
        let mut all = Vec::new();
        for property in self.suite.properties.iter().filter(|property| wanted(property)) {
            for target in &self.targets {
                let label = target.label.as_ref().map(|label| format!("@{label}")).unwrap_or_default();
                let name = format!("{}{label}", property.name.text);
                let (shown, undecided) = match self.prove_one(property, target) {
                    Proof::Proved => (Shown::default(), None),
                    Proof::Refuted(shown) => (shown, None),
                    Proof::NotDecided(why) => (Shown::default(), Some(self.undecided(property, target, why))),
                };
                let (decided_by, retry) = match (&shown.by, target.evaluators.first()) {
                    (Some(witness), Some(evaluator)) => self.look_closer(target, evaluator, witness),
                    _ => (None, None),
                };
                let at = property.name.at;
                all.push(Proved { name, at, refuted: shown.lines, decided_by, retry, undecided });
            }
        }
        all
    }

    /// Why nobody can tell, and of guests what would make it known.
    fn undecided(&self, property: &Property, target: &Target, why: NotDecided) -> String {
        let other = match &property.claim {
            PropertyClaim::EquivalentTo(path) => self.others.get(&path.text),
            _ => None,
        };
        let open = std::iter::once(&target.definition).chain(other).find_map(|side| side.unknown_guests.as_ref());
        match open {
            Some(open) if why == NotDecided::Guests => format!("not decided: {why}: {}", open.message),
            _ => format!("not decided: {why}"),
        }
    }

    fn prove_one(&self, property: &Property, target: &Target) -> Proof<Shown> {
        let Some(evaluator) = target.evaluators.first() else { return Proof::Proved };
        let groups = target.groups.as_deref().unwrap_or_default();
        let role = |written: &str| target.roles.get(written).unwrap_or(written).to_owned();
        match &property.claim {
            PropertyClaim::Never { role: written, unless } => {
                let role = role(&written.text);
                refuted(analysis::never(evaluator, groups, &role, unless.as_ref()), |witness| {
                    let line = format!("{} gets {}", request(&witness), target.roles.shown(&role));
                    Shown { lines: vec![line], by: Some(witness.into()) }
                })
            }
            PropertyClaim::Always { role: written, when } => {
                let role = role(&written.text);
                refuted(analysis::always(evaluator, groups, &role, when.as_ref()), |witness| {
                    let got = Witness::from(witness.clone()).try_on(evaluator, |_, decision| match decision.role() {
                        Some(role) => target.roles.shown(role),
                        None => {
                            decision.denial().map(|denial| format!("denied ({})", denial.reason())).unwrap_or_default()
                        }
                    });
                    let line = format!("{} gets {}", request(&witness), got.unwrap_or_default());
                    Shown { lines: vec![line], by: Some(witness.into()) }
                })
            }
            PropertyClaim::LiveAll(_) => refuted(analysis::all_live(evaluator, groups), |dead| {
                Shown::of(dead.iter().map(|rule| self.dead_rule(target, evaluator, rule)))
            }),
            PropertyClaim::EquivalentTo(path) => {
                let Some(other) = self.others.get(&path.text) else { return Proof::Proved };
                let semantics = *evaluator.semantics();
                let subject = |definition: &'_ crate::read::Definition| definition.groups.clone().unwrap_or_default();
                let (own_groups, other_groups) = (subject(&target.definition), subject(other));
                let one = Subject { pool: &target.definition.pool, groups: &own_groups, semantics };
                let two = Subject { pool: &other.pool, groups: &other_groups, semantics };
                refuted(analysis::equivalent(&one, &two, &DiffOptions::default()), |diff| {
                    let changes = diff.changes.iter().chain(&diff.custom_role_changes).map(change);
                    let here = diff.only_before.iter().map(|key| format!("only here: {}", visible(key)));
                    let there =
                        diff.only_after.iter().map(|key| format!("only in {}: {}", quoted(&path.text), visible(key)));
                    Shown::of(changes.chain(here).chain(there))
                })
            }
        }
    }

    fn dead_rule(&self, target: &Target, evaluator: &Evaluator, rule: &analysis::RuleReach) -> String {
        let mapping = evaluator.pool().role_mappings.keys().find(|key| key.as_str() == &*rule.provider);
        let at = mapping.and_then(|key| target.definition.places.get(&Place::Rule(key.clone(), rule.rule)));
        let place = at.map(|at| target.place(at)).and_then(|at| {
            let name = at.name_in(self.names())?;
            Some(format!("  ({}:{}:{})", visible(name), at.line(), at.column()))
        });
        let blocked = match rule.blocked_by.as_slice() {
            [] => "it matches nothing".to_owned(),
            [only] => format!("rule {only} takes all it matches"),
            several => {
                let several: Vec<String> = several.iter().map(usize::to_string).collect();
                format!("rules {} take all it matches", several.join(", "))
            }
        };
        format!("rule {} of {} is dead: {blocked}{}", rule.rule, visible(&rule.provider), place.unwrap_or_default())
    }
}

/// What shows that a property does not hold.
#[derive(Default)]
struct Shown {
    lines: Vec<String>,
    /// The one request that does.
    by: Option<Witness>,
}

impl Shown {
    fn of(lines: impl Iterator<Item = String>) -> Self {
        Self { lines: lines.collect(), by: None }
    }
}

fn refuted<R>(proof: Proof<R>, shown_by: impl FnOnce(R) -> Shown) -> Proof<Shown> {
    match proof {
        Proof::Proved => Proof::Proved,
        Proof::NotDecided(why) => Proof::NotDecided(why),
        Proof::Refuted(shown) => Proof::Refuted(shown_by(shown)),
    }
}

fn request(witness: &analysis::Witness) -> String {
    format!("{{ {} }}", Witness::from(witness.clone()).to_yaml(true).join(", "))
}

fn change(change: &Change) -> String {
    let answer = |judged: &analysis::Judged| match (&judged.role, judged.deny) {
        (Some(role), _) => {
            let tags = judged.tags.iter().map(|(key, value)| (key.as_str(), Some(value.as_str())));
            format!("{} {}", visible(role), in_words(tags))
        }
        (None, reason) => format!("denied ({})", reason.unwrap_or_default()),
    };
    format!("{} gets {} here, {} there", request(&change.witness), answer(&change.before), answer(&change.after))
}

/// Whether a condition can be read, for the reader of suites.
pub(super) fn condition(written: &str) -> Result<Condition, String> {
    Condition::parse(written).map_err(|error| error.to_string())
}
