//! Every command once: text, tooltip and shortcut for menu, palette and keyboard.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::prefs::{Mode, Overlay, Page};

/// A command without data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Write copies or side-cars of scored photos by band.
    SortOut,
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
    /// Cast again what was taken back.
    Redo,
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
    /// Tint what the model's score comes from.
    ToggleInsight,
    /// Let the compared photos change places.
    SwapPair,
    /// Lay the compared photos over one another.
    ToggleWipe,
    /// Change between dark, light and the desktop's own.
    ToggleTheme,
    /// Show what was told since the window opened.
    ShowMessages,
    /// Show or hide how long frames take.
    ToggleHud,
    /// Go round the pages.
    Tour,
    /// Find a command.
    Palette,
    /// Score one photo after the other.
    ModeScore,
    /// Tag one photo after the other.
    ModeDefects,
    /// Compare two photos.
    ModePairs,
    /// Find the best and the worst of four photos.
    ModeFour,
    /// Scores from 0 to 100, or five levels.
    ToggleExact,
    /// Show or hide the rater panel.
    TogglePanel,
    /// Change the keys of the label page.
    EditKeys,
    /// The first photo is better.
    FirstBetter,
    /// The second photo is better.
    SecondBetter,
    /// Both photos are as good.
    Tie,
    /// The photo's defects are all tagged.
    Done,
    /// The label in doubt is right.
    KeepLabel,
    /// It cannot be said whether the label in doubt is right.
    UnsureLabel,
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
    pub const ALL: [Self; 57] = [
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
        Self::SortOut,
        Self::AuditPhotos,
        Self::ExportAudit,
        Self::FindDuplicates,
        Self::FocusFilter,
        Self::SelectAll,
        Self::ToggleFacets,
        Self::LabelSelected,
        // Before Undo, whose key is a part of its own.
        Self::Redo,
        Self::Undo,
        Self::Skip,
        Self::ToggleZoom,
        Self::LookLarge,
        Self::Compare,
        Self::ToggleGround,
        Self::ToggleProduct,
        Self::ToggleClipped,
        Self::ToggleMarks,
        Self::ToggleInsight,
        Self::SwapPair,
        Self::ToggleWipe,
        Self::ToggleTheme,
        Self::ShowMessages,
        Self::ToggleHud,
        Self::Tour,
        Self::Palette,
        // Before the levels, whose keys are a part of theirs.
        Self::ModeScore,
        Self::ModeDefects,
        Self::ModePairs,
        Self::ModeFour,
        Self::ToggleExact,
        Self::TogglePanel,
        Self::EditKeys,
        Self::FirstBetter,
        Self::SecondBetter,
        Self::Tie,
        Self::Done,
        Self::KeepLabel,
        Self::UnsureLabel,
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
            Self::SortOut => "Sort scored photos out…",
            Self::AuditPhotos => "Measure the catalogue",
            Self::ExportAudit => "Export the audit…",
            Self::FindDuplicates => "Find duplicates",
            Self::FocusFilter => "Filter the photos",
            Self::SelectAll => "Select all photos",
            Self::ToggleFacets => "Show or hide the counts",
            Self::LabelSelected => "Label the selected photo",
            Self::Undo => "Undo the last vote",
            Self::Redo => "Redo the vote",
            Self::Skip => "Skip this photo",
            Self::ToggleZoom => "Fit or 100 %",
            Self::LookLarge => "Look at the photo large",
            Self::Compare => "Compare the selected photos",
            Self::ToggleGround => "Show the background that is not white",
            Self::ToggleProduct => "Show the product's box",
            Self::ToggleClipped => "Show clipped pixels",
            Self::ToggleMarks => "Show frames and text",
            Self::ToggleInsight => "Show where the score comes from",
            Self::SwapPair => "Swap the two photos",
            Self::ToggleWipe => "Wipe or side by side",
            Self::ToggleTheme => "Dark, light or as the system",
            Self::ShowMessages => "Earlier messages",
            Self::ToggleHud => "Frame times",
            Self::Tour => "Tour of the pages",
            Self::Palette => "Find a command…",
            Self::ModeScore => "Label by score",
            Self::ModeDefects => "Tag defects",
            Self::ModePairs => "Compare pairs",
            Self::ModeFour => "Best and worst of four",
            Self::ToggleExact => "Five levels or 0 to 100",
            Self::TogglePanel => "Rater panel",
            Self::EditKeys => "Keys of the Label page…",
            Self::FirstBetter => "Left is better",
            Self::SecondBetter => "Right is better",
            Self::Tie => "Both are as good",
            Self::Done => "Done with this photo",
            Self::KeepLabel => "Keep the label",
            Self::UnsureLabel => "Unsure about the label",
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
            Self::SortOut => "Copies, XMP side-cars or a list by band; photos stay where they are",
            Self::AuditPhotos => "Measures every photo that is not measured yet; photos are only read",
            Self::ExportAudit => "Write the audit to a CSV, HTML, JSON or Parquet file",
            Self::FindDuplicates => "Looks for equal and nearly equal photos; nothing is deleted",
            Self::FocusFilter => "Goes to the filter of the Browse page",
            Self::SelectAll => "Selects every photo that the filter shows",
            Self::ToggleFacets => "Counts by score, label, format and folder; each is a filter",
            Self::LabelSelected => "Opens the photo on the Label page",
            Self::Undo => "Takes the newest vote back, also one from an earlier session",
            Self::Redo => "Casts again what was taken back, until another vote is cast",
            Self::Skip => "Leaves the photo without a score",
            Self::ToggleZoom => "Shows the photo at its real pixels, or whole",
            Self::LookLarge => "The selected photo on the whole page; wheel to zoom, drag to move",
            Self::Compare => "Two to four selected photos side by side, with one zoom for all",
            Self::ToggleGround => "Tints the pixels of the backdrop that are not exactly 255",
            Self::ToggleProduct => "Draws the product's box and how much of the frame it fills",
            Self::ToggleClipped => "Tints the product's pixels that hold no detail: burnt or black",
            Self::ToggleMarks => "Outlines drawn frames, and text and logos over the photo",
            Self::ToggleInsight => {
                "Tints what adds to the model's score and what takes from it, and names the flaws it sees"
            }
            Self::SwapPair => "Each photo shows in the place of the other",
            Self::ToggleWipe => "Lays one photo over the other, with a border to drag",
            Self::ToggleTheme => "Changes the colours of the window",
            Self::ShowMessages => "What was told since the window opened",
            Self::ToggleHud => "How long the window's frames take, and its memory",
            Self::Tour => "What each page is for, in six cards",
            Self::Palette => "Shows every command with its key",
            Self::ModeScore => "One photo, one key",
            Self::ModeDefects => "One photo, a key for each defect",
            Self::ModePairs => "Two photos: which is better? The order settles by itself",
            Self::ModeFour => "Four photos: first the best, then the worst; worth five pairs",
            Self::ToggleExact => "Type a score or drag the slider, or take one of five levels",
            Self::TogglePanel => "How fast and how steadily you label, and how raters agree",
            Self::EditKeys => "Gives the commands of this page other keys",
            Self::FirstBetter | Self::SecondBetter | Self::Tie => "Saves the answer and shows the next pair",
            Self::Done => "Shows the next photo; without a defect this one counts as free of them",
            Self::KeepLabel => "Says the same again",
            Self::UnsureLabel => "Leaves the label and asks no more about it",
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
            Self::Skip
            | Self::ModeScore
            | Self::ModeDefects
            | Self::ModePairs
            | Self::ModeFour
            | Self::ToggleExact
            | Self::TogglePanel
            | Self::EditKeys
            | Self::FirstBetter
            | Self::SecondBetter
            | Self::Tie
            | Self::Done
            | Self::KeepLabel
            | Self::UnsureLabel
            | Self::PreviousPhoto
            | Self::NextPhoto => &[Page::Label],
            Self::Rate1 | Self::Rate2 | Self::Rate3 | Self::Rate4 | Self::Rate5 => &[Page::Label, Page::Browse],
            Self::ToggleZoom => &[Page::Label, Page::Browse, Page::Audit, Page::Duplicates],
            Self::LookLarge
            | Self::ToggleGround
            | Self::ToggleProduct
            | Self::ToggleClipped
            | Self::ToggleMarks
            | Self::ToggleInsight => &[Page::Browse, Page::Audit],
            Self::SwapPair | Self::ToggleWipe => &[Page::Duplicates, Page::Browse],
            Self::LabelSelected | Self::Compare | Self::SelectAll | Self::ToggleFacets => &[Page::Browse],
            _ => &[],
        }
    }

    /// The modes of the label page in which its key works; in all when there are none.
    pub fn modes(self) -> &'static [Mode] {
        match self {
            Self::Rate5 | Self::ToggleExact | Self::KeepLabel | Self::UnsureLabel => &[Mode::Score],
            Self::Rate1 | Self::Rate2 | Self::Rate3 | Self::Rate4 => &[Mode::Score, Mode::Four],
            Self::Done => &[Mode::Defects],
            Self::FirstBetter | Self::SecondBetter | Self::Tie => &[Mode::Pairs],
            Self::PreviousPhoto | Self::NextPhoto => &[Mode::Score, Mode::Defects],
            _ => &[],
        }
    }

    /// It can be used on a page, in a mode of the label page.
    pub fn works_in(self, page: Page, mode: Mode) -> bool {
        let in_mode = page != Page::Label || self.modes().is_empty() || self.modes().contains(&mode);
        self.works_on(page) && in_mode
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
            Overlay::Insight => Self::ToggleInsight,
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
        let alt = |key| KeyboardShortcut::new(Modifiers::ALT, key);
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
            Self::SortOut => command(Key::B),
            Self::AuditPhotos => command(Key::M),
            Self::ExportAudit => command(Key::S),
            Self::FindDuplicates => command(Key::G),
            Self::FocusFilter => command(Key::F),
            Self::SelectAll => command(Key::A),
            Self::ToggleFacets => plain(Key::H),
            Self::LabelSelected => plain(Key::Enter),
            Self::Undo => command(Key::Z),
            Self::Redo => KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z),
            Self::Skip => plain(Key::S),
            Self::ToggleZoom => plain(Key::Z),
            Self::LookLarge => plain(Key::V),
            Self::Compare => plain(Key::N),
            Self::ToggleGround => plain(Key::B),
            Self::ToggleProduct => plain(Key::F),
            Self::ToggleClipped => plain(Key::C),
            Self::ToggleMarks => plain(Key::O),
            Self::ToggleInsight => plain(Key::Y),
            Self::SwapPair => plain(Key::X),
            Self::ToggleWipe => plain(Key::W),
            Self::ToggleTheme => command(Key::T),
            Self::ShowMessages => command(Key::J),
            Self::ToggleHud => plain(Key::F12),
            Self::Tour => plain(Key::F1),
            Self::Palette => command(Key::P),
            Self::ModeScore => alt(Key::Num1),
            Self::ModeDefects => alt(Key::Num2),
            Self::ModePairs => alt(Key::Num3),
            Self::ModeFour => alt(Key::Num4),
            Self::ToggleExact => plain(Key::E),
            Self::TogglePanel => plain(Key::I),
            Self::EditKeys => command(Key::K),
            Self::FirstBetter => plain(Key::ArrowLeft),
            Self::SecondBetter => plain(Key::ArrowRight),
            Self::Tie => plain(Key::ArrowDown),
            Self::Done => plain(Key::Enter),
            Self::KeepLabel => plain(Key::K),
            Self::UnsureLabel => plain(Key::U),
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
    fn no_two_commands_share_a_text_or_where_both_work_a_key() {
        let texts: HashSet<&str> = UiCommand::ALL.iter().map(|command| command.text()).collect();
        assert_eq!(texts.len(), UiCommand::ALL.len());
        for page in Page::ALL {
            for mode in Mode::ALL {
                let here = UiCommand::ALL.iter().filter(|command| command.works_in(page, mode));
                let keys: Vec<String> = here.map(|command| format!("{:?}", command.shortcut())).collect();
                let different: HashSet<&String> = keys.iter().collect();
                assert_eq!(different.len(), keys.len(), "{page:?} {mode:?} {keys:?}");
            }
        }
    }

    #[test]
    fn plain_keys_belong_to_a_page() {
        // Function keys type nothing: they work everywhere.
        let types = |key: Key| !matches!(key, Key::F1 | Key::F12);
        let plain = UiCommand::ALL.iter().filter(|command| {
            let shortcut = command.shortcut();
            shortcut.modifiers == Modifiers::NONE && types(shortcut.logical_key)
        });
        plain.for_each(|command| assert!(!command.pages().is_empty(), "{command:?}"));
        assert_eq!(UiCommand::Rate4.level(), Some(4));
    }
}
