//! Keys of the label page as the person has them: the commands' own, or others that the preferences remember.

use std::collections::BTreeMap;

use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use serde::{Deserialize, Serialize};

use super::command::UiCommand;
use super::prefs::{Mode, Page};

/// Keys of defects that have none of their own: in the order of the defects.
const DIGITS: [Key; 10] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0];

/// What a key can be given to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    /// A command of the label page.
    Command(UiCommand),
    /// The defect of this name.
    Defect(String),
}

/// Keys that were changed, by what they do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Keys {
    commands: BTreeMap<String, String>,
    defects: BTreeMap<String, String>,
}

impl Keys {
    /// The key of a command.
    pub fn of(&self, command: UiCommand) -> KeyboardShortcut {
        if self.commands.is_empty() {
            return command.shortcut();
        }
        let changed = self.commands.get(&name(command)).and_then(|text| shortcut(text));
        changed.unwrap_or_else(|| command.shortcut())
    }

    /// The key of a defect that stands at this place among the defects; nothing for those after the tenth without one.
    pub fn of_defect(&self, defect: &str, place: usize) -> Option<KeyboardShortcut> {
        let changed = self.defects.get(defect).and_then(|text| shortcut(text));
        changed.or_else(|| DIGITS.get(place).map(|key| KeyboardShortcut::new(Modifiers::NONE, *key)))
    }

    /// The commands that can be given another key: those that work on the label page alone.
    pub fn changeable() -> impl Iterator<Item = UiCommand> {
        UiCommand::ALL.into_iter().filter(|command| command.pages() == [Page::Label] || command.level().is_some())
    }

    /// Gives a key to something; `defects` are the names of all, in order.
    ///
    /// # Errors
    /// What the key does already, where both work.
    pub fn give(&mut self, bound: &Bound, key: KeyboardShortcut, defects: &[String]) -> Result<(), String> {
        if let Some(other) = self.taken(bound, key, defects) {
            return Err(other);
        }
        match bound {
            Bound::Command(command) => self.commands.insert(name(*command), text(key)),
            Bound::Defect(defect) => self.defects.insert(defect.clone(), text(key)),
        };
        Ok(())
    }

    /// What a key does already in a mode in which `bound` works.
    fn taken(&self, bound: &Bound, key: KeyboardShortcut, defects: &[String]) -> Option<String> {
        let modes = |bound: &Bound| match bound {
            Bound::Command(command) => command.modes().to_vec(),
            Bound::Defect(_) => vec![Mode::Defects],
        };
        let own = modes(bound);
        let meets = |other: &Bound| {
            let theirs = modes(other);
            own.is_empty() || theirs.is_empty() || theirs.iter().any(|mode| own.contains(mode))
        };
        let on_page = UiCommand::ALL.into_iter().filter(|command| command.works_on(Page::Label));
        let commands =
            on_page.map(|command| (Bound::Command(command), Some(self.of(command)), command.text().to_owned()));
        let defects = defects.iter().enumerate().map(|(place, defect)| {
            (Bound::Defect(defect.clone()), self.of_defect(defect, place), format!("“{defect}”"))
        });
        let mut others = commands.chain(defects).filter(|(other, ..)| other != bound && meets(other));
        others.find(|(_, theirs, _)| *theirs == Some(key)).map(|(.., text)| text)
    }

    /// Every key is as it came.
    pub fn is_untouched(&self) -> bool {
        self.commands.is_empty() && self.defects.is_empty()
    }
}

fn name(command: UiCommand) -> String {
    format!("{command:?}")
}

/// A shortcut as text: `Ctrl+Shift+Z`, where Ctrl is the command key of the system.
fn text(key: KeyboardShortcut) -> String {
    let mut text = String::new();
    for (held, name) in [(key.modifiers.command, "Ctrl+"), (key.modifiers.alt, "Alt+"), (key.modifiers.shift, "Shift+")]
    {
        if held {
            text.push_str(name);
        }
    }
    text + key.logical_key.name()
}

fn shortcut(text: &str) -> Option<KeyboardShortcut> {
    let mut modifiers = Modifiers::NONE;
    let mut rest = text;
    for (name, held) in [("Ctrl+", Modifiers::COMMAND), ("Alt+", Modifiers::ALT), ("Shift+", Modifiers::SHIFT)] {
        if let Some(after) = rest.strip_prefix(name) {
            modifiers |= held;
            rest = after;
        }
    }
    Some(KeyboardShortcut::new(modifiers, Key::from_name(rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_as_text() {
        for key in [
            KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z),
            KeyboardShortcut::new(Modifiers::NONE, Key::Num7),
            KeyboardShortcut::new(Modifiers::ALT, Key::ArrowLeft),
        ] {
            assert_eq!(shortcut(&text(key)), Some(key), "{}", text(key));
        }
        assert_eq!(shortcut("Ctrl+NoSuchKey"), None);
    }

    #[test]
    fn a_key_is_given_only_where_it_is_free() {
        let mut keys = Keys::default();
        let plain = |key| KeyboardShortcut::new(Modifiers::NONE, key);
        let defects = ["blur".to_owned(), "noise".to_owned()];
        let skip = Bound::Command(UiCommand::Skip);
        keys.give(&skip, plain(Key::Space), &defects).expect("free");
        assert_eq!(keys.of(UiCommand::Skip), plain(Key::Space));
        let taken = keys.give(&Bound::Command(UiCommand::Rate1), plain(Key::Space), &defects).expect_err("taken");
        assert_eq!(taken, UiCommand::Skip.text());
        assert_eq!(keys.of(UiCommand::Rate1), plain(Key::Num1), "nothing was changed");
        // The digits score in one mode and tag in another.
        keys.give(&Bound::Defect("noise".to_owned()), plain(Key::Num5), &defects).expect("free among the defects");
        keys.give(&Bound::Defect("noise".to_owned()), plain(Key::Num1), &defects).expect_err("that is blur");
        let text = serde_json::to_string(&keys).expect("writes");
        let read: Keys = serde_json::from_str(&text).expect("reads");
        assert_eq!(read.of_defect("noise", 1), Some(plain(Key::Num5)));
        assert!(!read.is_untouched() && Keys::default().is_untouched());
    }
}
