//! Matrices in NumPy's file format (version 1.0 of `numpy.lib.format`), which most languages read.

use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, Result};
use crate::files::write_atomically;

/// The header's length is a multiple of this, so that the values can be mapped into memory.
const ALIGNMENT: usize = 64;

const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

/// Refuses a matrix file by another name than `.npy`.
///
/// # Errors
/// [`crate::error::Code::Usage`].
pub fn check_matrix_file(path: &Path) -> Result<()> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy")) {
        return Ok(());
    }
    Err(Error::usage(format!("{} does not end in .npy", path.display()))
        .hint("Features are written as a NumPy matrix: name the file something.npy."))
}

/// Writes a `rows` × `columns` matrix of 32-bit floats, read row by row from `values` (little-endian).
///
/// # Errors
/// As [`write_atomically`]; also when `values` ends early or goes on.
pub fn write_matrix(path: &Path, overwrite: bool, (rows, columns): (u64, usize), values: &mut dyn Read) -> Result<()> {
    check_matrix_file(path)?;
    write_atomically(path, overwrite, |out| {
        out.write_all(&header(rows, columns))?;
        let expected = rows * columns as u64 * 4;
        if io::copy(values, out)? == expected { Ok(()) } else { Err(io::Error::from(io::ErrorKind::UnexpectedEof)) }
    })
}

fn header(rows: u64, columns: usize) -> Vec<u8> {
    let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    let before = MAGIC.len() + 2;
    let whole = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
    let padding = whole - before - text.len() - 1;
    text.push_str(&" ".repeat(padding));
    text.push('\n');
    // A few dozen bytes: the length always fits.
    [MAGIC, &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn the_file_is_laid_out_as_numpy_does() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("m.npy");
        let values: Vec<u8> =
            [1.5_f32, -2.0, 0.25, 4.0, 5.0, 6.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        write_matrix(&path, false, (2, 3), &mut values.as_slice()).expect("writes");
        let bytes = std::fs::read(&path).expect("reads");
        // The first 128 bytes of `numpy.save` for an array of this type and shape.
        let mut expected =
            b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".to_vec();
        expected.resize(127, b' ');
        expected.push(b'\n');
        assert_eq!(bytes[..128], expected);
        assert_eq!(bytes[128..], values);
    }

    #[test]
    fn nothing_is_overwritten_or_half_written() {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = folder.path().join("m.npy");
        let short = [0_u8; 7];
        let error = write_matrix(&path, false, (1, 2), &mut short.as_slice()).expect_err("too few values");
        assert_eq!((error.code, path.exists()), (Code::Io, false));
        std::fs::write(&path, "kept").expect("writes");
        assert_eq!(write_matrix(&path, false, (0, 2), &mut io::empty()).expect_err("exists").code, Code::Usage);
        assert_eq!(std::fs::read(&path).expect("reads"), b"kept");
        assert_eq!(check_matrix_file(Path::new("features.csv")).expect_err("another name").code, Code::Usage);
    }
}
