//! Training: losses, schedule, metrics, checkpoints and the loop.
//!
//! Must not know the store, the project's layout or any front end: it reports through callbacks.

mod checkpoint;
mod fit;
pub mod losses;
pub mod metrics;
mod pretrain;
mod pretrain_losses;
mod schedule;

pub use checkpoint::{Best, Checkpoint, Position};
pub use fit::{Ending, Fit, Job, Prediction, Watcher, model_path};
pub use pretrain::{HeldOut, Plan, Pretrain};
pub use schedule::Schedule;
