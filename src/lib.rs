//! Packshot: browse, label, train and score the quality of product photos.
//!
//! Who may know whom (each row may use the rows above it, never its neighbours):
//!
//! ```text
//! domain, error                      plain values, the one error type
//! config, logging
//! jobs, imaging, store, nn, device, query
//! attributes, degrade, dedup, preprocess, model_folder
//! rules, data, labels
//! train, infer
//! evaluate, export
//! api                                the use cases: what every face calls
//! cli, server, ui                    the three faces
//! main
//! ```
//!
//! ARCHITECTURE.md holds the map and the invariants; `tests/tidy.rs` holds them in force.

pub mod config;
pub mod degrade;
pub mod domain;
pub mod error;
pub mod imaging;
pub mod jobs;
pub mod logging;
pub mod store;

pub use error::{Code, Error, Result};
