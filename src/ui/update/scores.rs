//! The score page: what is scored, how the table is sorted, which photo is shown.

use std::path::PathBuf;

use super::start;
use crate::domain::ScoreRow;
use crate::ui::message::{DialogFor, Effect, JobKind};
use crate::ui::prefs::Page;
use crate::ui::state::{AppState, ScoreColumn};

/// Starts scoring; results of other folders stay.
pub(super) fn start_on(state: &mut AppState, paths: &[PathBuf]) -> Vec<Effect> {
    state.prefs.page = Page::Score;
    let model = state.score.model.clone();
    let effects = start(state, JobKind::Score, Effect::StartScore(paths.to_vec(), model));
    if !effects.is_empty() {
        state.score.rows.retain(|row| !paths.iter().any(|path| row.path.starts_with(path)));
        state.score.verdict = None;
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
pub(super) fn sort_by(state: &mut AppState, column: ScoreColumn) {
    state.score.descending = state.score.column == column && !state.score.descending;
    state.score.column = column;
    sort_rows(state);
}

/// Moves the shown photo along the table.
pub(super) fn move_by(state: &mut AppState, by: i64) {
    let rows = &state.score.rows;
    let Some(last) = rows.len().checked_sub(1) else { return };
    let at = state.score.selected.as_ref().and_then(|path| rows.iter().position(|row| row.path == *path));
    let next = at.map_or(0, |at| (at as i64 + by).clamp(0, last as i64) as usize);
    state.score.selected = Some(rows[next].path.clone());
}

/// Brings the score table into its order.
pub fn sort_rows(state: &mut AppState) {
    let descending = state.score.descending;
    let value = |row: &ScoreRow| row.score.map(|score| score.value);
    let width = |row: &ScoreRow| row.score.map(|score| score.high - score.low);
    let reason = |row: &ScoreRow| row.error.clone().or_else(|| row.reason.clone());
    let turned = |order: std::cmp::Ordering| if descending { order.reverse() } else { order };
    let by_value = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => turned(a.total_cmp(&b)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    let column = state.score.column;
    state.score.rows.sort_by(|a, b| {
        let order = match column {
            ScoreColumn::Score => by_value(value(a), value(b)),
            ScoreColumn::Interval => by_value(width(a), width(b)),
            ScoreColumn::Name => turned(a.path.cmp(&b.path)),
            ScoreColumn::Reason => match (reason(a), reason(b)) {
                (Some(a), Some(b)) => turned(a.cmp(&b)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
        };
        order.then_with(|| a.path.cmp(&b.path))
    });
    state.score.unsorted = false;
}
