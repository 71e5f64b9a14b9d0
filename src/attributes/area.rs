//! The product and a rim around it: where quality is measured, so that a flat backdrop neither hides nor fakes a defect.
//!
//! Kept in cells of 8×8 pixels, so that every measure runs over long stretches of a row.

use super::mask::Mask;
use super::runs::{Run, runs_of};

/// Width of the rim in pixels: the product's outline counts, also where the mask cuts into it.
const RIM: usize = 16;
/// Side of a cell in pixels.
const CELL: usize = 8;

/// Pixels near the product, as runs of whole cells.
pub(super) struct Area {
    /// One list a row of cells.
    bands: Vec<Vec<Run>>,
}

impl Area {
    /// The product of a photo of `width` × `height` pixels, and its rim.
    pub(super) fn of(mask: &Mask, width: usize, height: usize) -> Self {
        let (columns, rows) = (width.div_ceil(CELL), height.div_ceil(CELL));
        let reach = RIM / CELL;
        let mut near = vec![false; columns * rows];
        for y in 0..height {
            let row = (y / CELL) * columns;
            for run in mask.product(y) {
                let first = (run.start as usize / CELL).saturating_sub(reach);
                let last = ((run.end as usize - 1) / CELL + reach).min(columns - 1);
                near[row + first..=row + last].fill(true);
            }
        }
        let close = |row: usize, column: usize| {
            let rows = row.saturating_sub(reach)..=(row + reach).min(rows - 1);
            rows.into_iter().any(|row| near[row * columns + column])
        };
        let widen = |run: Run| Run { start: run.start * CELL as u32, end: (run.end * CELL as u32).min(width as u32) };
        let band = |row| runs_of(columns as u32, |column| close(row, column as usize)).into_iter().map(widen).collect();
        Self { bands: (0..rows).map(band).collect() }
    }

    /// The runs of a row.
    pub(super) fn runs(&self, y: usize) -> &[Run] {
        &self.bands[y / CELL]
    }

    /// The runs of a row without the frame's outermost `margin` pixels.
    pub(super) fn inner(&self, y: usize, width: usize, margin: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        let clip = move |run: &Run| (run.start as usize).max(margin)..(run.end as usize).min(width - margin);
        self.runs(y).iter().map(clip).filter(|range| range.start < range.end)
    }
}
