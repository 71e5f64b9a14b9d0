//! Every command once: text, tooltip and shortcut for menu, palette and keyboard.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::prefs::{Overlay, Page};

/// A command without data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UiCommand {
    /// Go to Browse.
    ShowBrowse,
    /// Go to Label.
    ShowLabel,
    /// Go to Train.
    ShowTrain,
    /// Go to Score.
    ShowScore,
    /// Go to Audit.
    ShowAudit,
    /// Go to Duplicates.
    ShowDuplicates,
    /// Go to History.
    ShowHistory,
    /// Pick a folder to index.
    OpenFolder,
    /// Pick a folder to score.
    ScoreFolder,
    /// Write the scores to a file.
    ExportScores,
    /// Write the HTML report of the scores.
    WriteReport,
    /// Measure every photo.
    AuditPhotos,
    /// Write the audit to a file.
    ExportAudit,
    /// Look for photos that are there more than once.
    FindDuplicates,
    /// Type into the filter.
    FocusFilter,
    /// Choose every photo that shows.
    SelectAll,
    /// Show or hide the counts beside the grid.
    ToggleFacets,
    /// Show the selected photo on the label page.
    LabelSelected,
    /// Take the newest vote back.
    Undo,
    /// Leave the photo without a score.
    Skip,
    /// Show the photo at 100 % or fitted.
    ToggleZoom,
    /// Show the selected photo on the whole page.
    LookLarge,
    /// Show the selected photos beside each other.
    Compare,
    /// Tint the backdrop's pixels that are not white.
    ToggleGround,
    /// Draw the product's box.
    ToggleProduct,
    /// Tint pixels without detail.
    ToggleClipped,
    /// Outline frames, text and logos.
    ToggleMarks,
    /// Let the compared photos change places.
    SwapPair,
    /// Lay the compared photos over one another.
    ToggleWipe,
    /// Change between dark and light.
    ToggleTheme,
    /// Find a command.
    Palette,
    /// Score with the first level.
    Rate1,
    /// Score with the second level.
    Rate2,
    /// Score with the third level.
    Rate3,
    /// Score with the fourth level.
    Rate4,
    /// Score with the fifth level.
    Rate5,
    /// Go back to the photo before.
    PreviousPhoto,
    /// Go on to the next photo.
    NextPhoto,
}

impl UiCommand {
    /// Every command, in the order the palette shows them.
    pub const ALL: [Self; 38] = [
        Self::ShowBrowse,
        Self::ShowLabel,
        Self::ShowTrain,
        Self::ShowScore,
        Self::ShowAudit,
        Self::ShowDuplicates,
        Self::ShowHistory,
        Self::OpenFolder,
        Self::ScoreFolder,
        Self::ExportScores,
        Self::WriteReport,
        Self::AuditPhotos,
        Self::ExportAudit,
        Self::FindDuplicates,
        Self::FocusFilter,
        Self::SelectAll,
        Self::ToggleFacets,
        Self::LabelSelected,
        Self::Undo,
        Self::Skip,
        Self::ToggleZoom,
        Self::LookLarge,
        Self::Compare,
        Self::ToggleGround,
        Self::ToggleProduct,
        Self::ToggleClipped,
        Self::ToggleMarks,
        Self::SwapPair,
        Self::ToggleWipe,
        Self::ToggleTheme,
        Self::Palette,
        Self::Rate1,
        Self::Rate2,
        Self::Rate3,
        Self::Rate4,
        Self::Rate5,
        Self::PreviousPhoto,
        Self::NextPhoto,
    ];

    /// Its text.
    pub fn text(self) -> &'static str {
        match self {
            Self::ShowBrowse => "Browse",
            Self::ShowLabel => "Label",
            Self::ShowTrain => "Train",
            Self::ShowScore => "Score",
            Self::ShowAudit => "Audit",
            Self::ShowDuplicates => "Duplicates",
            Self::ShowHistory => "History",
            Self::OpenFolder => "Open a folder…",
            Self::ScoreFolder => "Score a folder…",
            Self::ExportScores => "Export scores…",
            Self::WriteReport => "Write a report…",
            Self::AuditPhotos => "Measure the catalogue",
            Self::ExportAudit => "Export the audit…",
            Self::FindDuplicates => "Find duplicates",
            Self::FocusFilter => "Filter the photos",
            Self::SelectAll => "Select all photos",
            Self::ToggleFacets => "Show or hide the counts",
            Self::LabelSelected => "Label the selected photo",
            Self::Undo => "Undo the last vote",
            Self::Skip => "Skip this photo",
            Self::ToggleZoom => "Fit or 100 %",
            Self::LookLarge => "Look at the photo large",
            Self::Compare => "Compare the selected photos",
            Self::ToggleGround => "Show the background that is not white",
            Self::ToggleProduct => "Show the product's box",
            Self::ToggleClipped => "Show clipped pixels",
            Self::ToggleMarks => "Show frames and text",
            Self::SwapPair => "Swap the two photos",
            Self::ToggleWipe => "Wipe or side by side",
            Self::ToggleTheme => "Dark or light",
            Self::Palette => "Find a command…",
            Self::Rate1 => "Score it bad",
            Self::Rate2 => "Score it poor",
            Self::Rate3 => "Score it fair",
            Self::Rate4 => "Score it good",
            Self::Rate5 => "Score it excellent",
            Self::PreviousPhoto => "Photo before",
            Self::NextPhoto => "Next photo",
        }
    }

    /// What it does, for the tooltip.
    pub fn tooltip(self) -> &'static str {
        match self {
            Self::ShowBrowse => "All photos of this project",
            Self::ShowLabel => "Score photos with one key each",
            Self::ShowTrain => "Train a model on your labels",
            Self::ShowScore => "Score a folder with a model",
            Self::ShowAudit => "What a rule pack says about every photo",
            Self::ShowDuplicates => "Photos that are there more than once",
            Self::ShowHistory => "Every training and its results",
            Self::OpenFolder => "Index a folder; photos stay where they are",
            Self::ScoreFolder => "Give every photo in a folder a score",
            Self::ExportScores => "Write the table to a CSV or JSON file",
            Self::WriteReport => "One HTML file with every score and photo",
            Self::AuditPhotos => "Measures every photo that is not measured yet; photos are only read",
            Self::ExportAudit => "Write the audit to a CSV, HTML, JSON or Parquet file",
            Self::FindDuplicates => "Looks for equal and nearly equal photos; nothing is deleted",
            Self::FocusFilter => "Goes to the filter of the Browse page",
            Self::SelectAll => "Selects every photo that the filter shows",
            Self::ToggleFacets => "Counts by score, label, format and folder; each is a filter",
            Self::LabelSelected => "Opens the photo on the Label page",
            Self::Undo => "Takes the newest vote back, also one from an earlier session",
            Self::Skip => "Leaves the photo without a score",
            Self::ToggleZoom => "Shows the photo at its real pixels, or whole",
            Self::LookLarge => "The selected photo on the whole page; wheel to zoom, drag to move",
            Self::Compare => "Two to four selected photos side by side, with one zoom for all",
            Self::ToggleGround => "Tints the pixels of the backdrop that are not exactly 255",
            Self::ToggleProduct => "Draws the product's box and how much of the frame it fills",
            Self::ToggleClipped => "Tints the product's pixels that hold no detail: burnt or black",
            Self::ToggleMarks => "Outlines drawn frames, and text and logos over the photo",
            Self::SwapPair => "Each photo shows in the place of the other",
            Self::ToggleWipe => "Lays one photo over the other, with a border to drag",
            Self::ToggleTheme => "Changes the colours of the window",
            Self::Palette => "Shows every command with its key",
            Self::Rate1 | Self::Rate2 | Self::Rate3 | Self::Rate4 | Self::Rate5 => {
                "Saves the score and shows the next photo"
            }
            Self::PreviousPhoto => "Goes back; a new vote there replaces yours",
            Self::NextPhoto => "Goes on without voting",
        }
    }

    /// The pages on which its key works; everywhere when there are none.
    pub fn pages(self) -> &'static [Page] {
        match self {
            Self::Skip | Self::PreviousPhoto | Self::NextPhoto => &[Page::Label],
            Self::Rate1 | Self::Rate2 | Self::Rate3 | Self::Rate4 | Self::Rate5 => &[Page::Label, Page::Browse],
            Self::ToggleZoom => &[Page::Label, Page::Browse, Page::Audit, Page::Duplicates],
            Self::LookLarge | Self::ToggleGround | Self::ToggleProduct | Self::ToggleClipped | Self::ToggleMarks => {
                &[Page::Browse, Page::Audit]
            }
            Self::SwapPair | Self::ToggleWipe => &[Page::Duplicates, Page::Browse],
            Self::LabelSelected | Self::Compare | Self::SelectAll | Self::ToggleFacets => &[Page::Browse],
            _ => &[],
        }
    }

    /// It can be used on a page.
    pub fn works_on(self, page: Page) -> bool {
        self.pages().is_empty() || self.pages().contains(&page)
    }

    /// The command that toggles an overlay.
    pub fn toggling(overlay: Overlay) -> Self {
        match overlay {
            Overlay::Ground => Self::ToggleGround,
            Overlay::Product => Self::ToggleProduct,
            Overlay::Clipped => Self::ToggleClipped,
            Overlay::Marks => Self::ToggleMarks,
        }
    }

    /// The level a rating command stands for.
    pub fn level(self) -> Option<u8> {
        [Self::Rate1, Self::Rate2, Self::Rate3, Self::Rate4, Self::Rate5]
            .iter()
            .zip(1..)
            .find_map(|(command, level)| (*command == self).then_some(level))
    }

    /// Its key.
    pub fn shortcut(self) -> KeyboardShortcut {
        let plain = |key| KeyboardShortcut::new(Modifiers::NONE, key);
        let command = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
        match self {
            Self::ShowBrowse => command(Key::Num1),
            Self::ShowLabel => command(Key::Num2),
            Self::ShowTrain => command(Key::Num3),
            Self::ShowScore => command(Key::Num4),
            Self::ShowAudit => command(Key::Num5),
            Self::ShowDuplicates => command(Key::Num6),
            Self::ShowHistory => command(Key::Num7),
            Self::OpenFolder => command(Key::O),
            Self::ScoreFolder => command(Key::D),
            Self::ExportScores => command(Key::E),
            Self::WriteReport => command(Key::R),
            Self::AuditPhotos => command(Key::M),
            Self::ExportAudit => command(Key::S),
            Self::FindDuplicates => command(Key::G),
            Self::FocusFilter => command(Key::F),
            Self::SelectAll => command(Key::A),
            Self::ToggleFacets => plain(Key::H),
            Self::LabelSelected => plain(Key::Enter),
            Self::Undo => command(Key::Z),
            Self::Skip => plain(Key::S),
            Self::ToggleZoom => plain(Key::Z),
            Self::LookLarge => plain(Key::V),
            Self::Compare => plain(Key::N),
            Self::ToggleGround => plain(Key::B),
            Self::ToggleProduct => plain(Key::F),
            Self::ToggleClipped => plain(Key::C),
            Self::ToggleMarks => plain(Key::O),
            Self::SwapPair => plain(Key::X),
            Self::ToggleWipe => plain(Key::W),
            Self::ToggleTheme => command(Key::T),
            Self::Palette => command(Key::P),
            Self::Rate1 => plain(Key::Num1),
            Self::Rate2 => plain(Key::Num2),
            Self::Rate3 => plain(Key::Num3),
            Self::Rate4 => plain(Key::Num4),
            Self::Rate5 => plain(Key::Num5),
            Self::PreviousPhoto => plain(Key::ArrowLeft),
            Self::NextPhoto => plain(Key::ArrowRight),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_commands_share_a_key_or_a_text() {
        let keys: HashSet<String> = UiCommand::ALL.iter().map(|command| format!("{:?}", command.shortcut())).collect();
        let texts: HashSet<&str> = UiCommand::ALL.iter().map(|command| command.text()).collect();
        assert_eq!((keys.len(), texts.len()), (UiCommand::ALL.len(), UiCommand::ALL.len()));
    }

    #[test]
    fn plain_keys_belong_to_a_page() {
        let plain = UiCommand::ALL.iter().filter(|command| command.shortcut().modifiers == Modifiers::NONE);
        plain.for_each(|command| assert!(!command.pages().is_empty(), "{command:?}"));
        assert_eq!(UiCommand::Rate4.level(), Some(4));
    }
}
