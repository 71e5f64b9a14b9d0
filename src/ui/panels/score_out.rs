//! The question how scored photos are to be sorted out: which bands, into what, where; first what would be written.

use eframe::egui::{self, RichText};

use crate::api::{TriageOutput, TriagePlan};
use crate::domain::Band;
use crate::ui::message::{DialogFor, Message};
use crate::ui::numbers::grouped;
use crate::ui::state::{AppState, SortOut};
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{dialog, hint, primary_button};

/// The outputs with their names.
const OUTPUTS: [(TriageOutput, &str, &str); 3] = [
    (TriageOutput::Copies, "Copies", "A copy of each photo, in a folder of its band"),
    (TriageOutput::SideCars, "XMP side-cars", "Stars and the band in photo.jpg.xmp, for photo programmes"),
    (TriageOutput::List, "List only", "One CSV file"),
];

pub(super) fn show(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let Some(asked) = &state.score.sorting_out else { return };
    let mut answer = asked.clone();
    let modal = dialog(ui, "sort out", 460.0, |ui| {
        ui.strong("Sort photos out");
        hint(ui, "Your photos stay where they are: nothing is moved, changed or overwritten.");
        ui.add_space(space().m);
        bands(ui, state, &mut answer);
        outputs(ui, &mut answer);
        folder(ui, &mut answer, out);
        ui.add_space(space().s);
        plan(ui, asked);
        ui.add_space(space().m);
        buttons(ui, asked, out)
    });
    if modal.inner || modal.should_close() {
        out.push(Message::SortOut(None));
    } else if answer != *asked {
        out.push(Message::SortOut(Some(answer)));
    }
}

fn bands(ui: &mut egui::Ui, state: &AppState, answer: &mut SortOut) {
    let counts = state.score.triage.counts(state.prefs.reject_below, state.prefs.accept_from);
    ui.horizontal(|ui| {
        for (band, count) in
            [(Band::Reject, counts.reject), (Band::Review, counts.review), (Band::Accept, counts.accept)]
        {
            let mut on = answer.bands.contains(&band);
            if ui.checkbox(&mut on, format!("{} ({})", band.text(), grouped(count))).changed() {
                if on {
                    answer.bands.insert(band);
                } else {
                    answer.bands.remove(&band);
                }
            }
        }
    });
}

fn outputs(ui: &mut egui::Ui, answer: &mut SortOut) {
    ui.horizontal(|ui| {
        for (output, name, about) in OUTPUTS {
            ui.radio_value(&mut answer.output, output, name).on_hover_text(about);
        }
    });
}

fn folder(ui: &mut egui::Ui, answer: &mut SortOut, out: &mut Vec<Message>) {
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("Choose…").clicked() {
                out.push(Message::Ask(DialogFor::SortOutFolder));
            }
            let field = egui::TextEdit::singleline(&mut answer.folder).hint_text("Folder to write into");
            ui.add(field.desired_width(f32::INFINITY)).accessible_name("Folder to write into");
        });
    });
}

fn plan(ui: &mut egui::Ui, asked: &SortOut) {
    match &asked.plan {
        None if asked.folder.trim().is_empty() => hint(ui, "Choose a folder to see what would be written."),
        None => hint(ui, "Looking at the files…"),
        Some(Ok(plan)) => ui.add(egui::Label::new(described(plan, asked.output)).wrap()),
        Some(Err(error)) => ui.add(egui::Label::new(RichText::new(error).color(colours(ui).reject)).wrap()),
    };
}

/// Returns whether to close.
fn buttons(ui: &mut egui::Ui, asked: &SortOut, out: &mut Vec<Message>) -> bool {
    ui.horizontal(|ui| {
        let ready = matches!(asked.plan, Some(Ok(_)));
        let text = match asked.output {
            TriageOutput::Copies => "Copy the photos",
            TriageOutput::SideCars => "Write the side-cars",
            TriageOutput::List => "Write the list",
        };
        if primary_button(ui, text, ready).clicked() {
            out.push(Message::StartSortingOut);
        }
        ui.button("Cancel").clicked()
    })
    .inner
}

/// "Would copy 9 photos (34 MB) and a list; 1 is there already".
fn described(plan: &TriagePlan, output: TriageOutput) -> String {
    let (photos, bytes) =
        plan.bands.iter().fold((0, 0), |(photos, bytes), line| (photos + line.photos as usize, bytes + line.bytes));
    let photos = if photos == 1 { "1 photo".to_owned() } else { format!("{} photos", grouped(photos)) };
    let mut text = match output {
        TriageOutput::Copies => format!("Would copy {photos} ({}) and write a list", size_text(bytes)),
        TriageOutput::SideCars => format!("Would write a side-car for {photos}, and a list"),
        TriageOutput::List => format!("Would list {photos}"),
    };
    for (count, what) in [(plan.there, "there already"), (plan.missing, "gone"), (plan.unscored, "without a score")] {
        if count > 0 {
            text.push_str(&format!("; {} {what}", grouped(count as usize)));
        }
    }
    text
}

fn size_text(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes < 1e6 => format!("{:.0} kB", bytes / 1e3),
        bytes if bytes < 1e9 => format!("{:.1} MB", bytes / 1e6),
        bytes => format!("{:.1} GB", bytes / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::TriageLine;

    #[test]
    fn a_plan_reads_well() {
        let line = |band, photos, bytes| TriageLine { band, photos, bytes };
        let bands = vec![line(Band::Review, 1, 1_500_000), line(Band::Reject, 1234, 2_000_000_000)];
        let plan = TriagePlan { bands, there: 3, missing: 0, unscored: 1, elsewhere: 0 };
        let text = described(&plan, TriageOutput::Copies);
        assert_eq!(text, "Would copy 1,235 photos (2.0 GB) and write a list; 3 there already; 1 without a score");
        assert_eq!(
            described(&TriagePlan { unscored: 0, there: 0, ..plan }, TriageOutput::List),
            "Would list 1,235 photos"
        );
        assert_eq!([900, 1_500_000].map(size_text), ["1 kB", "1.5 MB"]);
    }
}
