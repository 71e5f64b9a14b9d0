//! Sums over long rows in eight lanes, which the compiler turns into vector instructions.

const LANES: usize = 8;

/// Sum and sum of squares of `value(0..n)`. For a variance, take values around a pivot near their mean: single precision
/// loses the small difference of large sums.
#[inline(always)]
pub(super) fn moments(n: usize, value: impl Fn(usize) -> f32) -> (f64, f64) {
    let (mut sums, mut squares) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    let whole = n / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for lane in 0..LANES {
            let value = value(start + lane);
            sums[lane] += value;
            squares[lane] += value * value;
        }
    }
    for at in whole..n {
        let value = value(at);
        sums[0] += value;
        squares[0] += value * value;
    }
    let total = |lanes: [f32; LANES]| lanes.iter().map(|lane| f64::from(*lane)).sum();
    (total(sums), total(squares))
}
