//! A run as MLflow keeps it: a pure mapping to what is to be sent ([`RunPlan`]), and a writer that sends it over REST so that
//! sending it again, or going on after a cut, doubles nothing. [`Live`] sends a run while it goes on, and the way back
//! ([`runs`], [`RemoteRun::imported`]) only reads.
//!
//! Nothing is written into an `mlruns` folder: servers refuse to start beside one. What cannot be sent now goes into a
//! bundle. Passwords and tokens come in as [`Credentials`] and are neither logged nor kept.

mod bundle;
mod client;
mod credentials;
mod imported;
mod keys;
mod live;
mod model;
mod plan;
mod reader;
mod writer;

pub use bundle::{read_bundle, write_bundle};
pub use client::{Connection, Server};
pub use credentials::Credentials;
pub use imported::{Imported, RemoteRun};
pub use live::Live;
pub use model::{ModelFacts, plan_model};
pub use plan::{DatasetPlan, Metric, ModelPlan, PlannedFile, RunFacts, RunPlan, TimedPoint, plan_run, run_uuid};
pub use reader::{Experiment, curves, experiments, run, runs};
pub use writer::{Sent, Step, send};
