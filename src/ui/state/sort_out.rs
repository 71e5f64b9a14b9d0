//! Sorting scored photos out, as it is being asked.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Scoring;
use crate::api::{TriageOutput, TriagePlan, TriageRequest};
use crate::domain::{Band, Edges};

/// The answers so far.
#[derive(Debug, Clone, PartialEq)]
pub struct SortOut {
    /// The bands to write.
    pub bands: BTreeSet<Band>,
    /// What is written for each photo.
    pub output: TriageOutput,
    /// The folder as it is being typed.
    pub folder: String,
    /// What would be written, or why nothing can be; nothing while it is being found out.
    pub plan: Option<Result<TriagePlan, String>>,
    /// The last question about it.
    pub turn: u64,
}

impl Default for SortOut {
    fn default() -> Self {
        let bands = [Band::Review, Band::Reject].into();
        Self { bands, output: TriageOutput::Copies, folder: String::new(), plan: None, turn: 0 }
    }
}

impl SortOut {
    /// What is asked of the project; nothing without a folder.
    pub fn request(&self, score: &Scoring, edges: Edges) -> Option<TriageRequest> {
        let folder = self.folder.trim();
        (!folder.is_empty()).then(|| TriageRequest {
            rows: score.rows.clone(),
            edges,
            bands: self.bands.clone(),
            output: self.output,
            folder: PathBuf::from(folder),
        })
    }
}
