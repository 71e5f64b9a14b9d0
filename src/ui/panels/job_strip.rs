//! The strip at the bottom: what is under way, how far, how long still, and how to stop it.

use eframe::egui;

use crate::api::clock::duration_text;
use crate::ui::message::{JobKind, Message};
use crate::ui::numbers::grouped;
use crate::ui::state::{AppState, JobView};
use crate::ui::theme::colours;
use crate::ui::widgets::hint;

pub(super) fn show(ui: &mut egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    for job in &state.jobs {
        ui.horizontal(|ui| row(ui, job, state.now_ms, out));
    }
}

/// Time left, from the share done between the beginning of the stage and the last report; it runs down until the next.
/// Nothing in the first second.
pub(super) fn left_ms(job: &JobView, now_ms: i64) -> Option<i64> {
    let progress = job.progress.as_ref()?;
    let took = job.progress_at_ms - job.stage_since_ms;
    let known = progress.total > 0 && progress.done > 0 && took > 0 && now_ms - job.stage_since_ms > 1000;
    known.then(|| {
        let rest = progress.total - progress.done.min(progress.total);
        let left = (took as f64 / progress.done as f64 * rest as f64) as i64;
        (left - (now_ms - job.progress_at_ms)).max(0)
    })
}

fn row(ui: &mut egui::Ui, job: &JobView, now_ms: i64, out: &mut Vec<Message>) {
    let progress = job.progress.clone();
    let stage = progress.as_ref().map_or(job.kind.text(), |progress| progress.stage.as_str());
    let stage = if job.stopping {
        "Stopping…"
    } else if job.paused {
        "Paused"
    } else {
        stage
    };
    ui.allocate_ui_with_layout(egui::vec2(120.0, 22.0), egui::Layout::left_to_right(egui::Align::Center), |ui| {
        ui.set_min_width(120.0);
        ui.add(egui::Label::new(stage).truncate());
    });
    let (done, total) = progress.as_ref().map_or((0, 0), |progress| (progress.done, progress.total));
    let share = if total > 0 { done as f32 / total as f32 } else { 0.0 };
    let accent = colours(ui).accent;
    ui.add(egui::ProgressBar::new(share).desired_width(220.0).desired_height(10.0).fill(accent));
    match (done, total) {
        (0, 0) => {}
        (_, 0) => drop(ui.label(grouped(done as usize))),
        _ => drop(ui.label(format!("{} / {}", grouped(done as usize), grouped(total as usize)))),
    }
    if let Some(left) = left_ms(job, now_ms).filter(|_| !job.stopping && !job.paused) {
        hint(ui, format!("{} left", duration_text(left + 999)));
    }
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        let kind = job.kind;
        if ui.add_enabled(!job.stopping, egui::Button::new("Stop")).on_hover_text("What is done is kept").clicked() {
            out.push(Message::Stop(kind));
        }
        if kind != JobKind::Open {
            let text = if job.paused { "Go on" } else { "Pause" };
            if ui.add_enabled(!job.stopping, egui::Button::new(text)).clicked() {
                out.push(Message::Pause(kind, !job.paused));
            }
        }
        if let Some(progress) = progress.filter(|progress| !progress.detail.is_empty()) {
            let weak = colours(ui).weak;
            ui.add(egui::Label::new(egui::RichText::new(progress.detail).color(weak)).truncate());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Progress;

    #[test]
    fn time_left_follows_the_share_done() {
        let progress = Progress { stage: "x".to_owned(), done: 25, total: 100, detail: String::new() };
        let job = JobView {
            kind: JobKind::Train,
            progress: Some(progress),
            stopping: false,
            paused: false,
            stage_since_ms: 1_000,
            progress_at_ms: 11_000,
            warnings: 0,
        };
        assert_eq!(left_ms(&job, 11_000), Some(30_000));
        assert_eq!(left_ms(&job, 13_000), Some(28_000), "runs down until the next report");
        assert_eq!(left_ms(&job, 90_000), Some(0));
        assert_eq!(left_ms(&job, 1_500), None);
    }
}
