//! `whichrole show`: what was read, as canonical API JSON.

use whichrole::read::canonical;

use crate::args::ConfigArgs;
use crate::failure::{Exit, Result};
use crate::input::Loaded;
use crate::json::json;
use crate::output::Output;

pub fn run(config: &ConfigArgs, output: &mut Output) -> Result<Exit> {
    let loaded = Loaded::read(config)?;
    // A value that is not known is what `show` is for; anything else leaves nothing to show.
    let faults: Vec<_> =
        loaded.configuration.problems.iter().filter(|problem| problem.code != "unresolved-value").cloned().collect();
    if !faults.is_empty() {
        return Err(loaded.failure(&faults));
    }
    if config.pool.is_some() {
        let definition =
            loaded.configuration.choose(config.pool.as_deref()).map_err(|error| loaded.failure(&error.problems))?;
        output.document(json(&canonical(&loaded.configuration, std::slice::from_ref(definition)))?);
    } else {
        output.document(json(&canonical(&loaded.configuration, &loaded.configuration.definitions))?);
    }
    Ok(Exit::Yes)
}
