//! `packshot open`: indexes folders.

use std::path::PathBuf;

use serde_json::json;

use super::context::{Context, Done, refuse_missing};
use super::watch::{finish, wake};
use crate::api::{self, FailedPhoto, OpenSummary};
use crate::error::Result;

/// Failed photos shown to people; the JSON summary and the log hold all.
const SHOWN: usize = 10;

pub(super) fn run(context: &Context, folders: Vec<PathBuf>) -> Result<Done> {
    refuse_missing(&folders)?;
    let (project, _log) = context.project()?;
    let handle = api::open_folders(&project, folders, wake())?;
    let summary = finish(context, handle, "Run the same command again: what was indexed is kept.")?;
    context.say(&describe(&summary));
    show_failed(context, &summary.failed, summary.failed.len() as u64);
    let partial = !summary.failed.is_empty();
    Ok(Done { summary: json!(summary), partial })
}

fn describe(summary: &OpenSummary) -> String {
    let counts = [
        (summary.added, "new"),
        (summary.changed, "changed"),
        (summary.moved, "moved"),
        (summary.unchanged, "as before"),
        (summary.missing, "missing"),
    ];
    let counts: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let rest = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    format!("{} photos{rest}", summary.found)
}

/// Lists photos that could not be used, the first ones by name.
pub(super) fn show_failed(context: &Context, failed: &[FailedPhoto], count: u64) {
    if count == 0 {
        return;
    }
    context.say(&format!("{count} could not be used:"));
    for photo in failed.iter().take(SHOWN) {
        context.say(&format!("  {}", photo.text()));
    }
    if failed.len() > SHOWN {
        context.say(&format!("  … and {} more; --json lists all", failed.len() - SHOWN));
    }
}
