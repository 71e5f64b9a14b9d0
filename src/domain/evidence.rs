//! Where in a photo its measures come from: what the window draws over it.

/// A box in a photo, its sides as shares of the frame's width and height (0-1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Left side.
    pub left: f64,
    /// Upper side.
    pub top: f64,
    /// Right side.
    pub right: f64,
    /// Lower side.
    pub bottom: f64,
}

/// What a sample of the backdrop is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Not backdrop: the product, or a photo without an even backdrop.
    Product,
    /// Exactly 255, 255, 255.
    Pure,
    /// Every channel at 250 or more.
    NearWhite,
    /// Anything darker.
    Coloured,
}

/// Which end of the scale a sample has run into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clip {
    /// Neither.
    None,
    /// A channel at 255, product only.
    High,
    /// A channel at 0, product only.
    Low,
}

/// Maps and boxes that show where a photo's measures come from. Maps have `columns` × `rows` samples, row by row, over
/// the whole frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Samples across.
    pub columns: usize,
    /// Samples down.
    pub rows: usize,
    /// The backdrop.
    pub ground: Vec<Ground>,
    /// Clipped samples.
    pub clipped: Vec<Clip>,
    /// The product's box, when there is a backdrop to tell it from.
    pub product: Option<Region>,
    /// What a drawn frame or bars leave free, when there are any.
    pub inside_frame: Option<Region>,
    /// Text, logos and marks laid over the photo.
    pub overlays: Vec<Region>,
    /// Pixels of each value 0-255: luma, red, green, blue.
    pub histogram: [[u32; 256]; 4],
}
