//! The one tracing set-up: readable lines on the console, JSON lines in the project's rotating log.
//!
//! Paths and file names are logged; nothing about people is. Knows only [`crate::config`] and [`crate::error`].

use std::io::IsTerminal as _;
use std::path::Path;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::config::LogConfig;
use crate::error::{Error, Result};

/// Keeps the log file's writer alive; dropping it flushes what is left.
#[must_use]
pub struct LogGuard {
    _writer: Option<tracing_appender::non_blocking::WorkerGuard>,
}

/// Starts logging for this process; a second call in the same process changes nothing.
///
/// `folder` is the project's `logs` folder; without it only the console is used. A folder that cannot be written
/// (a full disk, a read-only mount) costs the file log, never the command. Of the `hushed` crates only errors are told, as
/// long as the level is one word: the levels of single crates are the person's own.
///
/// # Errors
/// [`crate::error::Code::BadData`] when a level in the configuration is not a tracing filter.
pub fn start(config: &LogConfig, folder: Option<&Path>, hushed: &[&str]) -> Result<LogGuard> {
    let console = fmt::layer()
        .with_writer(std::io::stderr)
        // Colours are for terminals: a file would keep their codes.
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .compact()
        .with_filter(filter("log.console", &config.console, hushed)?);
    let file_filter = filter("log.file", &config.file, hushed)?;
    let appender = folder.and_then(|folder| {
        tracing_appender::rolling::Builder::new()
            .rotation(tracing_appender::rolling::Rotation::DAILY)
            .filename_prefix("packshot")
            .filename_suffix("jsonl")
            .max_log_files(config.keep.max(1))
            .build(folder)
            .ok()
    });
    let (file, guard) = match appender {
        Some(appender) => {
            let (writer, guard) = tracing_appender::non_blocking(appender);
            (Some(fmt::layer().json().with_writer(writer).with_filter(file_filter)), Some(guard))
        }
        None => (None, None),
    };
    // A second start in one process (tests) keeps the first subscriber.
    let _already_set = tracing_subscriber::registry().with(console).with(file).try_init();
    Ok(LogGuard { _writer: guard })
}

fn filter(setting: &str, text: &str, hushed: &[&str]) -> Result<EnvFilter> {
    let hushed: String = hushed.iter().map(|name| format!(",{name}=error")).collect();
    // What it says of drivers that are tried in vain is an error to nobody.
    let hushed = format!("{hushed},wgpu_hal::gles=off");
    // The graphics crates are chatty at info; their warnings stay.
    let quiet = "wgpu_core=warn,wgpu_hal=warn,naga=warn,cubecl=warn,burn=warn,zbus=warn";
    let wrong = || {
        Error::bad_data(format!("{setting} = {text:?} is not a log level"))
            .hint("Use error, warn, info, debug, trace, or a filter such as \"packshot=debug\".")
    };
    // A word alone would be taken for the name of a crate.
    if !text.contains('=') && text.parse::<LevelFilter>().is_err() {
        return Err(wrong());
    }
    let quieter = match text {
        "error" | "off" => text.to_owned(),
        "warn" => format!("warn{hushed}"),
        text if text.contains('=') => text.to_owned(),
        text => format!("{text},{quiet}{hushed}"),
    };
    EnvFilter::try_new(&quieter).map_err(|error| wrong().caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_filters_are_taken_and_other_words_refused() {
        for text in ["off", "error", "warn", "info", "debug", "trace", "packshot=debug", "warn,packshot=debug"] {
            assert!(filter("log.console", text, &["winit"]).is_ok(), "{text}");
        }
        for text in ["loud", "warning", "packshot=loud"] {
            let error = filter("log.console", text, &[]).expect_err(text);
            assert!(error.summary.contains("is not a log level"), "{text}: {error}");
        }
    }
}
