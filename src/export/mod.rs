//! Results for other programmes and for people: score tables (CSV, JSON) and the HTML report.
//!
//! Turns values into files; computes no score and opens no photo.

mod base64;
mod chart;
mod report;
mod scores;

pub use report::{ReportInput, write_report};
pub use scores::{COLUMNS, SCORE_EXTENSIONS, write_scores};
