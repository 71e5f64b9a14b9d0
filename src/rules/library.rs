//! The packs there are: those that ship with Packshot, and a person's own in a folder, which go first.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::nearest::nearest;
use super::{RulePack, pack};
use crate::error::{Error, Result};

/// The packs that ship with Packshot, in order of name.
const BUILTIN: [(&str, &str); 8] = [
    ("amazon-main", include_str!("../../assets/rules/amazon-main.toml")),
    ("amazon-secondary", include_str!("../../assets/rules/amazon-secondary.toml")),
    ("ebay", include_str!("../../assets/rules/ebay.toml")),
    ("google-shopping", include_str!("../../assets/rules/google-shopping.toml")),
    ("house", include_str!("../../assets/rules/house.toml")),
    ("shopify", include_str!("../../assets/rules/shopify.toml")),
    ("walmart", include_str!("../../assets/rules/walmart.toml")),
    ("zalando", include_str!("../../assets/rules/zalando.toml")),
];

/// Where packs are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Library {
    /// The folder with a person's own packs (`*.toml`); it need not exist.
    pub folder: Option<PathBuf>,
}

/// Where a pack lies.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// It ships with Packshot.
    BuiltIn,
    /// A file.
    File(PathBuf),
}

/// One pack of the library, or one file that should be a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct PackEntry {
    /// Short name, as in `--rules NAME`; the file's name when the pack cannot be read.
    pub name: String,
    /// Name for people; empty when the pack cannot be read.
    pub title: String,
    /// The day it was checked against its source; nothing when the pack cannot be read.
    pub date: Option<Date>,
    /// How many rules it has.
    pub rules: usize,
    /// Where it lies.
    pub place: Place,
    /// It stands in for the pack of the same name that ships with Packshot.
    pub replaces_builtin: bool,
    /// Why it cannot be used.
    pub error: Option<String>,
}

/// A file of the folder: the name it answers to, and the pack or what is wrong with it.
struct Own {
    path: PathBuf,
    name: String,
    pack: Result<RulePack>,
}

impl Library {
    /// Every pack in order of name. One that cannot be used is listed with its error and hides no other.
    pub fn list(&self) -> Vec<PackEntry> {
        let (own, mut entries) = match self.own() {
            Ok(own) => (own, Vec::new()),
            Err(error) => (Vec::new(), self.folder.iter().map(|folder| unreadable(folder, &error)).collect()),
        };
        for (name, text) in BUILTIN {
            if !own.iter().any(|own| own.name == name) {
                entries.push(entry(name, Place::BuiltIn, &pack::parse(text, name), false));
            }
        }
        for own in &own {
            let is_builtin = BUILTIN.iter().any(|(name, _)| *name == own.name);
            entries.push(entry(&own.name, Place::File(own.path.clone()), &own.pack, is_builtin));
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    /// The pack of that name, or in that `.toml` file. A pack in the folder goes before one that ships with Packshot,
    /// also when it is broken: judging by other rules than the person's own would be worse than not judging.
    ///
    /// # Errors
    /// [`crate::error::Code::NotFound`] listing the names there are; [`crate::error::Code::BadData`] naming file, line
    /// and field of a broken pack.
    pub fn find(&self, name: &str) -> Result<RulePack> {
        if is_path(name) {
            return pack::load(Path::new(name));
        }
        let own = self.own()?;
        if let Some(found) = own.into_iter().find(|own| own.name == name) {
            return found.pack;
        }
        let (name, text) = self.builtin(name)?;
        pack::parse(text, &format!("{name}.toml"))
    }

    /// The text of that pack, as it lies there, to be read or copied.
    ///
    /// # Errors
    /// As [`Library::find`], but a broken pack is no error.
    pub fn text(&self, name: &str) -> Result<String> {
        if is_path(name) {
            return pack::read(Path::new(name));
        }
        match self.own()?.into_iter().find(|own| own.name == name) {
            Some(own) => pack::read(&own.path),
            None => self.builtin(name).map(|(_, text)| text.to_owned()),
        }
    }

    fn builtin(&self, name: &str) -> Result<(&'static str, &'static str)> {
        BUILTIN.iter().copied().find(|(known, _)| *known == name).ok_or_else(|| {
            let entries = self.list();
            let mut known: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
            known.dedup();
            let meant = nearest(name, known.iter().copied());
            let meant = meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            Error::not_found(format!("there is no rule pack named {name}{meant}"))
                .hint(format!("Known are {}, or the path of a .toml file.", known.join(", ")))
        })
    }

    /// The files of the folder in order of path; of two with one name, the second is in error.
    fn own(&self) -> Result<Vec<Own>> {
        let mut found: Vec<Own> = Vec::new();
        for path in self.files()? {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let pack = pack::load(&path);
            let name = pack.as_ref().map_or(stem, |pack| pack.name.clone());
            let pack = match found.iter().find(|other| other.name == name) {
                Some(first) if pack.is_ok() => Err(Error::bad_data(format!(
                    "{}: name is {name}, as in {}, which is used",
                    path.display(),
                    first.path.display()
                ))),
                _ => pack,
            };
            found.push(Own { path, name, pack });
        }
        Ok(found)
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let listing = match std::fs::read_dir(folder) {
            Ok(listing) => listing,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("read", folder, error)),
        };
        let paths = listing.flatten().map(|entry| entry.path()).filter(|path| {
            let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            !is_hidden && path.extension().is_some_and(|extension| extension == "toml") && path.is_file()
        });
        let mut paths: Vec<PathBuf> = paths.collect();
        paths.sort();
        Ok(paths)
    }
}

/// A path rather than a name, which has neither dots nor slashes.
fn is_path(name: &str) -> bool {
    name.contains(['/', '\\']) || Path::new(name).extension().is_some_and(|extension| extension == "toml")
}

fn entry(name: &str, place: Place, pack: &Result<RulePack>, replaces_builtin: bool) -> PackEntry {
    let found = pack.as_ref().ok();
    PackEntry {
        name: name.to_owned(),
        title: found.map(|pack| pack.title.clone()).unwrap_or_default(),
        date: found.map(|pack| pack.date),
        rules: found.map_or(0, |pack| pack.rules.len()),
        place,
        replaces_builtin,
        error: pack.as_ref().err().map(Error::chain),
    }
}

fn unreadable(folder: &Path, error: &Error) -> PackEntry {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    entry(&name, Place::File(folder.to_owned()), &Err(error.clone()), false)
}
