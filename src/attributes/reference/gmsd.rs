//! GMSD: gradient magnitude similarity deviation.
//!
//! W. Xue, L. Zhang, X. Mou, A. Bovik, "Gradient magnitude similarity deviation: a highly efficient perceptual image
//! quality index", IEEE TIP 23 (2014). Luma averaged over 2×2 blocks (an odd side ends with zeros), Prewitt gradients
//! with zeros around, constant 170, and the population standard deviation of the likeness map. As piq's `gmsd`.

use super::Pair;
use super::gradient::{likeness, magnitude};

const CONSTANT: f64 = 170.0;

/// Gradient magnitude similarity deviation of luma; 0 for equal luma, higher is worse.
pub fn gmsd(pair: &Pair<'_>) -> f64 {
    let gradients = |plane: &super::Plane| magnitude(&plane.halved_with_zeros(), 1.0 / 3.0, 1.0 / 3.0);
    let (a, b) = (gradients(&pair.reference.luma), gradients(&pair.edited.luma));
    let map: Vec<f64> = a.iter().zip(&b).map(|(&a, &b)| likeness(a.into(), b.into(), CONSTANT)).collect();
    let mean = map.iter().sum::<f64>() / map.len() as f64;
    (map.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / map.len() as f64).sqrt()
}
