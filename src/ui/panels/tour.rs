//! The tour: a card a page, for whoever tries the demo catalogue first.

use eframe::egui::{self, Align2, Order, RichText, Stroke, vec2};

use crate::ui::message::Message;
use crate::ui::prefs::Page;
use crate::ui::state::AppState;
use crate::ui::theme::{colours, space};
use crate::ui::widgets::{hint, primary_button};

/// The steps: the page each stands on, what it is about, and what to try.
pub(in crate::ui) const STEPS: [(Page, &str, &str); 6] = [
    (
        Page::Browse,
        "Every photo with its score",
        "Click a photo to see what was measured and why it has its score; Y tints where that comes from. Filter with \
         score<40, select several and press 1 to 5 to label them at once.",
    ),
    (
        Page::Label,
        "One key a photo",
        "1 is bad, 5 is excellent, S skips, Ctrl+Z takes back, however long ago. From 20 labels on a model of your own \
         taste learns along and shows its guess after each vote.",
    ),
    (
        Page::Train,
        "A model of your own",
        "Start trains on your labels while the curves move; at its end it says in plain words how good it is on photos it \
         never saw. It can be stopped and resumed.",
    ),
    (
        Page::Score,
        "Scores for new photos",
        "Drop a folder: every photo gets a score with an interval and a reason. Drag the edges of the histogram, then sort \
         photos out into folders. Your files stay where they are.",
    ),
    (
        Page::Audit,
        "What a shop would say",
        "Every photo held against the rules of Amazon, eBay, Zalando and others, with the value measured and what to do.",
    ),
    (Page::Browse, "That is all", "Ctrl+P finds every command with its key. Open a folder of your own with Ctrl+O."),
];

pub(super) fn show(ui: &egui::Ui, state: &AppState, out: &mut Vec<Message>) {
    let Some((at, (_, title, text))) = state.tour.and_then(|at| Some((at, STEPS.get(at)?))) else { return };
    let palette = colours(ui);
    let place = egui::Area::new(egui::Id::unique("tour")).order(Order::Foreground);
    place.anchor(Align2::CENTER_BOTTOM, vec2(0.0, -24.0)).show(ui, |ui| {
        let stroke = Stroke::new(1.5, palette.accent);
        egui::Frame::new().fill(palette.raised).corner_radius(10).inner_margin(16).stroke(stroke).show(ui, |ui| {
            ui.set_width(460.0);
            ui.label(RichText::new(*title).size(16.0).strong());
            ui.add(egui::Label::new(*text).wrap());
            ui.add_space(space().m);
            ui.horizontal(|ui| {
                let last = at + 1 == STEPS.len();
                if primary_button(ui, if last { "Done" } else { "Next" }, true).clicked() {
                    out.push(Message::Tour((!last).then_some(at + 1)));
                }
                if at > 0 && ui.button("Back").clicked() {
                    out.push(Message::Tour(Some(at - 1)));
                }
                if !last && ui.button("Skip the tour").clicked() {
                    out.push(Message::Tour(None));
                }
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    hint(ui, format!("{} of {}", at + 1, STEPS.len()));
                });
            });
        });
    });
}
