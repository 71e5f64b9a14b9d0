//! Results for other programmes and for people: score and audit tables (CSV, JSON, Parquet), HTML pages, ONNX files.
//!
//! Turns values into files; computes no score and opens no photo.

mod audit;
mod audit_page;
mod base64;
mod chart;
mod comparison;
mod evaluation;
mod evaluation_page;
mod figure;
pub mod mlflow;
mod npy;
mod onnx;
mod page;
mod report;
mod runs;
mod scores;
mod table;
mod triage;

pub use audit::{AUDIT_EXTENSIONS, AuditInput, Audited, Broken, check_audit_file, count_broken, write_audit};
pub use comparison::{CompareRow, check_comparison_file, write_comparison};
pub use evaluation::{EvaluationInput, check_evaluation_file, write_evaluation};
pub use figure::{confusion_png, curves_png, scatter_png};
pub use npy::{check_matrix_file, write_matrix};
pub use onnx::{check_onnx_file, onnx_script, write_onnx};
pub use report::{ReportInput, report_html, write_report};
pub use runs::write_runs;
pub use scores::{SCORE_EXTENSIONS, check_score_file, write_scores};
pub use triage::{Sorted, write_triage};
