//! shim
#![allow(missing_docs)]
pub fn measure(_: &image::RgbImage) -> crate::domain::Attributes {
    crate::domain::Attributes {
        sharpness: 0.,
        brightness: 0.,
        contrast: 0.,
        clipped: 0.,
        white_border: 0.,
        fill: 0.,
        megapixels: 0.,
    }
}
