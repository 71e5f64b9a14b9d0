//! What was told since the window opened: toasts go, this list stays.

use eframe::egui::{self, RichText};

use crate::api::clock;
use crate::ui::message::Message;
use crate::ui::notify::{Mood, Past};
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{dialog, hint};

pub(super) fn show(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    if !state.messages {
        return;
    }
    let modal = dialog(ui, "messages", 520.0, |ui| {
        ui.strong("Messages");
        ui.add_space(space().s);
        if state.toasts.past.is_empty() {
            hint(ui, "Nothing was told since the window opened.");
        }
        egui::ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
            state.toasts.past.iter().for_each(|past| row(ui, past));
        });
        ui.add_space(space().m);
        ui.button("Close").clicked()
    });
    if modal.inner || modal.should_close() {
        out.push(Message::CloseMessages);
    }
}

fn row(ui: &mut egui::Ui, past: &Past) {
    let palette = colours(ui);
    let (colour, mood) = match past.mood {
        Mood::Good => (palette.accept, "Done"),
        Mood::Warning => (palette.review, "Note"),
        Mood::Bad => (palette.reject, "Error"),
    };
    ui.horizontal_top(|ui| {
        // Date and time; the time is what tells messages of one day apart.
        let time = clock::local_text(past.at_ms);
        ui.label(RichText::new(time.split(' ').next_back().unwrap_or_default()).color(palette.weak));
        ui.add_sized([40.0, 18.0], egui::Label::new(RichText::new(mood).color(colour)));
        ui.vertical(|ui| {
            ui.add(egui::Label::new(&past.text).wrap());
            if let Some(details) = &past.details {
                ui.add(egui::Label::new(RichText::new(details).color(palette.weak)).wrap());
            }
        });
    });
}
