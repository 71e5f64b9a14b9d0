//! Every command once: text, tooltip and shortcut for menu, palette and keyboard.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::prefs::{Mode, Overlay, Page};

mod words;

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
    /// Score every photo of the project.
    ScoreProject,
    /// Write the runs to a file.
    ExportRuns,
    /// Send runs to an MLflow server.
    SendRuns,
    /// Hold two models against each other.
    HoldModels,
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
    pub const ALL: [Self; 61] = [
        Self::ShowBrowse,
        Self::ShowLabel,
        Self::ShowTrain,
        Self::ShowScore,
        Self::ShowAudit,
        Self::ShowDuplicates,
        Self::ShowHistory,
        Self::OpenFolder,
        Self::ScoreFolder,
        Self::ScoreProject,
        Self::ExportScores,
        Self::WriteReport,
        Self::SortOut,
        Self::AuditPhotos,
        Self::ExportAudit,
        Self::FindDuplicates,
        Self::ExportRuns,
        Self::SendRuns,
        Self::HoldModels,
        Self::FocusFilter,
        Self::SelectAll,
        Self::ToggleFacets,
        Self::LabelSelected,
        Self::Undo,
        Self::Redo,
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
        let shifted = |key| KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, key);
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
            Self::ScoreProject => shifted(Key::D),
            Self::ExportRuns => shifted(Key::E),
            Self::SendRuns => shifted(Key::M),
            Self::HoldModels => shifted(Key::T),
            Self::AuditPhotos => command(Key::M),
            Self::ExportAudit => command(Key::S),
            Self::FindDuplicates => command(Key::G),
            Self::FocusFilter => command(Key::F),
            Self::SelectAll => command(Key::A),
            Self::ToggleFacets => plain(Key::H),
            Self::LabelSelected => plain(Key::Enter),
            Self::Undo => command(Key::Z),
            Self::Redo => shifted(Key::Z),
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
