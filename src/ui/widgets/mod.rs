//! Small pieces the pages share. Must not change the state: they draw and report.

mod chip;
mod compare;
mod dialog;
mod empty;
mod histogram;
mod mark;
mod overlays;
mod photo;
mod sort;
mod stage;
mod standing;
mod star;
mod tones;

pub use chip::{band_colour, band_shape, label_dot, score_chip};
pub use compare::{Side, compare};
pub use dialog::dialog;
pub use empty::{empty_state, heading, hint, primary_button, tip};
pub use histogram::histogram;
pub use mark::{Mark, mark};
pub use overlays::{draw_overlays, fill_text, overlay_legend};
pub use photo::{broken_box, contained, photo_box, wait_box};
pub use sort::{sort_arrow, sort_button};
pub use stage::{draw_shot, steer, tell_photo};
pub use standing::standing_strip;
pub use star::star;
pub use tones::tones;
