//! Small pieces the pages share. Must not change the state: they draw and report.

mod chip;
mod empty;
mod histogram;
mod photo;
mod sort;

pub use chip::{Band, band, label_dot, score_chip};
pub use empty::{empty_state, heading, hint, primary_button};
pub use histogram::histogram;
pub use photo::{broken_box, contained, photo_box, wait_box};
pub use sort::sort_button;
