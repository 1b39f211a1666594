//! Which tokens get which role, as text.

use std::collections::BTreeSet;

use whichrole::analysis::{Reach, ReachReading, RoleReach, RuleReach, Verdict, Way, Witness};
use whichrole::text::visible;

use crate::render::style::{BAD, DIM, GOOD, STRONG, paint};

/// The longest example that is shown whole.
const LONGEST: usize = 200;
/// How wide a line of a condition is.
const WIDTH: usize = 100;
/// Things of one kind that are told one by one, where they are not the answer itself.
const TOLD: usize = 20;

/// Every role and every rule.
pub fn table(found: &Reach, readings: &[ReachReading]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = 0;
    for role in &found.roles {
        open += usize::from(is_open(&role.verdict));
        if !is_open(&role.verdict) || open <= TOLD {
            about_role(role, &mut lines);
        }
    }
    lines.extend(more(open, " not decided"));
    about_rules(found, &mut lines);
    about_groups(found, &mut lines);
    about_unmapped(found, &mut lines);
    about_domain(found, &mut lines);
    about_readings(readings, &mut lines);
    lines
}

fn is_open(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::NotDecided(_))
}

/// What stands for all things of a list behind the first.
fn more(count: usize, what: &str) -> Option<String> {
    (count > TOLD).then(|| format!("and {} more{what}; `--format json` has them all", count - TOLD))
}

/// The first of several, and how many there are behind them.
fn first_of(all: impl IntoIterator<Item = String>, separator: &str) -> String {
    let mut all = all.into_iter();
    let told: Vec<String> = all.by_ref().take(TOLD).collect();
    let left = all.count();
    let more = if left > 0 { format!(" and {left} more") } else { String::new() };
    told.join(separator) + &more
}

/// One role, with its exact condition.
///
/// With `several` mappings it is said of which one each alternative is.
pub fn role(role: &RoleReach, found: &Reach, readings: &[ReachReading], several: bool) -> Vec<String> {
    let mut lines = Vec::new();
    about_role(role, &mut lines);
    let when = role.when.as_deref().unwrap_or_default();
    for (n, way) in when.iter().enumerate() {
        let lead = if n == 0 { "exactly when" } else { "or when" };
        let whose = match (&way.provider, several) {
            (None, _) => " (a guest)".to_owned(),
            (Some(provider), true) => format!(" ({})", visible(provider)),
            (Some(_), false) => String::new(),
        };
        let mut wrapped = condition(lead, &way.terms());
        if let Some(last) = wrapped.last_mut() {
            last.push_str(&paint(DIM, &whose));
        }
        lines.append(&mut wrapped);
    }
    about_rules(found, &mut lines);
    about_groups(found, &mut lines);
    about_unmapped(found, &mut lines);
    about_domain(found, &mut lines);
    about_readings(readings, &mut lines);
    lines
}

/// A condition, broken between its terms where it is wider than a line; no term is broken.
fn condition(lead: &str, terms: &[String]) -> Vec<String> {
    let Some((first, rest)) = terms.split_first() else { return vec![format!("  {lead} always")] };
    let mut lines = Vec::new();
    let mut line = format!("  {lead} {first}");
    for term in rest {
        if line.chars().count() + " and ".len() + term.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, format!("      and {term}")));
        } else {
            line = format!("{line} and {term}");
        }
    }
    lines.push(line);
    lines
}

/// What logins get that no mapping is for (S3), or that there are none.
fn about_unmapped(found: &Reach, lines: &mut Vec<String>) {
    lines.push(String::new());
    lines.push(match (&found.unmapped.role, found.unmapped.deny) {
        (Some(role), _) => format!("a login without a role mapping gets {}", visible(role)),
        (None, Some("invalid-token")) => {
            "every provider that the pool lists has a role mapping; a login of another user pool or client is denied \
             (invalid-token)"
                .to_owned()
        }
        (None, deny) => format!("a login without a role mapping is denied ({})", deny.unwrap_or_default()),
    });
}

fn about_role(role: &RoleReach, lines: &mut Vec<String>) {
    let name = visible(&role.role);
    match &role.verdict {
        Verdict::Live(witness) => {
            let mut seen = BTreeSet::new();
            let by: Vec<String> = role.by.iter().map(way).filter(|words| seen.insert(words.clone())).collect();
            lines.push(format!("{} {}", paint(GOOD, &name), paint(DIM, &format!("by {}", by.join(", ")))));
            lines.push(format!("  for example {}{}", example(witness), unknown_groups(role.unknown_groups)));
        }
        Verdict::Dead => {
            lines.push(format!("{} is out of reach", paint(BAD, &name)));
            match &role.by_custom_role {
                Some(Verdict::Live(witness)) => {
                    lines.push(format!("  only a request that chooses it gets it, for example {}", example(witness)));
                }
                Some(Verdict::NotDecided(why)) => {
                    lines.push(format!("  not decided whether a request that chooses it gets it: {why}"));
                }
                Some(Verdict::Dead) | None => {}
            }
        }
        Verdict::NotDecided(why) => lines.push(format!("{} not decided: {why}", paint(STRONG, &name))),
    }
}

/// That no known group is enough.
fn unknown_groups(is_so: bool) -> String {
    if is_so { format!("  {}", paint(STRONG, "(no known group is enough)")) } else { String::new() }
}

fn way(way: &Way) -> String {
    match way.source.rule() {
        Some(rule) => format!("rule {rule}"),
        None => way.source.id().to_owned(),
    }
}

fn about_rules(found: &Reach, lines: &mut Vec<String>) {
    for rules in found.rules.chunk_by(|a, b| a.provider == b.provider) {
        lines.push(String::new());
        lines.extend(rules.first().map(|rule| paint(STRONG, &visible(&rule.provider))));
        let mut open = 0;
        for rule in rules {
            open += usize::from(is_open(&rule.verdict));
            if !is_open(&rule.verdict) || open <= TOLD {
                lines.push(about_rule(rule));
            }
        }
        lines.extend(more(open, " not decided").map(|more| format!("  {more}")));
    }
}

fn about_rule(rule: &RuleReach) -> String {
    let number = format!("  rule {}", rule.rule);
    match &rule.verdict {
        Verdict::Live(witness) => {
            format!("{number} {} {}{}", paint(GOOD, "live"), example(witness), unknown_groups(rule.unknown_groups))
        }
        Verdict::Dead if rule.blocked_by.is_empty() => {
            format!("{number} {}: no value satisfies it", paint(BAD, "dead"))
        }
        Verdict::Dead => {
            let what = match rule.blocked_by.as_slice() {
                [only] => format!("rule {only} takes all of it"),
                several => {
                    let blockers = first_of(several.iter().map(ToString::to_string), ", ");
                    format!("rules {blockers} take all of it together")
                }
            };
            format!("{number} {}: {what}", paint(BAD, "dead"))
        }
        Verdict::NotDecided(why) => format!("{number} not decided: {why}"),
    }
}

fn about_groups(found: &Reach, lines: &mut Vec<String>) {
    if found.groups.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(paint(STRONG, "users with no claims but those of their groups"));
    let providers: BTreeSet<&str> = found.groups.iter().map(|sets| sets.provider.as_ref()).collect();
    for sets in &found.groups {
        let shown = sets.sets.iter().map(|set| match set.as_slice() {
            [] => "no group".to_owned(),
            names => names.iter().map(|name| visible(name)).collect::<Vec<_>>().join(" + "),
        });
        // Two user pools can have groups of one name.
        let at = if providers.len() > 1 { format!(" ({})", visible(&sets.provider)) } else { String::new() };
        let from = format!("from {}{at}", first_of(shown, "; "));
        lines.push(format!("  {} {}", visible(&sets.role), paint(DIM, &from)));
    }
}

fn about_domain(found: &Reach, lines: &mut Vec<String>) {
    if found.domain.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(paint(DIM, "proved for these values:"));
    for (claim, values) in found.domain.iter().take(TOLD) {
        lines.push(paint(DIM, &format!("  {}: {values}", visible(claim))));
    }
    lines.extend(more(found.domain.len(), "").map(|more| paint(DIM, &format!("  {more}"))));
}

fn about_readings(readings: &[ReachReading], lines: &mut Vec<String>) {
    for reading in readings {
        let word = |is: Option<bool>| match is {
            Some(true) => "live",
            Some(false) => "dead",
            None => "not decided",
        };
        let reach = |is: Option<bool>| match is {
            Some(true) => "in reach",
            Some(false) => "out of reach",
            None => "not decided",
        };
        let roles = reading.roles.iter().map(|(role, is)| format!("{} is {}", visible(role), reach(*is)));
        let rules = reading.rules.iter().map(|(_, rule, is)| format!("rule {rule} is {}", word(*is)));
        let what: Vec<String> = rules.chain(roles).collect();
        let told: Vec<&str> = what.iter().take(TOLD).map(String::as_str).collect();
        lines.push(format!("under {}: {}", reading.assume, told.join(", ")));
        lines.extend(more(what.len(), "").map(|more| format!("  {more}")));
    }
}

/// A witness in a line: whose login, and the claims.
pub fn example(witness: &Witness) -> String {
    let json = whichrole::text::visible_json(witness.claims.to_json());
    let shown: String = json.chars().take(LONGEST).collect();
    let cut = if shown.len() < json.len() { "…" } else { "" };
    match &witness.provider {
        Some(_) => format!("{shown}{cut}"),
        None => "a guest".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_broken_between_its_terms() {
        let condition =
            |terms: &[&str]| condition("or when", &terms.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(condition(&[]), ["  or when always"]);
        assert_eq!(
            condition(&["a equals `b`", "not c contains `d`"]),
            ["  or when a equals `b` and not c contains `d`"]
        );
        let long = "x".repeat(84);
        assert_eq!(condition(&[&long, "y"]), [format!("  or when {long} and y")], "100 columns are one line");
        let longer = "x".repeat(120);
        assert_eq!(
            condition(&["a", &longer, "b", "c", &long]),
            ["  or when a", &format!("      and {longer}"), "      and b and c", &format!("      and {long}")]
        );
    }
}
