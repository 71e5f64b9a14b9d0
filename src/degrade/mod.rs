//! Synthetic degradations of known strength, and a demo catalogue of rendered products made with them.
//!
//! [`apply`] distorts any picture. [`draw_catalogue`] plans photos of products (`plan`), renders each product by sphere
//! tracing (`product`, `render`, `studio`), sets it before a background (`scene`), applies its defects and writes the
//! labels that follow from them. Must not know the store, jobs or any face.

mod artwork;
mod camera;
mod catalogue;
mod defect;
mod distortion;
mod filter;
mod lettering;
mod material;
mod menu;
mod plan;
mod product;
mod random;
mod render;
mod scene;
mod solid;
mod studio;
mod vector;

pub use catalogue::{DemoConfig, DemoTally, draw_catalogue};
pub use defect::{CLEAN_SCORE, Defect, score};
pub use distortion::{Distortion, apply};
pub use menu::{Flaw, MENU, draw_ladder, severity_score, spoil};
