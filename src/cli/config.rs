//! `packshot config`: the configuration in force.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use crate::error::Result;

pub(super) fn run(context: &Context, command: &args::Config) -> Result<Done> {
    let args::Config::Show = command;
    let config = context.config()?;
    context.say(config.to_commented_toml()?.trim_end());
    Ok(Done::ok(json!({"file": context.root().join(crate::config::FILE_NAME), "config": config})))
}
