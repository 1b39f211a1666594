//! An explanation as text that a tired person can read.

use whichrole::explain::{
    Change, ClaimsChange, ConfigurationChange, Explanation, LoginExplanation, Membership, RuleOutcome, RuleTrace,
    Wanted, WantedOutcome,
};
use whichrole::text::visible;
use whichrole::trust::{Objection, Verdict};
use whichrole::{Answer, Choice, Decision, Denial, Outcome, Questions};

use crate::commands::explain::Sts;
use crate::render::style::{BAD, DIM, GOOD, STRONG, paint};

/// The longest claim value that is shown whole.
const LONGEST: usize = 200;

/// Why a request was denied, in a line.
pub fn denial(decision: &Decision<'_>) -> String {
    let Some(denial) = decision.denial() else { return String::new() };
    let message = denial.message().map(|message| format!(": {message}")).unwrap_or_default();
    let detail = match denial {
        Denial::InvalidToken(whichrole::InvalidToken::NotVerified(why)) => format!(" (not verified: {why})"),
        Denial::TagsRejected(tag) => format!(" (tag `{}` from claim `{}`)", visible(tag.key), visible(tag.claim)),
        _ => String::new(),
    };
    format!("denied ({}): {}{message}{detail}", denial.reason(), denial.error())
}

/// That an answer is not certain, in a line.
pub fn uncertainty(answer: &Answer<'_>) -> String {
    let questions: std::collections::BTreeSet<&str> =
        answer.readings.iter().flat_map(|reading| reading.assume.iter().map(|choice| choice.question().id())).collect();
    let questions: Vec<&str> = questions.into_iter().collect();
    format!(
        "note: not certain: AWS leaves open {}; `whichrole explain` shows the other {}, `--assume` fixes it",
        questions.join(", "),
        if answer.readings.len() == 1 { "answer" } else { "answers" }
    )
}

/// The whole explanation, line by line.
pub fn text(explanation: &Explanation<'_>, sts: Option<&Sts<'_>>, wanted: Option<&Wanted>) -> Vec<String> {
    let mut lines = Vec::new();
    verdict(explanation, &mut lines);
    if let Some(sts) = sts {
        lines.push(what_sts_says(sts));
    }
    for login in &explanation.logins {
        lines.push(String::new());
        describe(login, &mut lines);
    }
    lines.push(String::new());
    certainty(&explanation.answer, &mut lines);
    if let Some(wanted) = wanted {
        lines.push(String::new());
        want(wanted, &mut lines);
    }
    lines
}

fn verdict(explanation: &Explanation<'_>, lines: &mut Vec<String>) {
    let decision = &explanation.answer.decision;
    lines.push(match decision.outcome {
        Outcome::Assume { role, .. } => paint(GOOD, &visible(role)),
        Outcome::Deny(_) => paint(BAD, &denial(decision)),
    });
    for reason in &explanation.because {
        lines.push(format!("  {} {}", visible(&reason.text), paint(DIM, &format!("({})", reason.statement))));
    }
}

/// Whether the role can be assumed, by the trust policy that is in the files.
fn what_sts_says(sts: &Sts<'_>) -> String {
    let objection = |one: &Objection| {
        format!("{} ({}:{}:{})", visible(&one.message), visible(sts.file(one.at)), one.at.line(), one.at.column())
    };
    let objections: Vec<String> = sts.verdict.objections().into_iter().map(objection).collect();
    let objections = objections.join("; ");
    match sts.verdict {
        Verdict::Allowed => {
            format!("  {} the role's trust policy lets Cognito assume it", paint(GOOD, "STS would accept:"))
        }
        Verdict::Refused(_) => format!("  {} {objections}", paint(BAD, "STS would refuse:")),
        Verdict::Unknown(_) => format!("  {} {objections}", paint(DIM, "whether STS would accept is not known:")),
    }
}

fn describe(login: &LoginExplanation<'_>, lines: &mut Vec<String>) {
    let provider = login.provider.as_deref().map_or_else(|| "no provider".to_owned(), visible);
    let mapping = match (login.mapping, login.role_resolution) {
        (None, _) => "no role mapping".to_owned(),
        (Some(kind), Some(resolution)) => format!("type {kind}, role resolution {resolution}"),
        (Some(kind), None) => format!("type {kind}, no role resolution"),
    };
    lines.push(format!("{} {}", paint(STRONG, &provider), paint(DIM, &format!("· {mapping}"))));
    for rule in &login.rules {
        describe_rule(rule, login.rules.len(), lines);
    }
    if let Some(claims) = &login.role_claims {
        lines.push(format!(
            "  cognito:preferred_role  {}",
            claims.preferred_role.map_or_else(|| "not set".to_owned(), visible)
        ));
        let roles: Vec<String> = claims.roles.iter().map(|role| visible(role)).collect();
        lines.push(format!(
            "  cognito:roles           {}",
            if roles.is_empty() { "none".to_owned() } else { roles.join(", ") }
        ));
    }
    for (n, tag) in login.tags.iter().enumerate() {
        let value = tag.value.as_ref().map_or_else(|| "left out".to_owned(), |value| visible(value));
        let label = if n == 0 { "tags" } else { "    " };
        lines.push(format!(
            "  {label}  {} = {value}  {}",
            visible(tag.key),
            paint(DIM, &format!("from claim {}", visible(tag.claim)))
        ));
    }
    if !login.custom_roles.is_empty() {
        let roles: Vec<String> = login.custom_roles.iter().map(|role| visible(role)).collect();
        lines.push(format!("  {} {}", paint(DIM, "CustomRoleArn could choose"), roles.join(", ")));
    }
    for warning in &login.warnings {
        lines.push(format!("  {} {}", paint(BAD, "warning:"), visible(warning)));
    }
}

fn describe_rule(rule: &RuleTrace<'_>, rules: usize, lines: &mut Vec<String>) {
    let width = rules.to_string().len();
    let (mark, outcome) = match rule.outcome {
        RuleOutcome::Decided => (paint(GOOD, "✓"), paint(GOOD, "decided")),
        RuleOutcome::Matches => (paint(GOOD, "✓"), "matches".to_owned()),
        RuleOutcome::Differs => (paint(BAD, "✗"), "does not match".to_owned()),
        RuleOutcome::ClaimAbsent => (paint(BAD, "✗"), "the token has no such claim".to_owned()),
        RuleOutcome::NotReached => (paint(DIM, "·"), paint(DIM, "not reached")),
    };
    lines.push(format!(
        "  {mark} {:>width$}  {} {} {:?} → {}  {outcome}",
        rule.rule,
        visible(rule.claim),
        rule.match_type,
        VisibleText(rule.value),
        visible(rule.role),
    ));
    let indent = " ".repeat(width + 6);
    if let (Some(had), RuleOutcome::Decided | RuleOutcome::Matches | RuleOutcome::Differs) = (rule.had, rule.outcome) {
        lines.push(format!("{indent}{} {}", paint(DIM, "the token has"), cut(&visible(&had.0.to_json()))));
    }
    for miss in &rule.near_misses {
        lines.push(format!("{indent}{} {}", paint(STRONG, "near miss:"), miss.sentence()));
    }
}

fn certainty(answer: &Answer<'_>, lines: &mut Vec<String>) {
    if answer.assumptions == Questions::NONE && answer.is_certain() {
        lines.push(format!("{} it rests on nothing that AWS leaves open", paint(GOOD, "certain:")));
        return;
    }
    let ids = answer.assumptions.ids().join(", ");
    if answer.is_certain() {
        lines.push(format!("{} AWS leaves open {ids}, but every choice gives this answer", paint(GOOD, "certain:")));
        return;
    }
    lines.push(format!("{} AWS leaves open {ids}; otherwise it would be", paint(BAD, "not certain:")));
    for reading in &answer.readings {
        let choices: Vec<String> = reading.assume.iter().map(Choice::to_string).collect();
        let choices = if choices.is_empty() { "another login".to_owned() } else { choices.join(", ") };
        let answer = match &reading.decision.outcome {
            Outcome::Assume { role, source } => match source.rule() {
                Some(rule) => format!("{} (rule {rule})", visible(role)),
                None => format!("{} ({})", visible(role), source.id()),
            },
            Outcome::Deny(denial) => format!("denied ({})", denial.reason()),
        };
        let tags: Vec<String> =
            reading.decision.tags.iter().map(|(key, value)| format!("{}={}", visible(key), visible(value))).collect();
        let tags = if tags.is_empty() { String::new() } else { format!(", tags {}", tags.join(" ")) };
        lines.push(format!("  {answer}{tags}  {}", paint(DIM, &format!("with {choices}"))));
    }
}

fn want(wanted: &Wanted, lines: &mut Vec<String>) {
    let role = visible(&wanted.role);
    if wanted.given {
        lines.push(format!("{} {role} is what this request gets", paint(GOOD, "wanted:")));
        return;
    }
    lines.push(format!("{} {role}", paint(STRONG, "wanted:")));
    if wanted.ways.is_empty() {
        lines.push("  no rule and no default of this login gives it".to_owned());
    }
    for way in &wanted.ways {
        lines.push(format!("  {}: {}", way.by, way.needs));
    }
    lines.push(format!("  {}", claims_change(&wanted.claims)));
    if let Some(witness) = &wanted.elsewhere {
        lines.push(match &witness.provider {
            Some(provider) => {
                format!("  another login gets it: {}, for example {}", visible(provider), super::who::example(witness))
            }
            None => "  a guest gets it".to_owned(),
        });
    }
    if wanted.by_custom_role {
        lines.push("  choosing it with CustomRoleArn gives it, with the claims as they are".to_owned());
    }
    if let Some(choosing) = &wanted.choosing {
        lines.push(format!("  for a request that chooses it with CustomRoleArn, {}", claims_change(choosing)));
    }
    if let Some(membership) = &wanted.membership {
        lines.push(format!("  {}", self::membership(membership)));
    }
    if let Some(configuration) = &wanted.configuration {
        lines.push(format!("  {}", self::configuration(configuration)));
    }
}

fn claims_change(claims: &ClaimsChange) -> String {
    match claims.outcome {
        WantedOutcome::Given => "it is what this request gets".to_owned(),
        WantedOutcome::Change => {
            let changes: Vec<String> = claims.changes.iter().map(change).collect();
            let open = if claims.certain == Some(false) { " (not certain: AWS leaves something open)" } else { "" };
            format!("smallest change of claims: {}{open}", changes.join(" and "))
        }
        WantedOutcome::Impossible => "no change of claims gives it: no token of this login does (proved)".to_owned(),
        WantedOutcome::NoToken => "a guest has no claims to change".to_owned(),
        WantedOutcome::Refused => {
            "no change of claims gives it: the token is refused before any role is chosen".to_owned()
        }
        WantedOutcome::OtherRoleChosen => "no change of claims gives it: the request chooses another role".to_owned(),
        WantedOutcome::NotDecided => "whether a change of claims gives it is not decided".to_owned(),
    }
}

fn membership(membership: &Membership) -> String {
    let list = |words: &str, names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| format!("`{}`", visible(name))).collect();
        if names.is_empty() { None } else { Some(format!("{words} {}", names.join(", "))) }
    };
    if membership.found {
        let steps = [list("join", &membership.join), list("leave", &membership.leave)];
        let steps: Vec<String> = steps.into_iter().flatten().collect();
        let steps =
            if steps.is_empty() { "a new token, with the groups as they are".to_owned() } else { steps.join(" and ") };
        return format!("smallest change of groups: {steps}");
    }
    if membership.all_tried {
        "no set of the known groups gives it (all were tried)".to_owned()
    } else {
        "no set of the known groups was found that gives it (not all were tried)".to_owned()
    }
}

fn configuration(configuration: &ConfigurationChange) -> String {
    let edits: Vec<&str> = configuration.edits.iter().map(|edit| edit.change.as_str()).collect();
    let lead = if configuration.smallest { "smallest change" } else { "a change" };
    let classes = match configuration.classes {
        Some(1) => "; it changes one class of requests".to_owned(),
        Some(classes) => format!("; it changes {classes} classes of requests"),
        None => String::new(),
    };
    format!("{lead} of the configuration, for this very request: {}{classes}", edits.join(" and "))
}

fn change(change: &Change) -> String {
    let whose = change.provider.as_deref().map(|key| format!(" of {}", visible(key))).unwrap_or_default();
    match &change.value {
        Some(value) => format!("claim `{}`{whose} = {}", visible(&change.claim), cut(&visible(value))),
        None => format!("no claim `{}`{whose}", visible(&change.claim)),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST).collect();
    short.push('…');
    short
}

/// A value in double quotes, made visible.
struct VisibleText<'t>(&'t str);

impl std::fmt::Debug for VisibleText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", cut(&visible(self.0)))
    }
}
