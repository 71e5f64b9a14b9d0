//! `packshot serve`: the HTTP scoring API.

use serde_json::json;

use super::args;
use super::context::{Context, Done};
use crate::error::Result;
use crate::server;

pub(super) fn run(mut context: Context, args: args::Serve) -> Result<Done> {
    context.set("server.host", args.host);
    context.set("server.port", args.port);
    let (project, _log) = context.project()?;
    server::run(&project, args.model.as_deref(), |address| eprintln!("listening on http://{address}"))?;
    Ok(Done::ok(json!({"stopped": true})))
}
