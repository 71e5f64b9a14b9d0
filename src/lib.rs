//! Packshot: browse, label, train and score the quality of product photos.
//!
//! Who may know whom (each row may use the rows above it, never its neighbours):
//!
//! ```text
//! domain, error                      plain values, the one error type
//! config, logging, files
//! jobs, imaging, store, nn, device, query
//! attributes, degrade, dedup, preprocess
//! rules, data, labels, model_folder, backbone_file
//! train, infer
//! evaluate, export
//! api                                the use cases: what every face calls
//! cli, server, ui                    the three faces
//! main
//! ```
//!
//! ARCHITECTURE.md holds the map and the invariants; `tests/tidy.rs` holds them in force.

pub mod api;
pub mod attributes;
pub mod backbone_file;
pub mod cli;
pub mod config;
pub mod data;
pub mod dedup;
pub mod degrade;
pub mod device;
pub mod domain;
pub mod error;
pub mod evaluate;
pub mod export;
pub mod files;
pub mod imaging;
pub mod infer;
pub mod jobs;
pub mod kernels;
pub mod labels;
pub mod logging;
pub mod model_folder;
pub mod nn;
pub mod preprocess;
pub mod query;
pub mod rules;
#[cfg(feature = "server")]
pub mod server;
pub mod store;
pub mod train;
#[cfg(feature = "gui")]
pub mod ui;

pub use error::{Code, Error, Result};
