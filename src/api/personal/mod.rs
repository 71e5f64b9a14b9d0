//! The personal model: a ridge on cached features of photos, fitted to a person's labels again after every vote.
//!
//! - `describe` passes every photo through the networks of the `observer` once and keeps a row of at most 512 numbers;
//! - `tutor` fits to the labels there are, saves the model and scores every row again, in well under a second;
//! - `scorer` scores photos from files: the same row, the same score;
//! - `portable` fits once more to what any ONNX runtime can compute;
//! - `fit` is the command, which also says how good the model is and what more labels would bring.
//!
//! The features are those of the base network, or of a network trained elsewhere. The base is one that did not learn from the
//! project's labels, so that its score is evidence. Scores of the personal model follow from rows and are never stored.

mod describe;
mod extractor;
mod fit;
mod folder;
mod observer;
mod portable;
mod queues;
mod row;
mod scorer;
mod tutor;

pub(super) use folder::{learnt_from, network_folder_of};
pub(super) use portable::{Portable, portable};
pub(super) use row::Measures;
pub(super) use scorer::PersonalScorer;
pub(super) use tutor::project_scores;

pub use describe::{DescribeSummary, start_describing};
pub use fit::{LabelForecast, PersonalRequest, PersonalSummary, start_forecast, start_personal};
pub use observer::NO_BACKBONE;
pub use portable::Likeness;
pub use queues::{QueueKind, Suspect};
pub use tutor::{Alike, Lesson, Tutor};
