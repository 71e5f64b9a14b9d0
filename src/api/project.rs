//! A project: a folder with the database, models, cache and reports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::files::absolute;
use crate::imaging::ThumbCache;
use crate::store::Store;

/// Packshot's version and the build variant that can change low bits of a result.
pub const CODE_VERSION: &str = if cfg!(debug_assertions) {
    concat!(env!("CARGO_PKG_VERSION"), "+dev")
} else {
    concat!(env!("CARGO_PKG_VERSION"), "+release")
};

/// Thumbnails kept on disk a project, in bytes.
const THUMB_CACHE_BYTES: u64 = 2 << 30;

/// An open project; cheap to clone and to send to a worker, which opens its own [`Store`].
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
    thumbs: Arc<ThumbCache>,
    /// The configuration in force.
    pub config: Config,
}

impl Project {
    /// Opens the project in `root`, creating its folders and database when there is none.
    ///
    /// # Errors
    /// When the folder cannot be made, the configuration is wrong, or the database is refused.
    pub fn open(root: &Path, config: Config) -> Result<Self> {
        let root = absolute(root).unwrap_or_else(|_| root.to_owned());
        let thumbs = Arc::new(ThumbCache::new(root.join("cache/thumbs"), THUMB_CACHE_BYTES));
        let project = Self { root, thumbs, config };
        for folder in [project.root.clone(), project.models(), project.cache(), project.reports(), project.logs()] {
            std::fs::create_dir_all(&folder).map_err(|error| Error::io("create the folder", &folder, error))?;
        }
        project.store()?;
        Ok(project)
    }

    /// Whether `root` holds a project.
    pub fn is_in(root: &Path) -> bool {
        root.join(crate::store::FILE_NAME).is_file()
    }

    /// The default project: `default` in the user's data folder.
    ///
    /// # Errors
    /// [`crate::error::Code::Usage`] when the platform names no data folder.
    pub fn default_root() -> Result<PathBuf> {
        directories::ProjectDirs::from("", "", "packshot")
            .map(|dirs| dirs.data_dir().join("default"))
            .ok_or_else(|| Error::usage("there is no home folder for a default project; name one with --project"))
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Checkpoints and models, one folder a run.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// Thumbnails and features; may be deleted at any time.
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// Thumbnails on disk.
    pub(super) fn thumbs(&self) -> &ThumbCache {
        &self.thumbs
    }

    /// Reports.
    pub fn reports(&self) -> PathBuf {
        self.root.join("reports")
    }

    /// Log files.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// A database connection of the caller's own.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn store(&self) -> Result<Store> {
        Store::open(&self.root)
    }
}
