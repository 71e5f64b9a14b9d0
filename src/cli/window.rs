//! `packshot` and `packshot gui`: the window.

use std::path::PathBuf;

use serde_json::json;

use super::context::{Context, Done};
use crate::error::{Error, Result};
use crate::ui;

pub(super) fn run(context: &Context, folder: Option<PathBuf>) -> Result<Done> {
    if let Some(missing) = folder.as_ref().filter(|folder| !folder.exists()) {
        return Err(Error::usage(format!("there is no folder {}", missing.display())));
    }
    let (project, _log) = context.project()?;
    ui::run(project, folder.into_iter().collect())?;
    Ok(Done::ok(json!({"closed": true})))
}
