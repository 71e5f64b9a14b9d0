//! The window: reads a plain state, sends commands; all work happens in jobs and on the desk thread.
//!
//! Must not know burn, SQLite or the file system: it talks to [`crate::api`] alone.

mod app;
mod command;
mod desk;
mod message;
mod notify;
mod panels;
mod prefs;
mod running;
mod state;
mod theme;
mod thumbs;
mod update;
mod widgets;

pub use app::App;
pub use command::UiCommand;
pub use message::{Effect, Message};
pub use prefs::{Page, Prefs};
pub use state::AppState;

use std::path::PathBuf;

use crate::api::Project;
use crate::error::{Code, Error, Result};

/// Opens the window on a project and returns when it is closed; `folders` are indexed first.
///
/// # Errors
/// [`Code::Device`] when there is no display, or neither graphics back end can draw.
pub fn run(project: Project, folders: Vec<PathBuf>) -> Result<()> {
    let first = open_window(project.clone(), folders.clone(), eframe::Renderer::Wgpu);
    let Err(error) = first else { return Ok(()) };
    tracing::warn!("the window cannot be drawn with wgpu ({error}); trying OpenGL");
    open_window(project, folders, eframe::Renderer::Glow).map_err(|second| {
        Error::new(Code::Device, format!("the window cannot be opened: {second}"))
            .hint("Is there a display? Without one, use the command line: `packshot --help`.")
    })
}

fn open_window(project: Project, folders: Vec<PathBuf>, renderer: eframe::Renderer) -> eframe::Result {
    let name = project.root().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let options = eframe::NativeOptions {
        renderer,
        viewport: eframe::egui::ViewportBuilder::default()
            .with_title(format!("Packshot — {name}"))
            .with_app_id("packshot")
            .with_inner_size([1280.0, 820.0])
            .with_min_inner_size([960.0, 600.0]),
        ..Default::default()
    };
    eframe::run_native(
        "packshot",
        options,
        Box::new(move |creation| {
            let prefs = creation.storage.and_then(|storage| eframe::get_value(storage, &prefs::key(project.root())));
            let app = App::new(project, prefs.unwrap_or_default(), &creation.egui_ctx)?;
            Ok(Box::new(app.opening(folders)))
        }),
    )
}
