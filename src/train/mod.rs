//! Training: losses, schedule, metrics, checkpoints and the loop.
//!
//! Must not know the store, the project's layout or any front end: it reports through callbacks.

mod checkpoint;
pub mod components;
mod fit;
pub mod half;
pub mod linear;
pub mod losses;
pub mod metrics;
pub mod ridge;
mod schedule;

pub use checkpoint::{Best, Checkpoint, Position};
pub use fit::{Ending, Fit, Job, Prediction, Watcher, model_path};
pub use schedule::Schedule;
