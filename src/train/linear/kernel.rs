//! The only file that names faer, which compiles slowly: products, eigenvalues, Cholesky.

use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::solvers::{DenseSolveCore as _, Llt, Solve as _};
use faer::{Accum, Mat, MatMut, MatRef, Side, get_global_parallelism};

use super::Matrix;
use crate::error::{Error, Result};

/// Eigenvalues in falling order and their vectors, one a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Eigen {
    /// The eigenvalues, largest first.
    pub values: Vec<f64>,
    /// Orthonormal eigenvectors as columns, in the order of the values.
    pub vectors: Matrix,
}

fn view(matrix: &Matrix) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(matrix.values(), matrix.rows(), matrix.columns())
}

fn multiply(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Matrix {
    let mut result = Matrix::zeros(a.nrows(), b.ncols());
    let target = MatMut::from_row_major_slice_mut(result.values_mut(), a.nrows(), b.ncols());
    matmul(target, Accum::Replace, a, b, 1.0, get_global_parallelism());
    result
}

/// `a · b`.
pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    multiply(view(a), view(b))
}

/// `a · bᵀ`.
pub fn product_transposed(a: &Matrix, b: &Matrix) -> Matrix {
    multiply(view(a), view(b).transpose())
}

/// `aᵀ · b`.
pub fn transposed_product(a: &Matrix, b: &Matrix) -> Matrix {
    multiply(view(a).transpose(), view(b))
}

/// `a · aᵀ` (n×n of an n×p matrix), at half the work of a product.
pub fn outer_product(a: &Matrix) -> Matrix {
    let n = a.rows();
    let mut result = Matrix::zeros(n, n);
    triangular::matmul(
        MatMut::from_row_major_slice_mut(result.values_mut(), n, n),
        BlockStructure::TriangularLower,
        Accum::Replace,
        view(a),
        BlockStructure::Rectangular,
        view(a).transpose(),
        BlockStructure::Rectangular,
        1.0,
        get_global_parallelism(),
    );
    for row in 0..n {
        for column in row + 1..n {
            result.values_mut()[row * n + column] = result.values()[column * n + row];
        }
    }
    result
}

/// `a · b` in single precision: `a` has `inner` columns, `b` has `inner` rows; both and the result row after row.
pub fn single_product(a: &[f32], b: &[f32], inner: usize) -> Vec<f32> {
    let (rows, columns) = (a.len() / inner.max(1), b.len() / inner.max(1));
    let mut result = vec![0.0; rows * columns];
    matmul(
        MatMut::from_row_major_slice_mut(&mut result, rows, columns),
        Accum::Replace,
        MatRef::from_row_major_slice(&a[..rows * inner], rows, inner),
        MatRef::from_row_major_slice(&b[..inner * columns], inner, columns),
        1.0,
        get_global_parallelism(),
    );
    result
}

/// The eigen-decomposition of a symmetric matrix.
///
/// # Errors
/// When a value is not a number, or the iteration does not converge.
pub fn symmetric_eigen(matrix: &Matrix) -> Result<Eigen> {
    let failed = || Error::internal("the eigenvalues of the features could not be found");
    if matrix.values().iter().any(|value| !value.is_finite()) {
        return Err(failed().hint("A feature is not a number."));
    }
    let n = matrix.rows();
    let found = view(matrix).self_adjoint_eigen(Side::Lower).map_err(|_| failed())?;
    let rising = found.S().column_vector();
    let values = (0..n).map(|index| rising[n - 1 - index]).collect();
    let vectors = found.U();
    Ok(Eigen { values, vectors: Matrix::from_fn(n, n, |row, column| vectors[(row, n - 1 - column)]) })
}

/// Solves `matrix · x = right` for a symmetric positive definite matrix; nothing when it is not.
pub fn solve_positive(matrix: &Matrix, right: &[f64]) -> Option<Vec<f64>> {
    let factor = Llt::new(view(matrix), Side::Lower).ok()?;
    let mut x = Mat::from_fn(right.len(), 1, |row, _| right[row]);
    factor.solve_in_place(&mut x);
    Some((0..right.len()).map(|row| x[(row, 0)]).collect())
}

/// The inverse of a symmetric positive definite matrix; nothing when it is not.
pub fn inverse(matrix: &Matrix) -> Option<Matrix> {
    let inverse = Llt::new(view(matrix), Side::Lower).ok()?.inverse();
    Some(Matrix::from_fn(matrix.rows(), matrix.rows(), |row, column| inverse[(row, column)]))
}
