//! What every page we write has in common: its shell, cards of photos, the list of what could not be read.
//!
//! No script, no external resource; every text is escaped by the template.

use std::path::Path;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::base64;
use crate::error::Result;
use crate::files::write_atomically;

const STYLE: &str = include_str!("page.css");

/// A whole page.
pub(super) fn shell(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content="Packshot";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
}

/// Writes a page.
///
/// # Errors
/// [`crate::error::Code::Usage`] for a refused overwrite; else when the file cannot be written.
pub(super) fn write(path: &Path, page: Markup, overwrite: bool) -> Result<()> {
    let text = page.into_string();
    write_atomically(path, overwrite, |out| out.write_all(text.as_bytes()))
}

/// A photo with its thumbnail (a JPEG), what stands above its name, and words below it.
pub(super) fn card(path: &Path, thumb: Option<Vec<u8>>, above: &Markup, below: &Markup) -> Markup {
    let full = path.to_string_lossy();
    let name = path.file_name().map_or(full.clone(), |name| name.to_string_lossy());
    html! {
        li {
            @if let Some(jpeg) = thumb {
                img src={ "data:image/jpeg;base64," (base64::encode(&jpeg)) } alt={ "Photo " (name) };
            } @else {
                div class="none" { "no preview" }
            }
            div class="words" {
                (above)
                p class="file" title=(full) { (name) }
                (below)
            }
        }
    }
}

/// Photos and why nothing is known of them.
pub(super) fn failures<'a>(title: &str, rows: impl Iterator<Item = (&'a Path, &'a str)>) -> Markup {
    html! {
        section {
            h2 { (title) }
            div class="table" {
                table {
                    thead { tr { th scope="col" { "Photo" } th scope="col" { "Reason" } } }
                    tbody {
                        @for (path, reason) in rows {
                            tr {
                                th scope="row" { (path.to_string_lossy()) }
                                td { (reason) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn day_and_time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|time| time.strftime("%-d %B %Y, %H:%M UTC").to_string())
        .unwrap_or_default()
}

/// A moment for machines, in UTC.
pub(super) fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default()
}

pub(super) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    groups.join(",")
}
