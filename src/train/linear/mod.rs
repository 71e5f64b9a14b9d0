//! Dense matrices for the ridge models and the principal components: rows one after another, double precision.
//!
//! The decompositions and products are faer's; only `kernel` names it. Must not know photos, labels or models.

mod kernel;

pub use kernel::{
    Eigen, inverse, outer_product, product, product_transposed, single_product, solve_positive, symmetric_eigen,
    transposed_product,
};

/// A dense matrix, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![0.0; rows * columns] }
    }

    /// A matrix whose values are `value(row, column)`.
    pub fn from_fn(rows: usize, columns: usize, mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let mut values = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            values.extend((0..columns).map(|column| value(row, column)));
        }
        Self { rows, columns, values }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// A row, to be changed.
    pub fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.columns..][..self.columns]
    }

    /// All values, row after row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// All values, row after row, to be changed.
    pub fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// The chosen rows, in their order.
    #[must_use]
    pub fn gather(&self, rows: &[usize]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.columns);
        rows.iter().for_each(|&row| values.extend_from_slice(self.row(row)));
        Self { rows: rows.len(), columns: self.columns, values }
    }

    /// The mean of each column, rows weighted.
    pub fn weighted_means(&self, weights: &[f64]) -> Vec<f64> {
        let total: f64 = weights.iter().sum();
        let mut means = vec![0.0; self.columns];
        for (row, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            add_scaled(&mut means, self.row(row), weight / total);
        }
        means
    }

    /// The mean of each column.
    pub fn means(&self) -> Vec<f64> {
        self.weighted_means(&vec![1.0; self.rows])
    }

    /// Takes `means` from every row.
    pub fn centre(&mut self, means: &[f64]) {
        for row in 0..self.rows {
            add_scaled(self.row_mut(row), means, -1.0);
        }
    }

    /// `self · x`.
    pub fn times(&self, x: &[f64]) -> Vec<f64> {
        (0..self.rows).map(|row| dot(self.row(row), x)).collect()
    }

    /// `selfᵀ · x`.
    pub fn transposed_times(&self, x: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.columns];
        x.iter().enumerate().for_each(|(row, factor)| add_scaled(&mut sum, self.row(row), *factor));
        sum
    }
}

/// Lanes that a sum is spread over, so that the compiler may add them side by side.
const LANES: usize = 8;

/// The inner product of two rows of equal length.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        lanes.iter_mut().zip(x).zip(y).for_each(|((lane, x), y)| *lane += x * y);
    }
    lanes.iter().sum::<f64>() + rest
}

/// `sum += factor · row`.
pub fn add_scaled(sum: &mut [f64], row: &[f64], factor: f64) {
    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &Matrix, b: &Matrix) {
        assert_eq!((a.rows(), a.columns()), (b.rows(), b.columns()));
        let far = a.values().iter().zip(b.values()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-12, "{far}: {a:?} {b:?}");
    }

    #[test]
    fn products_agree_with_the_definition() {
        let a = Matrix::from_fn(5, 19, |r, c| ((r * 7 + c * 3) % 11) as f64 - 4.5);
        let b = Matrix::from_fn(19, 3, |r, c| ((r * 5 + c * 2) % 13) as f64 - 6.0);
        let plain = |a: &dyn Fn(usize, usize) -> f64, b: &dyn Fn(usize, usize) -> f64, n, k, m| {
            Matrix::from_fn(n, m, |r, c| (0..k).map(|i| a(r, i) * b(i, c)).sum())
        };
        let (at, bt) = (|r: usize, c: usize| a.row(r)[c], |r: usize, c: usize| b.row(r)[c]);
        close(&product(&a, &b), &plain(&at, &bt, 5, 19, 3));
        close(&product_transposed(&a, &a.gather(&[2, 0])), &plain(&at, &|r, c| a.row([2, 0][c])[r], 5, 19, 2));
        close(&transposed_product(&b, &b), &plain(&|r, c| bt(c, r), &bt, 3, 19, 3));
        close(&outer_product(&a), &plain(&at, &|r, c| at(c, r), 5, 19, 5));
        let x: Vec<f64> = (0..19).map(f64::from).collect();
        assert!((a.times(&x)[3] - (0..19).map(|i| at(3, i) * x[i]).sum::<f64>()).abs() < 1e-12);
        assert!((b.transposed_times(&x)[1] - (0..19).map(|i| bt(i, 1) * x[i]).sum::<f64>()).abs() < 1e-12);
    }

    #[test]
    fn eigenvalues_fall_and_rebuild_the_matrix() {
        let a = Matrix::from_fn(6, 4, |r, c| ((r * 5 + c * c * 3) % 7) as f64);
        let square = transposed_product(&a, &a);
        let eigen = symmetric_eigen(&square).expect("decomposes");
        assert!(eigen.values.windows(2).all(|pair| pair[0] >= pair[1]), "{:?}", eigen.values);
        let scaled = Matrix::from_fn(4, 4, |r, c| eigen.vectors.row(r)[c] * eigen.values[c]);
        let rebuilt = product_transposed(&scaled, &eigen.vectors);
        let far = rebuilt.values().iter().zip(square.values()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-10, "{far}");
    }

    #[test]
    fn positive_systems_are_solved_and_others_refused() {
        let a = Matrix::from_fn(3, 3, |r, c| if r == c { 4.0 } else { 1.0 / (1 + r + c) as f64 });
        let x = solve_positive(&a, &[1.0, -2.0, 3.0]).expect("positive definite");
        let back = a.times(&x);
        assert!(back.iter().zip([1.0, -2.0, 3.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
        let inverse = inverse(&a).expect("positive definite");
        close(&product(&a, &inverse), &Matrix::from_fn(3, 3, |r, c| f64::from(u8::from(r == c))));
        assert_eq!(solve_positive(&Matrix::from_fn(2, 2, |_, _| 1.0 - 2.0), &[1.0, 1.0]), None);
    }

    #[test]
    fn weighted_means_count_each_row_as_often_as_it_weighs() {
        let a = Matrix::from_fn(3, 2, |r, c| (r * 10 + c) as f64);
        assert_eq!(a.weighted_means(&[1.0, 0.0, 3.0]), vec![15.0, 16.0]);
        let mut centred = a.clone();
        centred.centre(&a.means());
        assert_eq!(centred.row(0), [-10.0, -10.0]);
    }
}
