//! `packshot serve`: the HTTP scoring API.

use serde_json::json;

use super::args;
use super::context::{Context, Done, note_line};
use crate::error::Result;
use crate::server;

pub(super) fn run(mut context: Context, args: args::Serve) -> Result<Done> {
    context.set("server.host", args.host);
    context.set("server.port", args.port);
    let (project, _log) = context.existing_project()?;
    server::run(&project, args.model.as_deref(), |address| note_line(&format!("listening on http://{address}")))?;
    Ok(Done::ok(json!({"stopped": true})))
}
