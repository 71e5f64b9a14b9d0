//! The window: reads a plain state, sends commands; all work happens in jobs and on the desk thread.
//!
//! Must not know burn, SQLite or the file system: it talks to [`crate::api`] alone.

mod app;
mod arrange;
mod bench;
mod catalogue;
mod chosen;
mod command;
mod desk;
mod effect;
mod evidence;
mod facets;
mod insight;
mod keys;
mod ledger;
mod lens;
mod message;
mod notify;
mod numbers;
mod pace;
mod panels;
mod place;
mod prefs;
mod running;
mod shelf;
mod state;
mod theme;
mod thumbs;
mod tiling;
mod triage;
mod tutor;
mod update;
mod view;
mod widgets;

pub use app::App;
pub use bench::{BenchPlan, BenchReport, FrameTimes, HistoryReport, Latency, Times, bench, bench_history};
pub use command::UiCommand;
pub use keys::{Bound, Keys};
pub use ledger::RunColumn;
pub use message::{DialogFor, Effect, Message, Receipt};
pub use place::Place;
pub use prefs::{GroupBy, Mode, Overlay, Page, Prefs, SortBy};
pub use state::{AppState, AuditColumn, AuditFilter};
pub use view::{Pairing, View, Zoom};

use std::path::PathBuf;

use crate::api::{self, Project};
use crate::error::{Code, Error, Result};

/// Opens the window on a project and returns when it is closed; `folders` are indexed first.
///
/// # Errors
/// [`Code::Device`] when there is no display, or neither graphics back end can draw.
pub fn run(project: Project, folders: Vec<PathBuf>) -> Result<()> {
    api::report_crashes(&project);
    match open_window(project.clone(), folders.clone(), eframe::Renderer::Wgpu) {
        Ok(()) => Ok(()),
        Err(error @ eframe::Error::Wgpu(_)) => {
            tracing::warn!("the window cannot be drawn with wgpu ({error}); trying OpenGL");
            open_window(project, folders, eframe::Renderer::Glow).map_err(|error| no_window(&error))
        }
        Err(error) => Err(no_window(&error)),
    }
}

fn no_window(error: &eframe::Error) -> Error {
    let what = match error {
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => {
            // winit's text names files of its own source.
            tracing::debug!("no window: {error}");
            "the window cannot be opened: there is no display".to_owned()
        }
        other => format!("the window cannot be opened: {other}"),
    };
    Error::new(Code::Device, what)
        .hint("Without a display, use the command line: `packshot --help` lists what it can do.")
}

fn open_window(project: Project, folders: Vec<PathBuf>, renderer: eframe::Renderer) -> eframe::Result {
    let name = project.root().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let options = eframe::NativeOptions {
        renderer,
        viewport: eframe::egui::ViewportBuilder::default()
            .with_title(format!("Packshot — {name}"))
            .with_app_id("packshot")
            .with_icon(icon())
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

fn icon() -> eframe::egui::IconData {
    // The file is compiled in; a test holds it readable.
    eframe::icon_data::from_png_bytes(include_bytes!("../../assets/icons/packshot.png")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_icon_is_a_picture() {
        let icon = super::icon();
        assert_eq!((icon.width, icon.height), (128, 128));
    }
}
