//! Half-precision numbers (IEEE 754 binary16) as bits: how cached features are kept. Must not know what they mean.

/// The largest number half precision holds.
const LARGEST: f32 = 65504.0;

/// 2¹¹², the distance of the two formats' exponents.
const EXPONENTS: f32 = f32::from_bits(0x7780_0000);

/// The nearest half-precision number, ties to even. What lies beyond ±65504 becomes ±65504, and what is not a number
/// becomes 0: a stored feature is always finite.
pub fn to_half(value: f32) -> u16 {
    if value.is_nan() {
        return 0;
    }
    let sign = ((value.to_bits() >> 16) & 0x8000) as u16;
    let size = value.abs().min(LARGEST);
    if size < f32::from_bits(0x3880_0000) {
        // Below 2⁻¹⁴ the format has fixed steps of 2⁻²⁴; the sum rounds to them.
        let step = size + 0.5;
        return sign | (step.to_bits() - 0.5f32.to_bits()) as u16;
    }
    let bits = size.to_bits() - (112 << 23);
    let rounded = bits + 0xfff + ((bits >> 13) & 1);
    sign | (rounded >> 13) as u16
}

/// The value of a finite half-precision number; exact.
pub fn from_half(bits: u16) -> f32 {
    let size = f32::from_bits(u32::from(bits & 0x7fff) << 13) * EXPONENTS;
    f32::from_bits(size.to_bits() | (u32::from(bits & 0x8000) << 16))
}

/// Half-precision numbers as bytes, little-endian.
pub fn to_bytes(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Half-precision numbers from little-endian bytes, appended; an odd last byte is left out.
pub fn extend_from_bytes(values: &mut Vec<u16>, bytes: &[u8]) {
    values.extend(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_half_survives_and_known_values_hold() {
        for bits in (0..=u16::MAX).filter(|bits| bits & 0x7c00 != 0x7c00) {
            assert_eq!(to_half(from_half(bits)), bits, "{bits:#x}");
        }
        for (bits, value) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2f32.powi(-24)), (0x3555, 0.33325195)]
        {
            assert_eq!(from_half(bits), value);
        }
    }

    #[test]
    fn rounding_is_to_the_nearest_and_ties_to_even() {
        let step = 2f32.powi(-10);
        let check = |value: f32, expected: f32| assert_eq!(from_half(to_half(value)), expected, "{value}");
        check(1.0 + 0.49 * step, 1.0);
        check(1.0 + 0.5 * step, 1.0);
        check(1.0 + 1.5 * step, 1.0 + 2.0 * step);
        check(1.0 + 0.51 * step, 1.0 + step);
        check(0.5 * 2f32.powi(-24), 0.0);
        check(1.5 * 2f32.powi(-24), 2f32.powi(-23));
        check(1e9, 65504.0);
        check(-f32::INFINITY, -65504.0);
        check(f32::NAN, 0.0);
    }

    #[test]
    fn bytes_round_trip() {
        let values = vec![0x3c00, 0x8001, 0x7bff];
        let mut back = vec![7];
        extend_from_bytes(&mut back, &to_bytes(&values));
        assert_eq!(back, [vec![7], values].concat());
    }
}
