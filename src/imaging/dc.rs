//! A progressive JPEG at an eighth of its size, from its first coefficients alone.
//!
//! A progressive file holds the mean of every 8 × 8 block (its DC coefficient) in scans of their own. Other decoders read
//! all scans and keep all coefficients, several bytes a pixel, to get at them; this one steps over the rest. Sections
//! refer to ITU-T T.81. Whatever is unusual is left to libjpeg-turbo.

use image::{Rgb, RgbImage};

/// One colour component.
struct Component {
    id: u8,
    /// Blocks of it in a group of blocks of all components (MCU), across and along.
    sampling: (usize, usize),
    /// Place of its quantisation table.
    table: usize,
    /// Step of its mean, as of its first scan.
    step: i32,
    /// Blocks that hold pixels, across and along; with all that stand in whole MCUs.
    blocks: (usize, usize),
    padded: (usize, usize),
    /// Means in steps, row by row of the padded blocks.
    means: Vec<i16>,
    /// Lowest bit that is known; nothing before the first scan.
    known_from: Option<u32>,
}

/// The picture at an eighth of its size, rounded up, as stored (not turned upright), for a progressive JPEG of 8 bits, in
/// grey or in YCbCr; nothing when the file is another one or anything is odd about it.
///
/// The same as libjpeg-turbo's where chroma is not subsampled; where it is, that one looks at a few coefficients more.
pub(super) fn eighth(bytes: &[u8]) -> Option<RgbImage> {
    let mut reading = Reading::default();
    let mut at = 2;
    loop {
        // Fill bytes may stand before a marker (B.1.1.2).
        while bytes.get(at..at + 2)? == [0xFF, 0xFF] {
            at += 1;
        }
        let &[0xFF, marker] = bytes.get(at..at + 2)? else { return None };
        if marker == 0xD9 {
            break;
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at + 2..at + 4)?.try_into().ok()?));
        let segment = bytes.get(at + 4..at + 2 + length)?;
        at += 2 + length;
        match marker {
            0xC2 => reading.frame(segment)?,
            0xC4 => reading.huffman_tables(segment)?,
            0xDB => reading.quantisation_tables(segment)?,
            0xDD => reading.restart_every = usize::from(u16::from_be_bytes(segment.try_into().ok()?)),
            0xDA => {
                let end = at + end_of_scan(bytes.get(at..)?)?;
                reading.scan(segment, &bytes[at..end])?;
                at = end;
            }
            // Adobe's transform flag: 0 is RGB.
            0xEE if segment.starts_with(b"Adobe") && segment.get(11) == Some(&0) => return None,
            0xE0..=0xEF | 0xFE => {}
            _ => return None,
        }
    }
    reading.picture()
}

/// Where the next marker stands that is neither stuffing nor a restart.
fn end_of_scan(data: &[u8]) -> Option<usize> {
    let pairs = data.windows(2);
    pairs.into_iter().position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF))
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    size: (usize, usize),
    components: Vec<Component>,
    /// First step of each quantisation table: that of the mean.
    steps: [Option<u16>; 4],
    codes: [Option<Codes>; 4],
    /// MCUs between two restarts; 0 for none.
    restart_every: usize,
}

impl Reading {
    /// B.2.2.
    fn frame(&mut self, segment: &[u8]) -> Option<()> {
        let &[8, y1, y0, x1, x0, count, ref parts @ ..] = segment else { return None };
        let size = [[x1, x0], [y1, y0]].map(|bytes| usize::from(u16::from_be_bytes(bytes)));
        let wrong = size.contains(&0) || !matches!(count, 1 | 3) || parts.len() != 3 * usize::from(count);
        if wrong || !self.components.is_empty() {
            return None;
        }
        self.size = (size[0], size[1]);
        let parts = || {
            parts.chunks_exact(3).map(|part| (part[0], (usize::from(part[1] >> 4), usize::from(part[1] & 15)), part[2]))
        };
        let most = parts().fold((1, 1), |most: (usize, usize), (_, h, _)| (most.0.max(h.0), most.1.max(h.1)));
        let mcus = (size[0].div_ceil(8 * most.0), size[1].div_ceil(8 * most.1));
        for (id, sampling, table) in parts() {
            if !(1..=4).contains(&sampling.0) || !(1..=4).contains(&sampling.1) || table > 3 {
                return None;
            }
            let blocks = |size: usize, own: usize, most: usize| (size * own).div_ceil(8 * most);
            let padded = (mcus.0 * sampling.0, mcus.1 * sampling.1);
            self.components.push(Component {
                id,
                sampling,
                table: usize::from(table),
                step: 0,
                blocks: (blocks(size[0], sampling.0, most.0), blocks(size[1], sampling.1, most.1)),
                padded,
                means: vec![0; padded.0 * padded.1],
                known_from: None,
            });
        }
        Some(())
    }

    /// B.2.4.1.
    fn quantisation_tables(&mut self, mut rest: &[u8]) -> Option<()> {
        while let &[kind, ref values @ ..] = rest {
            let (wide, place) = (usize::from(kind >> 4), usize::from(kind & 15));
            let (table, others) = values.split_at_checked(64 * (1 + wide))?;
            let step = if wide == 1 { u16::from_be_bytes([table[0], table[1]]) } else { u16::from(table[0]) };
            *self.steps.get_mut(place)? = Some(step);
            rest = others;
        }
        Some(())
    }

    /// B.2.4.2; only tables of class 0 code means.
    fn huffman_tables(&mut self, mut rest: &[u8]) -> Option<()> {
        while let &[kind, ref values @ ..] = rest {
            let (counts, values) = values.split_first_chunk::<16>()?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, others) = values.split_at_checked(total)?;
            if kind >> 4 == 0 {
                *self.codes.get_mut(usize::from(kind))? = Some(Codes::new(counts, symbols));
            }
            rest = others;
        }
        Some(())
    }

    /// One scan (B.2.3): means are taken in, other coefficients passed over.
    fn scan(&mut self, header: &[u8], data: &[u8]) -> Option<()> {
        let (&count, rest) = header.split_first()?;
        let (chosen, spectrum) = rest.split_at_checked(2 * usize::from(count))?;
        let &[0, 0, bits] = spectrum else { return Some(()) };
        let (high, low) = (u32::from(bits >> 4), u32::from(bits & 15));
        let mut parts = Vec::with_capacity(usize::from(count));
        for part in chosen.chunks_exact(2) {
            let place = self.components.iter().position(|component| component.id == part[0])?;
            parts.push((place, usize::from(part[1] >> 4)));
            let component = &mut self.components[place];
            // Each scan goes on where the one before ended: all bits, then one more at a time (G.1.1.1.1).
            let follows = match component.known_from {
                None => high == 0 && low <= 13,
                Some(known) => high == known && low + 1 == known,
            };
            if !follows || parts[1..].iter().any(|other| other.0 == parts[0].0) {
                return None;
            }
            if component.known_from.replace(low).is_none() {
                component.step = i32::from(self.steps[component.table]?);
            }
        }
        self.means(&parts, high == 0, low, &mut Bits::new(data))
    }

    /// Reads the means of a scan: `parts` are components with their code tables.
    fn means(&mut self, parts: &[(usize, usize)], first: bool, low: u32, bits: &mut Bits<'_>) -> Option<()> {
        let &(lead, _) = parts.first()?;
        // A component alone comes without the padding of whole MCUs (A.2.2).
        let alone = parts.len() == 1;
        let lead = &self.components[lead];
        let mcus = if alone { lead.blocks } else { (lead.padded.0 / lead.sampling.0, lead.padded.1 / lead.sampling.1) };
        let mut before = [0_i32; 4];
        for mcu in 0..mcus.0 * mcus.1 {
            if self.restart_every > 0 && mcu > 0 && mcu % self.restart_every == 0 {
                bits.restart()?;
                before = [0; 4];
            }
            let (column, row) = (mcu % mcus.0, mcu / mcus.0);
            for &(place, table) in parts {
                let component = &mut self.components[place];
                let (across, along) = if alone { (1, 1) } else { component.sampling };
                for (x, y) in (0..along).flat_map(|y| (0..across).map(move |x| (x, y))) {
                    let at = (row * along + y) * component.padded.0 + column * across + x;
                    let mean = component.means.get_mut(at)?;
                    if first {
                        let size = self.codes.get(table)?.as_ref()?.next(bits)?;
                        before[place] = before[place].wrapping_add(bits.signed(size)?);
                        *mean = (before[place] << low) as i16;
                    } else if bits.take(1)? == 1 {
                        *mean |= 1 << low;
                    }
                }
            }
        }
        Some(())
    }

    /// Colours from the means, when every bit of them was there.
    fn picture(&self) -> Option<RgbImage> {
        if self.components.is_empty() || self.components.iter().any(|component| component.known_from != Some(0)) {
            return None;
        }
        let most = self.components.iter().fold((1, 1), |most: (usize, usize), component| {
            (most.0.max(component.sampling.0), most.1.max(component.sampling.1))
        });
        let level = |component: &Component, x: usize, y: usize| {
            let (x, y) = (x * component.sampling.0 / most.0, y * component.sampling.1 / most.1);
            let mean = i32::from(component.means[y * component.padded.0 + x]) * component.step;
            // A block's mean is an eighth of its DC coefficient (A.3.3), around the middle level (A.3.1).
            (((mean + 4) >> 3) + 128).clamp(0, 255) as f32
        };
        let (width, height) = (self.size.0.div_ceil(8), self.size.1.div_ceil(8));
        let picture = RgbImage::from_fn(width as u32, height as u32, |x, y| {
            let (x, y) = (x as usize, y as usize);
            let luma = level(&self.components[0], x, y);
            let [blue, red] = match &self.components[1..] {
                [blue, red] => [level(blue, x, y) - 128.0, level(red, x, y) - 128.0],
                _ => [0.0, 0.0],
            };
            // JFIF 1.02's conversion.
            let rgb = [luma + 1.402 * red, luma - 0.344_136 * blue - 0.714_136 * red, luma + 1.772 * blue];
            Rgb(rgb.map(|value| value.round().clamp(0.0, 255.0) as u8))
        });
        Some(picture)
    }
}

/// A Huffman table, by the length of its codes (annex C, F.2.2.3).
struct Codes {
    /// For each length: the first code too large for it, aligned to 16 bits; and what to add to a code for its symbol.
    lengths: [(u32, i32); 16],
    symbols: Vec<u8>,
}

impl Codes {
    fn new(counts: &[u8; 16], symbols: &[u8]) -> Self {
        let (mut code, mut place) = (0_u32, 0_i32);
        let lengths = std::array::from_fn(|length| {
            let offset = place - code as i32;
            code += u32::from(counts[length]);
            place += i32::from(counts[length]);
            let end = code << (15 - length);
            code <<= 1;
            (end, offset)
        });
        Self { lengths, symbols: symbols.to_vec() }
    }

    fn next(&self, bits: &mut Bits<'_>) -> Option<u32> {
        let ahead = bits.peek16();
        let (length, &(_, offset)) = self.lengths.iter().enumerate().find(|(_, entry)| ahead < entry.0)?;
        bits.take(length as u32 + 1)?;
        let place = (ahead >> (15 - length)) as i32 + offset;
        self.symbols.get(usize::try_from(place).ok()?).map(|&symbol| u32::from(symbol))
    }
}

/// The bits of a scan, highest first, without stuffing (F.1.2.3).
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// Bits read ahead, the next one highest.
    ahead: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, ahead: 0, count: 0 }
    }

    fn fill(&mut self) {
        while self.count <= 56 {
            let Some(&byte) = self.data.get(self.at) else { break };
            if byte == 0xFF {
                if self.data.get(self.at + 1) != Some(&0) {
                    break;
                }
                self.at += 1;
            }
            self.at += 1;
            self.ahead |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next 16 bits; zeros after the end.
    fn peek16(&mut self) -> u32 {
        if self.count < 16 {
            self.fill();
        }
        (self.ahead >> 48) as u32
    }

    /// The next bits (at most 16), or nothing when there are fewer.
    fn take(&mut self, count: u32) -> Option<u32> {
        if self.count < count {
            self.fill();
        }
        self.count = self.count.checked_sub(count)?;
        let taken = self.ahead.checked_shr(64 - count).unwrap_or(0) as u32;
        self.ahead <<= count;
        Some(taken)
    }

    /// A difference of so many bits (F.2.2.1).
    fn signed(&mut self, size: u32) -> Option<i32> {
        if size == 0 {
            return Some(0);
        }
        let value = if size <= 11 { self.take(size)? as i32 } else { return None };
        Some(if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    /// Steps over a restart marker (E.2.4).
    fn restart(&mut self) -> Option<()> {
        // What is left of the byte before the marker is padding; a whole byte left would be data.
        if self.count >= 8 {
            return None;
        }
        let &[0xFF, 0xD0..=0xD7] = self.data.get(self.at..self.at + 2)? else { return None };
        (self.at, self.ahead, self.count) = (self.at + 2, 0, 0);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

    use super::super::{jpeg, testing};
    use super::*;

    fn progressive(picture: &RgbImage, change: impl FnOnce(&mut Compressor) -> turbojpeg::Result<()>) -> Vec<u8> {
        let mut compressor = Compressor::new().expect("compressor");
        compressor.set_progressive(true).expect("sets");
        change(&mut compressor).expect("sets");
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let pixels = picture.as_raw().as_slice();
        let source = Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB };
        compressor.compress_to_vec(source).expect("compresses")
    }

    /// Bright and dark patches on a gradient.
    fn picture(width: u32, height: u32) -> RgbImage {
        let mut picture = testing::gradient(width, height);
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            if (x / 24 + y / 16) % 3 == 0 {
                pixel.0 = [(x % 256) as u8, 255 - (y % 200) as u8, 90];
            }
        }
        picture
    }

    fn grey(picture: &RgbImage) -> RgbImage {
        image::DynamicImage::ImageLuma8(image::imageops::grayscale(picture)).into_rgb8()
    }

    fn mean_difference(a: &RgbImage, b: &RgbImage) -> f64 {
        assert_eq!(a.dimensions(), b.dimensions());
        a.iter().zip(b.iter()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
    }

    #[test]
    fn the_picture_is_the_one_of_libjpeg_turbo() {
        for (width, height) in [(400, 320), (403, 301), (8, 8), (1, 77)] {
            let picture = picture(width, height);
            // Subsampled chroma is coarser here; luma is not, but for colours that leave the gamut.
            for (subsamp, most) in
                [(Subsamp::None, 0.5), (Subsamp::Gray, 0.5), (Subsamp::Sub2x2, 2.5), (Subsamp::Sub2x1, 2.5)]
            {
                let bytes = progressive(&picture, |compressor| compressor.set_subsamp(subsamp));
                let found = eighth(&bytes).expect("decodes");
                let theirs = jpeg::scaled_by_turbo(&bytes, 1).expect("decodes");
                let [ours, theirs] = if most < 1.0 { [found, theirs] } else { [found, theirs].map(|it| grey(&it)) };
                let difference = mean_difference(&ours, &theirs);
                assert!(difference <= most, "{width}x{height} {subsamp:?}: {difference}");
            }
        }
    }

    #[test]
    fn other_files_are_left_alone() {
        let picture = picture(64, 64);
        let baseline = testing::encode(&picture, image::ImageFormat::Jpeg);
        let rgb = progressive(&picture, |compressor| {
            compressor.set_subsamp(Subsamp::None)?;
            compressor.set_colorspace(Colorspace::RGB)
        });
        assert!(eighth(&baseline).is_none() && eighth(&rgb).is_none() && eighth(&[]).is_none());
    }

    #[test]
    fn damage_ends_in_nothing_and_never_in_a_panic() {
        let good = progressive(&picture(120, 90), |compressor| compressor.set_subsamp(Subsamp::Sub2x2));
        assert!(eighth(&good).is_some());
        assert!((0..good.len() - 2).all(|length| eighth(&good[..length]).is_none()), "cut short");
        for at in 0..good.len() {
            for value in [0, 0xFF, good[at] ^ 0x10] {
                let mut bad = good.clone();
                bad[at] = value;
                // A wrong colour is none of its business; a wrong size would be.
                let found = eighth(&bad);
                assert!(found.is_none_or(|found| at < 700 || found.dimensions() == (15, 12)), "{at}: {value}");
            }
        }
    }
}
