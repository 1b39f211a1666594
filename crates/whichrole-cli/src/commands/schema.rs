//! `whichrole schema`: JSON Schemas of what is printed and read.

use crate::args::Schema;
use crate::failure::Exit;
use crate::output::Output;

pub fn run(which: Schema, output: &mut Output) -> Exit {
    let schema = match which {
        Schema::Eval => include_str!("../../schemas/eval.json"),
        Schema::Explain => include_str!("../../schemas/explain.json"),
        Schema::Suite => include_str!("../../schemas/suite.json"),
        Schema::Test => include_str!("../../schemas/test.json"),
        Schema::Lint => include_str!("../../schemas/lint.json"),
        Schema::Who => include_str!("../../schemas/who.json"),
        Schema::Diff => include_str!("../../schemas/diff.json"),
        Schema::Error => include_str!("../../schemas/error.json"),
    };
    output.line(schema.trim_end());
    Exit::Yes
}
