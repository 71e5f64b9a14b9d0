//! Fill: how much of the frame the product takes up, as marketplaces count it.
//!
//! The product's box against the frame along each side; the larger of the two shares (Amazon asks for 85 %). A photo
//! without an even backdrop counts as filled.

use super::mask::Mask;

/// `max(box width / frame width, box height / frame height)`, 0-1.
pub(super) fn fill(mask: &Mask) -> f64 {
    let Some((columns, rows)) = mask.bounds() else { return 0.0 };
    let share = |[first, last]: [usize; 2], of: usize| (last - first + 1) as f64 / of as f64;
    share(columns, mask.columns).max(share(rows, mask.rows))
}
