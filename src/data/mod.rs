//! From labelled photos to batches: who trains, who validates, who tests; reading photos ahead of the network.
//!
//! Must not know the store, runs or the loop.

mod dataset;
mod deal;
mod loader;
mod split;
mod synthetic;

pub use dataset::{Dataset, Sample, shuffled_batches};
pub use loader::{Loader, Unreadable};
pub use split::{Candidate, FEWEST_LABELS, SplitShares, assign, groups_of};
pub use synthetic::{CleanPhotos, PseudoLabel, RUNGS, SAME_FLAW, Synthetic};
