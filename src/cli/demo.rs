//! `packshot demo`: draws the demo catalogue.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use super::watch::{finish, wake};
use crate::api;
use crate::degrade::DemoConfig;
use crate::error::Result;

pub(super) fn run(context: &Context, args: &args::Demo) -> Result<Done> {
    let config = DemoConfig { seed: args.seed, skus: args.skus, shots: args.shots };
    let handle = api::draw_demo(&args.folder, config, wake())?;
    let tally = finish(context, handle, "Run the same command again to draw it from the start.")?;
    context.say(&format!("{} photos in {}", tally.photos, tally.folder.display()));
    context.say(&format!("labels in {}", tally.folder.join("labels.csv").display()));
    Ok(Done::ok(json!({"photos": tally.photos, "folder": tally.folder, "labels": tally.folder.join("labels.csv")})))
}
