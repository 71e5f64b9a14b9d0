//! When the thread of the window panics: a report in the project's logs.

use std::path::PathBuf;

use super::{CODE_VERSION, Project, clock};
use crate::jobs;

/// How report files begin.
const PREFIX: &str = "crash-";

/// Writes a report when the calling thread panics from now on. Panics of jobs are errors that their watchers tell.
pub fn report_crashes(project: &Project) {
    let (folder, thread, before) = (project.logs(), std::thread::current().id(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() != thread {
            return before(panic);
        }
        let now_ms = clock::now_ms();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let report = report(&jobs::panic_text(panic.payload()), &place, now_ms);
        let file = folder.join(format!("{PREFIX}{}.txt", clock::compact_text(now_ms)));
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, report));
        // The terminal is all that is left.
        before(panic);
        let wrote = if written.is_ok() { format!("; a report lies in {}", file.display()) } else { String::new() };
        tracing::error!("Packshot stopped because of a fault of its own. Your work is saved{wrote}");
    }));
}

/// What a report holds: no photo, no file name, nothing about people.
fn report(text: &str, place: &str, now_ms: i64) -> String {
    format!(
        "Packshot {CODE_VERSION} stopped because of a fault of its own. Your work is saved.\n\n\
         when    {}\nsystem  {} {}\nwhat    {text}\nwhere   {place}\n\n{}\n",
        clock::utc_text(now_ms),
        std::env::consts::OS,
        std::env::consts::ARCH,
        std::backtrace::Backtrace::force_capture()
    )
}

/// The newest report.
pub fn newest_crash_report(project: &Project) -> Option<PathBuf> {
    let files = std::fs::read_dir(project.logs()).ok()?.flatten().map(|entry| entry.path());
    let is_report = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    files.filter(is_report).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_panic_of_this_thread_alone_is_reported() {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(folder.path(), Config::default()).expect("project");
        assert_eq!(newest_crash_report(&project), None);
        // A hook is for the whole process; this one does something on this thread alone.
        report_crashes(&project);
        std::thread::scope(|scope| drop(scope.spawn(|| drop(std::panic::catch_unwind(|| panic!("a job"))))));
        assert_eq!(newest_crash_report(&project), None);
        let caught = std::panic::catch_unwind(|| panic!("the grid has no rows"));
        drop(std::panic::take_hook());
        assert!(caught.is_err());
        let text = std::fs::read_to_string(newest_crash_report(&project).expect("a report")).expect("reads");
        assert!(text.contains("the grid has no rows") && text.contains("crash.rs"), "{text}");
    }
}
