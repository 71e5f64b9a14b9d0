//! Rule packs by name: those that ship with Packshot and a person's own.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::files::write_atomically;
use crate::rules::{Library, PackEntry, RulePack};

/// Where rule packs are looked for: the configured folder, else `rules` in the user's configuration folder.
pub fn rule_library(config: &Config) -> Library {
    let configured = Some(config.rules.folder.trim()).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let usual = || directories::ProjectDirs::from("", "", "packshot").map(|dirs| dirs.config_dir().join("rules"));
    Library { folder: configured.or_else(usual) }
}

/// Every rule pack in order of name; one that cannot be used is listed with its error.
pub fn list_rule_packs(config: &Config) -> Vec<PackEntry> {
    rule_library(config).list()
}

/// The rule pack of that name, or in that `.toml` file.
///
/// # Errors
/// [`crate::error::Code::NotFound`] listing the names there are; [`crate::error::Code::BadData`] naming file, line and
/// field of a broken pack.
pub fn find_rule_pack(config: &Config, name: &str) -> Result<RulePack> {
    rule_library(config).find(name)
}

/// Copies a rule pack to `file`, to be edited; into the folder of one's own packs when none is named, where it stands in
/// for the one it was copied from. Gives the file.
///
/// # Errors
/// When there is no such pack, the file exists and `overwrite` is not set, or it cannot be written.
pub fn copy_rule_pack(config: &Config, name: &str, file: Option<&Path>, overwrite: bool) -> Result<PathBuf> {
    let library = rule_library(config);
    let text = library.text(name)?;
    let file = match file {
        Some(file) => file.to_owned(),
        None => {
            let folder = library.folder.ok_or_else(|| {
                Error::usage("there is no configuration folder for your own rule packs").hint("Name a file with -o.")
            })?;
            std::fs::create_dir_all(&folder).map_err(|error| Error::io("create the folder", &folder, error))?;
            let name = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
            folder.join(format!("{name}.toml"))
        }
    };
    write_atomically(&file, overwrite, |out| out.write_all(text.as_bytes()))?;
    Ok(file)
}
