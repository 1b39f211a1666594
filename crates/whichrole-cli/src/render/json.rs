//! The JSON of a run of suites. It is put together case by case, and looks as if it had been serialized as a whole.

use serde::Serialize;

use crate::failure::Result;
use crate::json::json;
use crate::pieces::Pieces;
use crate::render::suite::{Entry, Run, SuiteReport, Summary};

/// The `schema` member.
const SCHEMA: &str = "whichrole/test/v1";

/// The document.
pub fn run(run: Run) -> Result<Pieces> {
    #[derive(Serialize)]
    struct Head {
        schema: &'static str,
        summary: Summary,
    }
    let head = json(&Head { schema: SCHEMA, summary: run.summary })?;
    let mut out = Pieces::from(format!("{},\n  \"suites\": [", without_end(&head)));
    out.append(run.written);
    out.push("\n  ]\n}");
    Ok(out)
}

/// Adds a suite whose cases are written.
pub fn add_suite(suite: SuiteReport, out: &mut Pieces) -> Result<()> {
    let comma = if out.bytes() == 0 { "" } else { "," };
    out.push(&format!("{comma}\n    {{\n      \"file\": {},\n      \"cases\": [", json(&suite.file)?));
    let (rest, any) = (json(&suite)?, suite.listed.entries > 0);
    out.append(suite.written);
    out.push(if any { "\n      ]" } else { "]" });
    // What comes after the cases, if anything does.
    if let Some(rest) = rest.strip_prefix("{\n") {
        out.push(&format!(",\n    {}", indented(without_end(rest), 4)));
    }
    out.push("\n    }");
    Ok(())
}

/// Writes a case of a suite.
pub fn add_case(suite: &mut SuiteReport, entry: &Entry) -> Result<()> {
    let comma = if suite.listed.entries == 1 { "" } else { "," };
    let entry = indented(&json(entry)?, 8);
    suite.written.push(&format!("{comma}\n        {entry}"));
    Ok(())
}

/// An object without its last line.
fn without_end(object: &str) -> &str {
    object.strip_suffix("\n}").unwrap_or(object)
}

/// Every line but the first further to the right. Line ends inside strings are escaped.
fn indented(json: &str, by: usize) -> String {
    json.replace('\n', &format!("\n{}", " ".repeat(by)))
}
