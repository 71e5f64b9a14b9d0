//! Framing: how much of the frame the product takes up, and where it stands in it.
//!
//! *Fill* is the product's box against the frame along each side, the larger of the two shares counting: what marketplaces
//! mean by "the product fills 85 % of the image". *Fill by area* counts the product's own pixels. Without an even
//! backdrop nothing tells.

use super::mask::{Mask, Shape};

/// Where the product stands.
pub(super) struct Framing {
    /// `max(box width / frame width, box height / frame height)`, 0-1.
    pub(super) fill: f64,
    /// Share of the frame that the product's pixels cover.
    pub(super) area: f64,
    /// Distance of the box's centre from the frame's, each direction as a share of its side.
    pub(super) off_centre: f64,
}

/// Measures a product box.
pub(super) fn framing(mask: &Mask, product: Shape) -> Framing {
    let region = mask.region(product);
    let across = (region.left + region.right - 1.0) / 2.0;
    let down = (region.top + region.bottom - 1.0) / 2.0;
    Framing {
        fill: (region.right - region.left).max(region.bottom - region.top),
        area: mask.share(),
        off_centre: across.hypot(down),
    }
}
