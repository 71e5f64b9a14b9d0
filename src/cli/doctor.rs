//! `packshot doctor`: is everything there and sound?

use serde_json::json;

use super::context::{Context, Done};
use crate::api::{self, Finding};
use crate::error::{Code, Error, Result};

pub(super) fn run(context: &Context) -> Result<Done> {
    let findings = api::examine(context.root(), context.config());
    let width = findings.iter().map(|finding| finding.topic.len()).max().unwrap_or(0);
    for finding in &findings {
        let mark = if finding.healthy { "ok " } else { "BAD" };
        context.say(&format!("{mark}  {:<width$}  {}", finding.topic, finding.text));
    }
    let bad: Vec<&Finding> = findings.iter().filter(|finding| !finding.healthy).collect();
    match bad.first() {
        None => Ok(Done::ok(json!({"healthy": true, "findings": findings}))),
        Some(first) => Err(Error::new(Code::Store, format!("{} of {} checks failed", bad.len(), findings.len()))
            .hint(format!("{}: {}", first.topic, first.text))),
    }
}
