//! The one error type of the library: a code for machines, a summary and details for people.
//!
//! Front ends match [`Code`], never text. Must not know any other module.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// What kind of failure this is; front ends and scripts act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request itself is wrong: an unknown option, a missing argument, a refused overwrite.
    Usage,
    /// A file or value the user gave cannot be read as what it should be.
    BadData,
    /// A photo or file holds more pixels or bytes than the configuration takes in.
    TooLarge,
    /// Something named does not exist (a run, a model, a folder).
    NotFound,
    /// The operating system refused: permissions, disk full, a vanished file.
    Io,
    /// The project database failed.
    Store,
    /// The project was written by a newer Packshot.
    StoreNewer,
    /// Another process holds what is needed; trying again can help.
    Busy,
    /// No usable compute device, or the device failed.
    Device,
    /// The person or a signal asked to stop.
    Cancelled,
    /// A defect in Packshot (a caught panic, a broken invariant).
    Internal,
}

impl Code {
    /// The process exit status for this code (sysexits where one fits).
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::BadData | Self::TooLarge => 65,
            Self::Busy => 75,
            Self::NotFound
            | Self::Io
            | Self::Store
            | Self::StoreNewer
            | Self::Device
            | Self::Cancelled
            | Self::Internal => 1,
        }
    }

    /// The stable name used in `--json` output and HTTP bodies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::BadData => "bad_data",
            Self::TooLarge => "too_large",
            Self::NotFound => "not_found",
            Self::Io => "io",
            Self::Store => "store",
            Self::StoreNewer => "store_newer",
            Self::Busy => "busy",
            Self::Device => "device",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}

type Source = Arc<dyn std::error::Error + Send + Sync + 'static>;

/// A failure: what happened (`summary`), what to do or know (`details`) and the cause underneath.
#[derive(Debug, Clone)]
pub struct Error {
    /// The machine-readable kind.
    pub code: Code,
    /// One sentence: what happened, naming the file or thing.
    pub summary: String,
    /// What to do about it, or more facts; folded out in the window.
    pub details: Option<String>,
    source: Option<Source>,
}

/// Result with the library's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with a code and a one-sentence summary.
    pub fn new(code: Code, summary: impl Into<String>) -> Self {
        Self { code, summary: summary.into(), details: None, source: None }
    }

    /// [`Code::Usage`].
    pub fn usage(summary: impl Into<String>) -> Self {
        Self::new(Code::Usage, summary)
    }

    /// [`Code::BadData`].
    pub fn bad_data(summary: impl Into<String>) -> Self {
        Self::new(Code::BadData, summary)
    }

    /// [`Code::NotFound`].
    pub fn not_found(summary: impl Into<String>) -> Self {
        Self::new(Code::NotFound, summary)
    }

    /// [`Code::Internal`].
    pub fn internal(summary: impl Into<String>) -> Self {
        Self::new(Code::Internal, summary)
    }

    /// An I/O failure that names the path and what was being done to it ("read", "write", …).
    pub fn io(action: &str, path: &Path, source: std::io::Error) -> Self {
        let code = match source.kind() {
            std::io::ErrorKind::NotFound => Code::NotFound,
            _ => Code::Io,
        };
        Self::new(code, format!("cannot {action} {}", path.display())).caused_by(source)
    }

    /// Adds what to do or know.
    #[must_use]
    pub fn hint(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Adds the cause underneath.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The summary with every cause appended, on one line.
    pub fn chain(&self) -> String {
        let mut text = self.summary.clone();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let cause_text = cause.to_string();
            if !text.ends_with(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            next = cause.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { f.write_str(&self.chain()) } else { f.write_str(&self.summary) }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_error_names_the_path_and_chains_its_cause() {
        let error = Error::io("read", Path::new("a/b.jpg"), std::io::Error::other("disk on fire"));
        assert_eq!(error.code, Code::Io);
        assert_eq!(format!("{error:#}"), "cannot read a/b.jpg: disk on fire");
    }

    #[test]
    fn exit_statuses_follow_the_contract() {
        assert_eq!(Code::Usage.exit_status(), 2);
        assert_eq!(Code::BadData.exit_status(), 65);
        assert_eq!(Code::Busy.exit_status(), 75);
        assert_eq!(Code::Internal.exit_status(), 1);
    }
}
