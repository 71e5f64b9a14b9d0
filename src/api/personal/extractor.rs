//! From descriptions to cached rows: the fixed basis that features are projected on.

use super::row::{self, Measures};
use crate::error::{Error, Result};
use crate::imaging::sha256_hex;
use crate::infer::Description;
use crate::store::Store;
use crate::train::components::Basis;

/// Hex digits that tell bases apart.
const DIGITS: usize = 12;

/// What a basis is known by.
pub(super) fn basis_name(bytes: &[u8]) -> String {
    sha256_hex(bytes).chars().take(DIGITS).collect()
}

/// The name of the block of deep features: those of another basis do not compare.
pub(super) fn block_name(extractor: &str, basis: &str) -> String {
    format!("{extractor}-{basis}")
}

/// A basis as the store keeps it, with the number of photos that could have served when it was fitted.
pub(super) struct StoredBasis {
    pub(super) offered: u32,
    pub(super) bytes: Vec<u8>,
}

impl StoredBasis {
    /// That of an extractor, when there is a sound one.
    pub(super) fn read(store: &Store, extractor: &str) -> Result<Option<Self>> {
        let Some(blob) = store.extractor_basis(extractor)? else { return Ok(None) };
        Ok(blob
            .split_first_chunk()
            .map(|(offered, bytes)| Self { offered: u32::from_le_bytes(*offered), bytes: bytes.to_vec() }))
    }

    pub(super) fn blob(&self) -> Vec<u8> {
        [&self.offered.to_le_bytes()[..], &self.bytes].concat()
    }
}

/// What turns a network's descriptions into rows.
pub(super) struct Extractor {
    basis: Basis,
    /// The name in the store.
    pub(super) name: String,
    /// The basis' name.
    pub(super) basis_name: String,
}

impl Extractor {
    /// Rows of descriptions by the source of that name.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when the bytes are no basis.
    pub(super) fn new(name: String, basis: &[u8]) -> Result<Self> {
        Ok(Self { basis: Basis::from_bytes(basis)?, name, basis_name: basis_name(basis) })
    }

    /// The name of the block of deep features.
    pub(super) fn block(&self) -> String {
        block_name(&self.name, &self.basis_name)
    }

    /// Numbers a row.
    pub(super) fn width(&self) -> usize {
        row::width(self.basis.components())
    }

    /// Described photos as rows.
    ///
    /// # Errors
    /// [`crate::Code::BadData`] when the network gives other features than the basis was made for.
    pub(super) fn rows<'a>(
        &self,
        photos: impl IntoIterator<Item = (&'a Description, &'a Measures)>,
    ) -> Result<Vec<Vec<u16>>> {
        let photo = |(description, measures): (&Description, &Measures)| {
            if description.features.len() != self.basis.features() {
                return Err(Error::bad_data("the basis of the features belongs to another network")
                    .hint("Fit the personal model again with `packshot personal`."));
            }
            let components = self.basis.project_half(&description.features);
            Ok(row::pack(&components, measures, description.score))
        };
        photos.into_iter().map(photo).collect()
    }
}
