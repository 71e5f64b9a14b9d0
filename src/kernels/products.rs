//! The two sums of products that convolutions are made of, several at a time in the registers of the processor at hand.
//!
//! Only this file names pulp, which finds out what the processor has and translates for it.

use pulp::{Arch, Simd, WithSimd};

/// Values that may be read past the end of a run: its length is rounded up to whole registers.
pub const SLACK: usize = 128;

/// Rows of sums, and registers of each, that [`correlate`] works on at a time: with the weight and the values they fill
/// the sixteen registers of AVX2.
const ROWS: usize = 6;
const REGISTERS: usize = 2;

/// Rows and places that [`dots`] works on at a time.
const DOT_ROWS: usize = 4;
const DOT_PLACES: usize = 3;

/// Weights in the order in which [`correlate`] uses them: `ROWS` rows side by side.
#[derive(Debug, Clone)]
pub struct Packed {
    blocks: Vec<Vec<[f32; ROWS]>>,
}

impl Packed {
    /// `weight` gives the weight of a row at a place.
    pub fn new(rows: usize, places: usize, weight: impl Fn(usize, usize) -> f32) -> Self {
        let one = |row: usize, place: usize| if row < rows { weight(row, place) } else { 0.0 };
        let block =
            |first: usize| (0..places).map(|place| std::array::from_fn(|row| one(first + row, place))).collect();
        Self { blocks: (0..rows).step_by(ROWS).map(block).collect() }
    }

    /// Values that [`correlate`] writes for rows of `pitch` values.
    pub fn sums_len(&self, pitch: usize) -> usize {
        self.blocks.len() * ROWS * pitch
    }
}

/// A row's length in whole registers, as the functions below read and write it.
pub fn whole_registers(length: usize) -> usize {
    length.next_multiple_of(64)
}

/// What becomes of the sums, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Then<'a> {
    /// What they are multiplied by.
    pub slope: &'a [f32],
    /// What is added then.
    pub level: &'a [f32],
    /// The least and the most that they become.
    pub range: [f32; 2],
}

impl Then<'_> {
    #[inline(always)]
    fn finish<S: Simd>(&self, simd: S, row: usize, sums: &mut [f32]) {
        let of_row = |values: &[f32]| simd.splat_f32s(values.get(row).copied().unwrap_or_default());
        let (slope, level) = (of_row(self.slope), of_row(self.level));
        let [least, most] = self.range.map(|end| simd.splat_f32s(end));
        for sums in S::as_mut_simd_f32s(sums).0 {
            *sums = simd.min_f32s(simd.max_f32s(simd.mul_add_e_f32s(*sums, slope, level), least), most);
        }
    }
}

/// `sums[row][at] = Σ weights[row][place] · values[at + offsets[place]]` for `at` below `length`, and what becomes of
/// them; rows of sums lie [`whole_registers`] of `length` apart. [`SLACK`] values past the last one are read.
pub fn correlate(
    values: &[f32],
    offsets: &[usize],
    weights: &Packed,
    then: Option<Then<'_>>,
    sums: &mut [f32],
    length: usize,
) {
    Arch::new().dispatch(Correlation { values, offsets, weights, then, sums, length });
}

struct Correlation<'a> {
    values: &'a [f32],
    offsets: &'a [usize],
    weights: &'a Packed,
    then: Option<Then<'a>>,
    sums: &'a mut [f32],
    length: usize,
}

impl WithSimd for Correlation<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (step, pitch) = (REGISTERS * S::F32_LANES, whole_registers(self.length));
        let blocks = self.weights.blocks.iter().zip(self.sums.chunks_exact_mut(ROWS * pitch));
        for (block, (weights, sums)) in blocks.enumerate() {
            for at in (0..self.length).step_by(step) {
                let window = &self.values[at..];
                let mut found = [[simd.splat_f32s(0.0); REGISTERS]; ROWS];
                for (&offset, weights) in self.offsets.iter().zip(weights) {
                    let (run, _) = S::as_simd_f32s(&window[offset..][..step]);
                    let run: [S::f32s; REGISTERS] = [run[0], run[1]];
                    for (found, weight) in found.iter_mut().zip(weights) {
                        let weight = simd.splat_f32s(*weight);
                        for (found, values) in found.iter_mut().zip(run) {
                            *found = simd.mul_add_e_f32s(weight, values, *found);
                        }
                    }
                }
                for (row, found) in sums.chunks_exact_mut(pitch).zip(found) {
                    S::as_mut_simd_f32s(&mut row[at..][..step]).0.copy_from_slice(&found);
                }
            }
            // Not in the loop above, which has no register to spare.
            if let Some(then) = &self.then {
                let rows = sums.chunks_exact_mut(pitch).enumerate();
                rows.for_each(|(row, sums)| then.finish(simd, block * ROWS + row, sums));
            }
        }
    }
}

/// Registers that [`filter`] works on at a time.
const FILTERED: usize = 4;

/// `sums[at] = Σ weights[place] · values[at + offsets[place]]` for `at` below `length`: row number `row` of [`correlate`] by
/// itself, with its weights. Sums are [`whole_registers`] of `length`; [`SLACK`] values past the last one are read.
pub fn filter(
    values: &[f32],
    offsets: &[usize],
    weights: &[f32],
    (then, row): (Then<'_>, usize),
    sums: &mut [f32],
    length: usize,
) {
    Arch::new().dispatch(Filter { values, offsets, weights, then, row, sums, length });
}

struct Filter<'a> {
    values: &'a [f32],
    offsets: &'a [usize],
    weights: &'a [f32],
    then: Then<'a>,
    row: usize,
    sums: &'a mut [f32],
    length: usize,
}

impl WithSimd for Filter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let step = FILTERED * S::F32_LANES;
        for at in (0..self.length).step_by(step) {
            let window = &self.values[at..];
            let mut found = [simd.splat_f32s(0.0); FILTERED];
            for (&offset, &weight) in self.offsets.iter().zip(self.weights) {
                let (run, _) = S::as_simd_f32s(&window[offset..][..step]);
                let weight = simd.splat_f32s(weight);
                for (found, values) in found.iter_mut().zip(run) {
                    *found = simd.mul_add_e_f32s(weight, *values, *found);
                }
            }
            S::as_mut_simd_f32s(&mut self.sums[at..][..step]).0.copy_from_slice(&found);
        }
        self.then.finish(simd, self.row, self.sums);
    }
}

/// Rows of gradients as [`dots`] takes them: as many as it works on at a time, the last ones empty.
pub fn dot_rows(rows: usize) -> usize {
    rows.next_multiple_of(DOT_ROWS)
}

/// Places as [`dots`] takes them: the last ones again, until there are as many as it works on at a time.
pub fn dot_places(mut offsets: Vec<usize>) -> Vec<usize> {
    let last = offsets.last().copied().unwrap_or_default();
    offsets.resize(offsets.len().next_multiple_of(DOT_PLACES), last);
    offsets
}

/// `sums[row][place] = Σ gradients[row][at] · values[at + offsets[place]]`; rows of gradients are `pitch` values, in whole
/// registers, and [`dot_rows`] many; offsets are those of [`dot_places`].
pub fn dots(values: &[f32], offsets: &[usize], gradients: &[f32], pitch: usize, sums: &mut [f32]) {
    Arch::new().dispatch(Dots { values, offsets, gradients, pitch, sums });
}

struct Dots<'a> {
    values: &'a [f32],
    offsets: &'a [usize],
    gradients: &'a [f32],
    pitch: usize,
    sums: &'a mut [f32],
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let count = self.pitch / S::F32_LANES;
        let gradients = self.gradients.chunks_exact(DOT_ROWS * self.pitch);
        for (gradients, sums) in gradients.zip(self.sums.chunks_exact_mut(DOT_ROWS * self.offsets.len())) {
            let rows: [&[S::f32s]; DOT_ROWS] =
                std::array::from_fn(|row| &S::as_simd_f32s(&gradients[row * self.pitch..]).0[..count]);
            for (group, offsets) in self.offsets.as_chunks::<DOT_PLACES>().0.iter().enumerate() {
                let runs = offsets.map(|offset| &S::as_simd_f32s(&self.values[offset..]).0[..count]);
                let mut found = [[simd.splat_f32s(0.0); DOT_PLACES]; DOT_ROWS];
                for at in 0..count {
                    let values = runs.map(|run| run[at]);
                    for (found, row) in found.iter_mut().zip(rows) {
                        for (found, values) in found.iter_mut().zip(values) {
                            *found = simd.mul_add_e_f32s(row[at], values, *found);
                        }
                    }
                }
                for (sums, found) in sums.chunks_exact_mut(self.offsets.len()).zip(found) {
                    for (sum, found) in sums[group * DOT_PLACES..].iter_mut().zip(found) {
                        *sum = simd.reduce_sum_f32s(found);
                    }
                }
            }
        }
    }
}
