//! Training: losses, schedule, metrics, checkpoints and the loop.
//!
//! Must not know the store, the project's layout or any front end: it reports through callbacks.

pub mod active;
mod average;
mod block_weights;
pub mod calibrate;
mod checkpoint;
pub mod components;
pub mod conformal;
pub mod features;
mod fit;
pub mod forecast;
pub mod half;
pub mod handcrafted;
mod learner;
pub mod linear;
pub mod losses;
mod memory;
pub mod metrics;
pub mod personal;
mod pretrain;
mod pretrain_losses;
mod refit;
mod replay;
mod reuse;
pub mod ridge;
pub mod scaling;
mod schedule;
mod shuffle;
mod step;

pub use checkpoint::{Best, Checkpoint, Position};
pub use fit::{Ending, Fit, Job, Prediction, Watcher, checkpoint_path, model_path};
pub use learner::{Descent, Learner};
pub use pretrain::{AT_THE_END, HeldOut, Plan, Pretrain};
pub use reuse::Reuse;
pub use schedule::Schedule;
