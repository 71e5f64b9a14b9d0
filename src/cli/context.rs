//! What every command needs: global options, the project, stdout.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::args::{Global, ProgressStyle};
use crate::api::Project;
use crate::config::{self, Config, Preset};
use crate::error::{Error, Result};
use crate::logging::{self, LogGuard};

/// Their warnings are about the desktop's settings and the graphics card, which `packshot doctor` tells in words.
const WINDOW_CRATES: &[&str] = &["winit", "egui_wgpu", "egui_system_font_provider", "fontique"];

/// How a command ended.
#[derive(Debug)]
pub(super) struct Done {
    /// The summary printed with `--json`.
    pub(super) summary: Value,
    /// Some photos failed.
    pub(super) partial: bool,
}

impl Done {
    /// All went well.
    pub(super) fn ok(summary: Value) -> Self {
        Self { summary, partial: false }
    }
}

/// Refuses, before any work, files or folders that are not there: one error, whatever else was named.
pub(super) fn refuse_missing<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<()> {
    match paths.into_iter().find(|path| !path.as_ref().exists()) {
        Some(missing) => Err(Error::usage(format!("there is no file or folder {}", missing.as_ref().display()))),
        None => Ok(()),
    }
}

/// Global options, and the project they lead to.
pub(super) struct Context {
    global: Global,
    root: PathBuf,
}

impl Context {
    pub(super) fn new(global: Global) -> Result<Self> {
        let root = match &global.project {
            Some(root) => root.clone(),
            None => Project::default_root()?,
        };
        Ok(Self { global, root })
    }

    /// The project's folder.
    pub(super) fn root(&self) -> &std::path::Path {
        &self.root
    }

    /// The project's folder when one was named.
    #[cfg(feature = "gui")]
    pub(super) fn named_root(&self) -> Option<PathBuf> {
        self.global.project.clone()
    }

    pub(super) fn progress_style(&self) -> ProgressStyle {
        self.global.progress
    }

    /// Nothing but the JSON summary may go to stdout.
    pub(super) fn is_json(&self) -> bool {
        self.global.json
    }

    /// Adds `key=value` settings that a command's own flags stand for.
    pub(super) fn set(&mut self, key: &str, value: Option<impl std::fmt::Display>) {
        self.global.set.extend(value.map(|value| format!("{key}={value}")));
    }

    /// Refuses settings of a section, but for some: they would change nothing.
    pub(super) fn refuse_settings(&self, section: &str, but: &[&str], why: &str) -> Result<()> {
        let key = |flag: &String| flag.split('=').next().unwrap_or_default().trim().to_owned();
        let set = self.global.set.iter().map(key).find(|key| key.starts_with(section) && !but.contains(&key.as_str()));
        match set {
            Some(key) => {
                Err(Error::usage(format!("{key} cannot be set here: {why}")).hint("Leave it out, or start a new run."))
            }
            None => Ok(()),
        }
    }

    /// Puts the settings of a preset below everything that was set on the command line.
    pub(super) fn begin_with(&mut self, preset: Option<&Preset>) {
        let settings = preset.map_or(&[] as &[&str], |preset| preset.settings);
        self.global.set.splice(0..0, settings.iter().map(|setting| (*setting).to_owned()));
    }

    /// The configuration in force.
    pub(super) fn config(&self) -> Result<Config> {
        self.config_from(None)
    }

    /// The configuration in force, with `file` in place of the project's own.
    pub(super) fn config_from(&self, file: Option<&Path>) -> Result<Config> {
        let own = self.root.join(config::FILE_NAME);
        if let Some(missing) = file.filter(|file| !file.exists()) {
            return Err(Error::usage(format!("there is no configuration file {}", missing.display())));
        }
        let mut config = Config::load(file.unwrap_or(&own), std::env::vars(), &self.global.set)?;
        if let Some(level) = &self.global.log {
            level.clone_into(&mut config.log.console);
        }
        Ok(config)
    }

    /// Opens the project (made when there is none) and starts logging; keep the guard until the command ends.
    pub(super) fn project(&self) -> Result<(Project, LogGuard)> {
        self.project_with(self.config()?)
    }

    /// As [`Context::project`], for commands that need what is in it: a mistyped folder is refused, not made.
    pub(super) fn existing_project(&self) -> Result<(Project, LogGuard)> {
        self.refuse_unknown()?;
        self.project()
    }

    /// Refuses a folder named by `--project` that holds no project; the default project may be new.
    pub(super) fn refuse_unknown(&self) -> Result<()> {
        if self.global.project.is_none() || Project::is_in(&self.root) {
            return Ok(());
        }
        Err(Error::not_found(format!("there is no project in {}", self.root.display()))
            .hint("Check --project, or make one there with `packshot open` or `packshot label import`."))
    }

    /// As [`Context::project`], with a configuration of the caller's.
    pub(super) fn project_with(&self, config: Config) -> Result<(Project, LogGuard)> {
        let project = Project::open(&self.root, config)?;
        let guard = logging::start(&project.config.log, Some(&project.logs()), WINDOW_CRATES)?;
        Ok((project, guard))
    }

    /// Prints a line for people; silent with `--json`.
    pub(super) fn say(&self, text: &str) {
        if !self.is_json() {
            print_line(text);
        }
    }
}

/// Prints a line on stderr; who closed it (`2>&1 | head`) does not want to know, and the work goes on.
pub(super) fn note_line(text: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints a line on stdout; a closed pipe (`| head`) is no failure of ours.
pub(super) fn print_line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _closed = writeln!(out, "{text}").and_then(|()| out.flush());
}
