//! Principal components: a fixed basis that turns thousands of features of a photo into a few hundred.
//!
//! Fitted once on some photos and then kept, so that stored features never change their meaning. Features are
//! standardised first (mean 0, deviation 1; what never varies is left out), so that no block of a network outweighs
//! another by its units. With fewer photos than features the components come from the photos' inner products
//! (Turk and Pentland 1991): the largest matrix to decompose is photos × photos. Must not know networks or the store.

use super::half::to_half;
use super::linear::{self, Matrix};
use crate::error::{Error, Result};

/// Components kept at most.
pub const MOST_COMPONENTS: usize = 512;

/// Photos that a basis is fitted on at most: more change little and cost the cube.
pub const MOST_PHOTOS: usize = 2000;

const MAGIC: &[u8; 8] = b"PkShBas\x01";

/// Components whose variance falls below this share of the first are rounding noise.
const NEGLIGIBLE: f64 = 1e-9;

/// Features decomposed at a time: bounds the memory in double precision.
const CHUNK: usize = 1024;

/// Photos projected at a time.
const BATCH: usize = 256;

/// A basis of principal components of standardised features.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    features: usize,
    means: Vec<f32>,
    /// 1 / standard deviation, times what evens out levels; 0 for what never varies.
    scales: Vec<f32>,
    shares: Vec<f32>,
    /// features × components, row after row.
    axes: Vec<f32>,
}

impl Basis {
    /// Fits a basis on `photos` rows of `features` values each, row after row; of more than [`MOST_PHOTOS`] photos it
    /// takes as many, evenly spaced. Keeps at most `most` (and [`MOST_COMPONENTS`]) components.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when there are fewer than two photos, a value is not a number, or nothing varies.
    pub fn fit(values: &[f32], features: usize, most: usize) -> Result<Self> {
        Self::fit_levels(values, &[features], most)
    }

    /// As [`Self::fit`] on features that lie side by side in levels of such widths, every level with the same total
    /// variance: otherwise the late levels of a network, ten times as wide, drown the early ones, where blur and noise
    /// show. On BIQ2021 (see docs/benchmarks.md) this is what helps a ridge most, with few labels above all.
    ///
    /// # Errors
    /// As [`Self::fit`].
    pub fn fit_levels(values: &[f32], levels: &[usize], most: usize) -> Result<Self> {
        let features = levels.iter().sum();
        let photos = values.len().checked_div(features).unwrap_or(0);
        if photos < 2 {
            return Err(Error::bad_data("principal components need the features of at least two photos"));
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::bad_data("a feature is not a finite number"));
        }
        let taken = photos.min(MOST_PHOTOS);
        let rows: Vec<&[f32]> = (0..taken).map(|i| &values[i * photos / taken * features..][..features]).collect();
        let (means, mut scales) = moments(&rows, features);
        let total = even_out(&mut scales, levels);
        let standard = Standard { rows: &rows, means: &means, scales: &scales };
        let most = most.min(MOST_COMPONENTS);
        let (variances, axes) =
            if taken <= features { standard.by_photos(most)? } else { standard.by_features(most)? };
        if variances.is_empty() {
            return Err(Error::bad_data("the features of all photos are the same"));
        }
        let shares = variances.iter().map(|variance| (variance / total) as f32).collect();
        Ok(Self { features, means, scales, shares, axes })
    }

    /// What a photo's features are reduced by before they are projected.
    pub fn means(&self) -> &[f32] {
        &self.means
    }

    /// A line on components as one on features (less [`Self::means`]).
    pub fn unproject(&self, slopes: &[f64]) -> Vec<f64> {
        let rows = self.axes.chunks_exact(self.components());
        let along = |row: &[f32]| row.iter().zip(slopes).map(|(axis, slope)| f64::from(*axis) * slope).sum::<f64>();
        rows.zip(&self.scales).map(|(row, scale)| along(row) * f64::from(*scale)).collect()
    }

    /// Features a photo has before.
    pub fn features(&self) -> usize {
        self.features
    }

    /// Values a photo has after.
    pub fn components(&self) -> usize {
        self.shares.len()
    }

    /// The share of the standardised features' variance that each component holds, largest first.
    pub fn shares(&self) -> &[f32] {
        &self.shares
    }

    /// Projects photos (rows of [`Self::features`] values) onto the components, in single precision.
    pub fn project(&self, values: &[f32]) -> Vec<f32> {
        let mut projected = Vec::with_capacity(values.len() / self.features * self.components());
        let mut batch = Vec::with_capacity(BATCH * self.features);
        for rows in values.chunks(BATCH * self.features) {
            batch.clear();
            for row in rows.chunks_exact(self.features) {
                let moments = self.means.iter().zip(&self.scales);
                batch.extend(row.iter().zip(moments).map(|(value, (mean, scale))| (value - mean) * scale));
            }
            projected.extend(linear::single_product(&batch, &self.axes, self.features));
        }
        projected
    }

    /// Projects photos as [`Self::project`] does, to half precision for the store.
    pub fn project_half(&self, values: &[f32]) -> Vec<u16> {
        self.project(values).into_iter().map(to_half).collect()
    }

    /// The basis as bytes: a version, the sizes, then means, scales, shares and axes as little-endian `f32`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((self.features as u32).to_le_bytes());
        bytes.extend((self.components() as u32).to_le_bytes());
        for part in [&self.means, &self.scales, &self.shares, &self.axes] {
            bytes.extend(part.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when the bytes are of another version or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let damaged = || {
            Error::bad_data("the basis of the cached features cannot be read")
                .hint("It is damaged or of another version: let Packshot compute the features again.")
        };
        let (head, body) = bytes.split_at_checked(16).ok_or_else(damaged)?;
        let size = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize;
        let (features, components) = (size(8), size(12));
        let expected = features.checked_mul(components).and_then(|axes| axes.checked_add(2 * features + components));
        if head[..8] != MAGIC[..] || features == 0 || components == 0 || Some(body.len() / 4) != expected {
            return Err(damaged());
        }
        let mut values = body.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let mut take = |count: usize| -> Vec<f32> { values.by_ref().take(count).collect() };
        let basis = Self {
            features,
            means: take(features),
            scales: take(features),
            shares: take(components),
            axes: take(features * components),
        };
        if body.len() % 4 != 0 || basis.axes.iter().any(|value| !value.is_finite()) {
            return Err(damaged());
        }
        Ok(basis)
    }
}

fn moments(rows: &[&[f32]], features: usize) -> (Vec<f32>, Vec<f32>) {
    let n = rows.len() as f64;
    let (mut means, mut squares) = (vec![0.0; features], vec![0.0; features]);
    for row in rows {
        means.iter_mut().zip(*row).for_each(|(mean, value)| *mean += f64::from(*value) / n);
    }
    for row in rows {
        for ((square, value), mean) in squares.iter_mut().zip(*row).zip(&means) {
            *square += (f64::from(*value) - mean).powi(2) / n;
        }
    }
    // Rounding alone makes a constant vary by about 10⁻⁷ of its size.
    let scale = |(square, mean): (&f64, &f64)| {
        let deviation = square.sqrt();
        if deviation > 1e-6 * mean.abs().max(1e-12) { (1.0 / deviation) as f32 } else { 0.0 }
    };
    let scales = squares.iter().zip(&means).map(scale).collect();
    (means.into_iter().map(|mean| mean as f32).collect(), scales)
}

/// Scales the features of each level so that the levels have the same variance, on average 1 a feature that varies;
/// returns the variance of all.
fn even_out(scales: &mut [f32], levels: &[usize]) -> f64 {
    let varying = |scales: &[f32]| scales.iter().filter(|scale| **scale > 0.0).count() as f64;
    let total = varying(scales);
    let begins = levels.iter().scan(0, |next, width| Some(std::mem::replace(next, *next + width)));
    let mut places: Vec<_> = begins.zip(levels).map(|(begin, width)| begin..begin + width).collect();
    places.retain(|place| varying(&scales[place.clone()]) > 0.0);
    let share = total / places.len().max(1) as f64;
    for place in places {
        let factor = (share / varying(&scales[place.clone()])).sqrt() as f32;
        scales[place].iter_mut().for_each(|scale| *scale *= factor);
    }
    total
}

/// Variances in falling order, and axes (features × components, row after row).
type Components = (Vec<f64>, Vec<f32>);

struct Standard<'a> {
    rows: &'a [&'a [f32]],
    means: &'a [f32],
    scales: &'a [f32],
}

impl Standard<'_> {
    /// Standardised features `from..to` of every photo.
    fn part(&self, from: usize, to: usize) -> Matrix {
        Matrix::from_fn(self.rows.len(), to - from, |row, column| {
            let feature = from + column;
            f64::from((self.rows[row][feature] - self.means[feature]) * self.scales[feature])
        })
    }

    fn parts(&self) -> impl Iterator<Item = Matrix> {
        let features = self.means.len();
        (0..features).step_by(CHUNK).map(move |from| self.part(from, features.min(from + CHUNK)))
    }

    fn by_photos(&self, most: usize) -> Result<Components> {
        let n = self.rows.len();
        let mut kernel = Matrix::zeros(n, n);
        for part in self.parts() {
            linear::add_scaled(kernel.values_mut(), linear::outer_product(&part).values(), 1.0);
        }
        let eigen = linear::symmetric_eigen(&kernel)?;
        let kept = kept(&eigen.values, most.min(n - 1));
        let left = Matrix::from_fn(n, kept, |row, column| eigen.vectors.row(row)[column] / eigen.values[column].sqrt());
        let mut axes = Vec::with_capacity(self.means.len() * kept);
        for part in self.parts() {
            axes.extend(linear::transposed_product(&part, &left).values().iter().map(|value| *value as f32));
        }
        Ok((variances(&eigen.values[..kept], n), axes))
    }

    fn by_features(&self, most: usize) -> Result<Components> {
        let (n, features) = (self.rows.len(), self.means.len());
        let all = self.part(0, features);
        let eigen = linear::symmetric_eigen(&linear::transposed_product(&all, &all))?;
        let kept = kept(&eigen.values, most);
        let axes = (0..features).flat_map(|row| eigen.vectors.row(row)[..kept].iter().map(|value| *value as f32));
        Ok((variances(&eigen.values[..kept], n), axes.collect()))
    }
}

fn kept(values: &[f64], most: usize) -> usize {
    let least = values.first().copied().unwrap_or(0.0).max(0.0) * NEGLIGIBLE;
    values.iter().take(most).take_while(|value| **value > least).count()
}

fn variances(values: &[f64], photos: usize) -> Vec<f64> {
    values.iter().map(|value| value / photos as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::half::from_half;

    /// Two features that rise together and one that does not vary: correlation r, shares (1 ± r) / 2.
    const SMALL: [f32; 12] = [1.0, 10.0, 7.0, 2.0, 30.0, 7.0, 3.0, 20.0, 7.0, 4.0, 40.0, 7.0];

    #[test]
    fn a_small_case_is_exact() {
        let basis = Basis::fit(&SMALL, 3, 10).expect("fits");
        assert_eq!((basis.features(), basis.components()), (3, 2));
        // Correlation of (1, 2, 3, 4) and (1, 3, 2, 4) is 0.8.
        let shares = basis.shares();
        assert!((shares[0] - 0.9).abs() < 1e-6 && (shares[1] - 0.1).abs() < 1e-6, "{shares:?}");
        // The first photo is (−1.5, −1.5) / √1.25 after standardising: all of it along the diagonal.
        let projected = basis.project(&SMALL[..3]);
        assert!((projected[0].abs() - (2.0f32 * 1.5 * 1.5 / 1.25).sqrt()).abs() < 1e-5, "{projected:?}");
        assert!(projected[1].abs() < 1e-5, "{projected:?}");
    }

    /// `photos` rows of `features` values that `factors` numbers explain, with a little noise.
    fn factors(photos: usize, features: usize, factors: usize) -> Vec<f32> {
        let noise = |a: usize, b: usize| ((a * 2_654_435_761 + b * 40_503 + 977) % 10_007) as f32 / 10_007.0 - 0.5;
        let value = |photo: usize, feature: usize| {
            let sum: f32 = (0..factors).map(|f| noise(photo, f) * noise(f + 50_000, feature + 31)).sum();
            100.0 * sum + 0.5 * noise(photo * 7 + 3, feature * 13 + 5) + feature as f32
        };
        (0..photos).flat_map(|photo| (0..features).map(move |feature| value(photo, feature))).collect()
    }

    #[test]
    fn both_routes_find_the_same_components() {
        let values = factors(60, 60, 5);
        let (rows, n): (Vec<&[f32]>, _) = (values.chunks(60).collect(), 60);
        let (means, scales) = moments(&rows, 60);
        let standard = Standard { rows: &rows, means: &means, scales: &scales };
        let (by_photos, dual) = standard.by_photos(5).expect("decomposes");
        let (by_features, primal) = standard.by_features(5).expect("decomposes");
        for k in 0..5 {
            assert!((by_photos[k] - by_features[k]).abs() < 1e-9 * by_photos[0], "{by_photos:?} {by_features:?}");
            let cosine: f32 = (0..n).map(|j| dual[j * 5 + k] * primal[j * 5 + k]).sum();
            assert!((cosine.abs() - 1.0).abs() < 1e-4, "component {k}: {cosine}");
        }
    }

    #[test]
    fn the_components_hold_the_variance_they_say() {
        let (photos, features) = (80, 300);
        let values = factors(photos, features, 6);
        let basis = Basis::fit(&values, features, 6).expect("fits");
        assert!(basis.shares().iter().sum::<f32>() > 0.98, "{:?}", basis.shares());
        let projected: Vec<f32> = basis.project_half(&values).into_iter().map(from_half).collect();
        for (k, share) in basis.shares().iter().enumerate() {
            let column: Vec<f32> = projected.chunks(6).map(|row| row[k]).collect();
            let (mean, n) = (column.iter().sum::<f32>() / photos as f32, photos as f32);
            let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / n;
            assert!(mean.abs() < 0.01, "component {k}: mean {mean}");
            assert!((variance / features as f32 / share - 1.0).abs() < 0.01, "component {k}: {variance} for {share}");
        }
    }

    #[test]
    fn a_basis_survives_its_bytes_and_damage_is_refused() {
        let basis = Basis::fit(&factors(20, 40, 3), 40, 8).expect("fits");
        let bytes = basis.to_bytes();
        assert_eq!(Basis::from_bytes(&bytes).expect("reads"), basis);
        for damaged in [&bytes[..bytes.len() - 1], &bytes[..10], &[bytes.as_slice(), &[0; 4]].concat()] {
            assert!(Basis::from_bytes(damaged).is_err());
        }
        let mut newer = bytes;
        newer[7] = 2;
        assert!(Basis::from_bytes(&newer).is_err());
    }

    #[test]
    fn levels_count_alike_whatever_their_width() {
        // One feature against 59 that hold one number together, and one that never varies.
        let row = |photo: usize| {
            let (a, b) = ([0.0, 1.0, 0.0, 1.0][photo % 4], [0.0, 0.0, 1.0, 1.0][photo % 4]);
            std::iter::once(a).chain((0..59).map(move |_| b)).chain([5.0])
        };
        let values: Vec<f32> = (0..40).flat_map(row).collect();
        let shares = |basis: Basis| basis.shares().to_vec();
        let alike = shares(Basis::fit_levels(&values, &[1, 59, 1], 10).expect("fits"));
        assert!(alike.len() == 2 && alike.iter().all(|share| (share - 0.5).abs() < 1e-6), "{alike:?}");
        let wide = shares(Basis::fit(&values, 61, 10).expect("fits"));
        assert!((wide[0] - 59.0 / 60.0).abs() < 1e-6, "{wide:?}");
    }

    #[test]
    fn what_cannot_be_decomposed_is_refused() {
        assert!(Basis::fit(&[1.0, 2.0], 2, 4).is_err());
        assert!(Basis::fit(&[3.0; 8], 2, 4).is_err());
        assert!(Basis::fit(&[1.0, f32::NAN, 2.0, 3.0], 2, 4).is_err());
    }
}
