//! `packshot serve`: the HTTP scoring API.

use serde_json::json;

use super::args;
use super::context::{Context, Done, note_line};
use crate::error::Result;
use crate::server;

pub(super) fn run(mut context: Context, args: args::Serve) -> Result<Done> {
    if let Some(name) = &args.make_key {
        return make_key(&context, name);
    }
    context.set("server.host", args.host);
    context.set("server.port", args.port);
    context.set("server.workers", args.workers);
    context.set("server.tls_certificate", args.tls_certificate.map(|file| file.display().to_string()));
    context.set("server.tls_key", args.tls_key.map(|file| file.display().to_string()));
    context.set("score.attributes", args.scores_only.then_some(false));
    let (project, _log) = context.existing_project()?;
    server::run(&project, args.model.as_deref(), |url| note_line(&format!("listening on {url}")))?;
    Ok(Done::ok(json!({"stopped": true})))
}

fn make_key(context: &Context, name: &str) -> Result<Done> {
    let (key, line) = server::make_key(name)?;
    context.say(&format!(
        "key          {key}\nserver.keys  \"{line}\"\n\nThe key is shown this once; give it to {name}. The line goes into packshot.toml:\n\n[server]\nkeys = [\"{line}\"]"
    ));
    Ok(Done::ok(json!({"name": name, "key": key, "line": line})))
}
