//! The project's truth: one SQLite database, one file a table.
//!
//! A [`Store`] is one connection; every thread and process opens its own, and WAL mode lets them work side by side.
//! Must not know burn, pictures or anything above it.

mod artifact;
mod cast;
mod db;
mod feature;
mod fingerprint;
mod image;
mod measurement;
mod metric_point;
mod model;
mod promotion;
mod run;
mod run_origin;
mod sample_score;
mod score;
mod split;
mod vote;

pub use artifact::Artifact;
pub use cast::{PairVote, TagVote, Taken};
pub use db::{FILE_NAME, Store};
pub use feature::StoredFeatures;
pub use image::ImportTally;
pub use model::StoredModel;
pub use promotion::Promotion;
#[cfg(test)]
pub(crate) use run::sample_run;
pub use split::SplitRow;
pub use vote::VoteTally;
