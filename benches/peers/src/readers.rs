//! Ways to read lines of claims and decide them. Where a name is given twice, the last one counts.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use serde::de::DeserializeSeed;
use simd_json::prelude::*;
use whichrole::{ClaimsScanner, Evaluator, IdentityPool, Request, RoleMappingType, Semantics, Source, TokenLimits};

use crate::lines;
use crate::rules::{Rules, Slot};
use crate::scan::{PADDING, Scanner};
use crate::seed::ClaimSlots;

/// The readers of claims objects, by name.
pub const OBJECTS: [&str; 7] =
    ["reading alone", "by hand", "sonic-rs", "serde_json", "simd-json", "serde_json Value", "whichrole, library"];
/// The readers of compact JWTs.
pub const TOKENS: [&str; 3] = ["base64, by hand", "base64-simd, by hand", "whichrole, library"];

/// Decides every line of a file, and writes a role a line: nothing for the denied, `error` for what is no JSON object.
///
/// # Errors
/// What cannot be read or written.
///
/// # Panics
/// For a reader there is not, and a pool without rules.
pub fn run(reader: &str, path: &Path, pool: &IdentityPool, out: &mut impl Write) -> io::Result<()> {
    let rules = &rules_of(pool);
    let mut buffer = Vec::with_capacity(64 * 1024);
    let mut failed = Ok(());
    let mut role = |number: Option<usize>| {
        buffer.extend_from_slice(number.map_or("error", |number| rules.role(number)).as_bytes());
        buffer.push(b'\n');
        if buffer.len() > 60 * 1024 && failed.is_ok() {
            failed = out.write_all(&buffer);
            buffer.clear();
        }
    };
    let seed = ClaimSlots(rules);
    match reader {
        "reading alone" => {
            let mut lines = 0_u64;
            lines::for_each(path, |_, _, _| lines += 1)?;
            return writeln!(out, "{lines}");
        }
        "by hand" => {
            let mut scanner = Scanner::new(rules);
            lines::for_each(path, |buffer, start, end| role(scanner.decide(buffer, start, end)))?;
        }
        "sonic-rs" => lines::for_each(path, |buffer, start, end| {
            let mut deserializer = sonic_rs::Deserializer::from_slice(&buffer[start..end]);
            let slots = seed.deserialize(&mut deserializer).ok();
            role(slots.filter(|_| deserializer.end().is_ok()).map(|slots| rules.decide(&slots)));
        })?,
        "serde_json" => lines::for_each(path, |buffer, start, end| {
            role(simdutf8::basic::from_utf8(&buffer[start..end]).ok().and_then(|text| {
                let mut deserializer = serde_json::Deserializer::from_str(text);
                let slots = seed.deserialize(&mut deserializer).ok()?;
                deserializer.end().ok()?;
                Some(rules.decide(&slots))
            }));
        })?,
        "simd-json" => {
            let mut buffers = simd_json::Buffers::new(4096);
            let mut kept = Some(simd_json::Tape::null());
            lines::for_each(path, |buffer, start, end| {
                let mut tape = kept.take().unwrap_or_else(simd_json::Tape::null).reset();
                let padded = &mut buffer[start..end + PADDING];
                let read = simd_json::fill_tape_padded(padded, end - start, &mut buffers, &mut tape);
                role(read.ok().and_then(|()| of_tape(&tape, rules)));
                kept = Some(tape.reset());
            })?;
        }
        "serde_json Value" => lines::for_each(path, |buffer, start, end| {
            let value = serde_json::from_slice::<serde_json::Value>(&buffer[start..end]).ok();
            role(value.filter(serde_json::Value::is_object).map(|value| of_value(&value, rules)));
        })?,
        "whichrole, library" => {
            let evaluator = Evaluator::new(pool.clone(), Semantics::default());
            let mut scanner = ClaimsScanner::new([&evaluator], TokenLimits::default());
            lines::for_each(path, |buffer, start, end| {
                role(simdutf8::basic::from_utf8(&buffer[start..end]).ok().and_then(|line| {
                    let token = scanner.read(line).ok()?;
                    let logins = [evaluator.login_of(None, &token).ok()?];
                    Some(evaluator.evaluate(&Request::of(&logins)).source().and_then(Source::rule).unwrap_or(0))
                }));
            })?;
        }
        "base64, by hand" => {
            let engine = base64::prelude::BASE64_URL_SAFE_NO_PAD;
            decode(path, rules, role, |from, to| engine.decode_slice(from, to).ok())?;
        }
        "base64-simd, by hand" => decode(path, rules, role, |from, to| {
            let to = base64_simd::Out::from_slice(to);
            base64_simd::URL_SAFE_NO_PAD.decode(from, to).ok().map(|decoded| decoded.len())
        })?,
        other => panic!("there is no reader `{other}`"),
    }
    failed?;
    out.write_all(&buffer)
}

/// The rules of the first mapping of a pool.
fn rules_of(pool: &IdentityPool) -> Rules {
    match pool.role_mappings.values().next().map(|mapping| &mapping.mapping_type) {
        Some(RoleMappingType::Rules(rules)) => Rules::new(rules),
        _ => panic!("a mapping with rules is needed"),
    }
}

/// The second part of each token, decoded, through the scanner. Neither header nor signature is looked at.
fn decode(
    path: &Path,
    rules: &Rules,
    mut role: impl FnMut(Option<usize>),
    decode: impl Fn(&[u8], &mut [u8]) -> Option<usize>,
) -> io::Result<()> {
    let mut scanner = Scanner::new(rules);
    let mut claims = vec![0; 1024];
    lines::for_each(path, |buffer, start, end| {
        role((|| {
            let token = &buffer[start..end];
            let first = memchr::memchr(b'.', token)? + 1;
            let second = first + memchr::memchr(b'.', &token[first..])?;
            claims.resize(claims.len().max(PADDING + token.len() + PADDING), 0);
            let room = claims.len() - PADDING;
            let length = decode(&token[first..second], &mut claims[PADDING..room])?;
            claims[PADDING + length] = b'\n';
            scanner.decide(&claims, PADDING, PADDING + length)
        })());
    })
}

fn of_tape(tape: &simd_json::Tape<'_>, rules: &Rules) -> Option<usize> {
    let object = tape.as_value().as_object()?;
    let mut slots = vec![Slot::Absent; rules.claims.len()];
    for (name, value) in &object {
        let Some(slot) = rules.claims.iter().position(|claim| claim == name) else { continue };
        slots[slot] = if let Some(text) = value.into_string() {
            Slot::Text(Cow::Borrowed(text))
        } else if let Some(elements) = value.as_array() {
            Slot::Texts(elements.iter().filter_map(|element| element.into_string().map(Cow::Borrowed)).collect())
        } else if let Some(number) = value.as_u64() {
            Slot::Text(Cow::Owned(number.to_string()))
        } else if let Some(number) = value.as_f64() {
            Slot::Text(Cow::Owned(number.to_string()))
        } else if let Some(truth) = value.as_bool() {
            Slot::Text(Cow::Borrowed(if truth { "true" } else { "false" }))
        } else {
            Slot::Absent
        };
    }
    Some(rules.decide(&slots))
}

fn of_value(value: &serde_json::Value, rules: &Rules) -> usize {
    use serde_json::Value;
    let slot = |claim: &String| match value.get(claim) {
        Some(Value::String(text)) => Slot::Text(Cow::Borrowed(text)),
        Some(Value::Array(elements)) => {
            Slot::Texts(elements.iter().filter_map(Value::as_str).map(Cow::Borrowed).collect())
        }
        Some(Value::Bool(value)) => Slot::Text(Cow::Owned(value.to_string())),
        Some(Value::Number(value)) => Slot::Text(Cow::Owned(value.to_string())),
        _ => Slot::Absent,
    };
    rules.decide(&rules.claims.iter().map(slot).collect::<Vec<_>>())
}
