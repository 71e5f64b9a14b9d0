//! The score page: what is scored, how the table is sorted, which photo is shown.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::start;
use crate::domain::ScoreRow;
use crate::ui::message::{DialogFor, Effect, JobKind};
use crate::ui::prefs::Page;
use crate::ui::state::{AppState, ScoreColumn};
use crate::ui::triage::{Sorted, Sorting, Triage};

/// Starts scoring folders, or every photo of the project when there are none; results of other folders stay.
pub(super) fn start_on(state: &mut AppState, paths: &[PathBuf]) -> Vec<Effect> {
    state.prefs.page = Page::Score;
    let model = state.score.model.clone();
    let effects = start(state, JobKind::Score, Effect::StartScore(paths.to_vec(), model));
    if !effects.is_empty() {
        let AppState { score, photos, .. } = state;
        let known: HashSet<&Path> = match paths {
            [] => photos.iter().map(|row| row.photo.path.as_path()).collect(),
            _ => HashSet::new(),
        };
        let again = |path: &Path| known.contains(path) || paths.iter().any(|folder| path.starts_with(folder));
        score.rows.retain(|row| !again(&row.path));
        score.triage = Triage::of(score.rows.iter().map(|row| &**row));
        // An answer that is on its way holds rows that are gone.
        score.turn += 1;
        (score.verdict, score.at) = (None, None);
    }
    effects
}

/// Asks where to write the scores or their report.
pub(super) fn ask(state: &mut AppState, dialog: DialogFor) -> Vec<Effect> {
    if state.score.rows.is_empty() {
        let advice = "Score a folder first.".to_owned();
        state.toasts.warn("There are no scores to write yet", Some(advice));
        return Vec::new();
    }
    vec![Effect::Ask(dialog)]
}

/// Sorts the table by a column; the same one again turns it round.
pub(super) fn sort_by(state: &mut AppState, column: ScoreColumn) -> Vec<Effect> {
    state.score.descending = state.score.column == column && !state.score.descending;
    state.score.column = column;
    sort_rows(state)
}

/// Shows a photo of the table, or none.
pub(super) fn select(state: &mut AppState, path: Option<PathBuf>) {
    let score = &mut state.score;
    score.at =
        path.as_ref().and_then(|path| score.rows.iter().position(|row| row.path.as_os_str() == path.as_os_str()));
    score.selected = path;
}

/// Moves the shown photo along the table.
pub(super) fn move_by(state: &mut AppState, by: i64) {
    let score = &mut state.score;
    let Some(last) = score.rows.len().checked_sub(1) else { return };
    let next = score.at.map_or(0, |at| (at as i64 + by).clamp(0, last as i64) as usize);
    score.at = Some(next);
    score.selected = Some(score.rows[next].path.clone());
}

/// Scores came in; they are counted at once and sorted at the end.
pub(super) fn take(state: &mut AppState, rows: Vec<ScoreRow>) {
    let score = &mut state.score;
    rows.iter().for_each(|row| score.triage.add(row));
    score.rows.extend(rows.into_iter().map(Arc::new));
    score.unsorted = true;
}

/// Has the score table brought into its order.
pub fn sort_rows(state: &mut AppState) -> Vec<Effect> {
    let score = &mut state.score;
    score.unsorted = false;
    score.turn += 1;
    let sorting = Sorting {
        turn: score.turn,
        column: score.column,
        descending: score.descending,
        selected: score.selected.clone(),
    };
    vec![Effect::SortRows(score.rows.clone(), state.photos.clone(), sorting)]
}

/// The table is sorted; what came in meanwhile stands at its end.
pub(super) fn sorted(state: &mut AppState, answer: Sorted) {
    let score = &mut state.score;
    if answer.turn != score.turn || answer.rows.len() > score.rows.len() {
        return;
    }
    let late = score.rows.split_off(answer.rows.len());
    (score.rows, score.judged) = (answer.rows, answer.judged);
    score.rows.extend(late);
    score.at = answer.at.or(score.at);
}
