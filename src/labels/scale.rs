//! Which scale a label file's scores are on, when nobody says so.

use std::path::Path;

use super::RawRow;
use crate::domain::Scale;
use crate::error::{Error, Result};

/// The highest top of a scale in common use below 0-100 (school marks of 0-20).
const HIGHEST_OTHER_TOP: f64 = 20.0;

/// 0-100 when the values allow no other reading (see [`super::parse`]).
///
/// # Errors
/// [`crate::error::Code::Usage`] saying what to pass when the values are ambiguous.
pub(super) fn infer(file: &Path, rows: &[RawRow]) -> Result<Scale> {
    let values = || rows.iter().flat_map(|row| row.score.iter().chain(&row.votes).copied());
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let level_words_only = low > high;
    if level_words_only || (low >= 0.0 && high <= 100.0 && high > HIGHEST_OTHER_TOP) {
        return Ok(Scale::PERCENT);
    }
    let fitting: Vec<&str> = [(1.0, 5.0, "1..5"), (0.0, 1.0, "0..1"), (0.0, 10.0, "0..10"), (0.0, 100.0, "0..100")]
        .into_iter()
        .filter(|(min, max, _)| low >= *min && high <= *max)
        .map(|(_, _, text)| text)
        .collect();
    let hint = match fitting.as_slice() {
        [] => "Say which with --scale MIN..MAX, worst value first.".to_owned(),
        fitting => format!("Say which with --scale, for example --scale {}.", fitting.join(" or --scale ")),
    };
    Err(Error::usage(format!(
        "the scores of {} lie between {low} and {high}: which scale they are on is not clear",
        file.display()
    ))
    .hint(hint))
}
