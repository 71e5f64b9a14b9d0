//! `packshot duplicates`: groups of photos that are there more than once.

use serde_json::json;

use super::args;
use super::context::{Context, Done, refuse_missing};
use super::open::show_failed;
use super::watch::{finish, wake};
use crate::api::{self, DuplicateGroup, DuplicatesRequest, DuplicatesSummary};
use crate::error::Result;

pub(super) fn run(context: &Context, args: args::Duplicates) -> Result<Done> {
    refuse_missing(&args.paths)?;
    if let Some(file) = &args.output {
        api::check_duplicates_file(file, args.overwrite)?;
    }
    let (project, _log) = context.project()?;
    let request = DuplicatesRequest { paths: args.paths, exact_only: args.exact };
    let handle = api::start_duplicates(&project, request, wake())?;
    let summary = finish(context, handle, "Run the same command again: what was looked at is kept.")?;
    for group in &summary.groups {
        context.say(&describe_group(group));
    }
    context.say(&describe(&summary));
    if let Some(file) = &args.output {
        api::export_duplicates(&summary.groups, file, args.overwrite)?;
        context.say(&format!("written to  {}", file.display()));
    }
    show_failed(context, &summary.failed, summary.failed.len() as u64);
    let partial = !summary.failed.is_empty();
    let mut body = json!(summary);
    body["file"] = json!(args.output);
    Ok(Done { summary: body, partial })
}

/// The best photo, why it is, and the others with their similarity.
fn describe_group(group: &DuplicateGroup) -> String {
    let mut lines = Vec::new();
    for (place, photo) in group.photos.iter().enumerate() {
        let path = photo.path.display();
        lines.push(match (place, group.exact) {
            (0, _) => format!("best  {path}\n      {}", group.reason),
            (_, true) => format!("same  {path}"),
            (_, false) => format!("{:.2}  {path}  {}×{}", 1.0 - photo.distance_to_best, photo.width, photo.height),
        });
    }
    lines.join("\n") + "\n"
}

fn describe(summary: &DuplicatesSummary) -> String {
    let groups = summary.groups.len();
    let exact = summary.groups.iter().filter(|group| group.exact).count();
    let spare: usize = summary.groups.iter().map(|group| group.photos.len() - 1).sum();
    let known = if summary.reused > 0 { format!(", {} known already", summary.reused) } else { String::new() };
    let crowded = if summary.crowded > 0 {
        format!("\nincomplete  {} photos resemble too many others to compare every pair", summary.crowded)
    } else {
        String::new()
    };
    format!(
        "photos      {}{known}\ngroups      {groups}: {exact} of the same file, {} of the same picture\nto spare    {spare} photos{crowded}",
        summary.photos,
        groups - exact
    )
}
