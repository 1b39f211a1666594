//! Writes the decision object, by the million. `Serialize` says what it is; this says the same, byte for byte, without asking each field how it
//! wants to be written.

use crate::decision::{Answer, Decision, Denial, Outcome, Reading, Source};
use crate::json::write_string;

impl Answer<'_> {
    /// Writes the decision object as compact JSON to the end of `out`: the bytes that `serde_json::to_string` makes.
    pub fn write_json(&self, out: &mut String) {
        out.push_str("{\"schema\":\"whichrole/decision/v1\",");
        write_decision(&self.decision, out);
        if self.assumptions.is_empty() && self.is_certain() {
            out.push_str(",\"certain\":true,\"assumptions\":[],\"readings\":[");
        } else {
            out.push_str(if self.is_certain() { ",\"certain\":true" } else { ",\"certain\":false" });
            out.push_str(",\"assumptions\":[");
            write_list(self.assumptions.ids(), out, write_word);
            out.push_str("],\"readings\":[");
        }
        write_list(&self.readings, out, write_reading);
        out.push_str("],\"provider\":");
        write_option(self.provider, out);
        out.push_str(",\"signature\":\"");
        out.push_str(self.signature.id());
        out.push_str("\"}");
    }
}

/// The members that a decision has wherever it is shown.
fn write_decision(decision: &Decision<'_>, out: &mut String) {
    match &decision.outcome {
        Outcome::Assume { role, source } => {
            out.push_str("\"decision\":\"assume\",\"role\":");
            write_string(role, out);
            out.push_str(",\"source\":\"");
            out.push_str(source.id());
            write_rule(*source, out);
            out.push_str(",\"deny\":null,\"tags\":{");
        }
        Outcome::Deny(denial) => {
            out.push_str("\"decision\":\"deny\",\"role\":null,\"source\":null,\"rule\":null,\"deny\":");
            write_denial(denial, out);
            out.push_str(",\"tags\":{");
        }
    }
    write_list(&decision.tags, out, |(key, value), out| {
        write_string(key, out);
        out.push(':');
        write_string(value, out);
    });
    out.push('}');
}

fn write_rule(source: Source, out: &mut String) {
    out.push_str("\",\"rule\":");
    match source.rule() {
        Some(rule) if rule < 100 => {
            // Hardly a mapping has more than 25.
            let digit = |n: usize| char::from_digit(u32::try_from(n).unwrap_or_default(), 10).unwrap_or('0');
            if rule >= 10 {
                out.push(digit(rule / 10));
            }
            out.push(digit(rule % 10));
        }
        Some(rule) => out.push_str(&rule.to_string()),
        None => out.push_str("null"),
    }
}

fn write_denial(denial: &Denial<'_>, out: &mut String) {
    out.push_str("{\"reason\":");
    write_word(denial.reason(), out);
    out.push_str(",\"error\":");
    write_word(denial.error(), out);
    out.push_str(",\"message\":");
    write_option(denial.message().as_deref(), out);
    out.push('}');
}

fn write_reading(reading: &Reading<'_>, out: &mut String) {
    out.push_str("{\"assume\":{");
    write_list(&reading.assume, out, |choice, out| {
        write_word(choice.question().id(), out);
        out.push(':');
        write_word(choice.id(), out);
    });
    out.push_str("},");
    write_decision(&reading.decision, out);
    out.push('}');
}

fn write_option(text: Option<&str>, out: &mut String) {
    match text {
        Some(text) => write_string(text, out),
        None => out.push_str("null"),
    }
}

/// A word of ours, which has nothing to escape.
fn write_word(word: &str, out: &mut String) {
    out.push('"');
    out.push_str(word);
    out.push('"');
}

fn write_list<T>(items: impl IntoIterator<Item = T>, out: &mut String, write: impl Fn(T, &mut String)) {
    for (n, item) in items.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        write(item, out);
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use super::*;
    use crate::decision::{InvalidToken, RejectedTag, Signature, TagFault};
    use crate::semantics::{ArrayClaims, Question, SoleRole};

    #[test]
    fn it_is_what_serde_json_writes() {
        let odd = "r\"\\/\u{0}\u{8}\u{c}\n\r\t\u{1f} é\u{7f}\u{1f600}";
        let assume = |role, source| Decision {
            outcome: Outcome::Assume { role, source },
            tags: BTreeMap::from([("client", Cow::Borrowed(odd)), (odd, Cow::Borrowed(""))]),
        };
        let tag = RejectedTag { key: "k", claim: "c", fault: TagFault::TooLong };
        let denials = [
            Denial::GuestsNotAllowed,
            Denial::RoleResolutionDenied,
            Denial::CustomRoleNotAllowed,
            Denial::RoleNotConfigured,
            Denial::InvalidToken(InvalidToken::WrongIssuer),
            Denial::InvalidToken(InvalidToken::Expired { exp: -1, now: 7 }),
            Denial::InvalidToken(InvalidToken::NotVerified(odd.to_owned())),
            Denial::TagsRejected(tag),
            Denial::LoginsDisagree,
        ];
        let sources =
            [Source::Rule(1), Source::Rule(25), Source::Rule(100), Source::CustomRole(None), Source::SamlRole];
        let decisions = sources.map(|source| assume(odd, source)).into_iter().chain(denials.map(Decision::deny));
        for decision in decisions {
            let reading = |assume: Vec<_>| Reading { assume, decision: decision.clone() };
            let several = vec![reading(vec![]), reading(vec![ArrayClaims::JsonText.into(), SoleRole::UseIt.into()])];
            for (readings, signature) in [(Vec::new(), Signature::Unchecked), (several, Signature::Verified)] {
                for (questions, provider) in [(&[][..], None), (Question::ALL, Some(odd))] {
                    let assumptions = questions.iter().copied().collect();
                    let (decision, readings) = (decision.clone(), readings.clone());
                    let answer = Answer { decision, assumptions, readings, provider, signature };
                    let mut out = String::from("before ");
                    answer.write_json(&mut out);
                    assert_eq!(out, format!("before {}", serde_json::to_string(&answer).unwrap()));
                }
            }
        }
    }
}
