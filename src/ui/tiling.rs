//! Where the tiles of a grid lie: fitted to its width, in sections with a heading each or in none.
//!
//! Pure geometry; must not know the state or draw.

use std::ops::Range;

use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};

/// Photos that stand together, as they are to be laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// How many photos.
    pub count: usize,
    /// Only its heading shows.
    pub folded: bool,
}

/// Something in sight.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// The heading of a section.
    Heading(usize, Rect),
    /// A row of tiles: the places of its photos and where the first of them lies.
    Row(Range<usize>, Rect),
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Block {
    top: f32,
    from: usize,
    count: usize,
    folded: bool,
}

/// The layout of a grid; the origin is its upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiling {
    columns: usize,
    tile: f32,
    gap: f32,
    heading: f32,
    width: f32,
    wanted: f32,
    height: f32,
    blocks: Vec<Block>,
}

impl Tiling {
    /// Tiles of about `wanted` points side by side in `width`, `gap` apart; each span under a heading of that height, or
    /// all photos in one span without.
    pub fn new(width: f32, wanted: f32, gap: f32, heading: f32, spans: &[Span]) -> Self {
        let columns = ((width + gap) / (wanted + gap)).floor().max(1.0) as usize;
        let tile = ((width + gap) / columns as f32 - gap).max(1.0);
        let (mut top, mut from) = (0.0, 0);
        let blocks = spans.iter().map(|span| {
            let block = Block { top, from, count: span.count, folded: span.folded };
            let rows = if span.folded { 0 } else { span.count.div_ceil(columns) };
            top += heading + rows as f32 * (tile + gap);
            from += span.count;
            block
        });
        let blocks: Vec<Block> = blocks.collect();
        Self { columns, tile, gap, heading, width, wanted, height: top, blocks }
    }

    /// It was made for this width and size of tiles.
    pub fn fits(&self, width: f32, wanted: f32) -> bool {
        (self.width, self.wanted) == (width, wanted)
    }

    /// Side of a tile, in points.
    pub fn tile(&self) -> f32 {
        self.tile
    }

    /// Tiles side by side.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Height of everything, in points.
    pub fn height(&self) -> f32 {
        self.height
    }

    fn pitch(&self) -> f32 {
        self.tile + self.gap
    }

    /// The block of a place.
    fn block_of(&self, place: usize) -> Option<usize> {
        let after = self.blocks.partition_point(|block| block.from <= place);
        // Sections without photos begin where the next one does.
        self.blocks[..after].iter().rposition(|block| place < block.from + block.count)
    }

    fn rows_of(&self, block: &Block) -> usize {
        if block.folded { 0 } else { block.count.div_ceil(self.columns) }
    }

    fn row_rect(&self, block: &Block, row: usize) -> Rect {
        let min = pos2(0.0, block.top + self.heading + row as f32 * self.pitch());
        Rect::from_min_size(min, Vec2::splat(self.tile))
    }

    /// Where the photo at a place lies; nothing when it is folded away.
    pub fn rect(&self, place: usize) -> Option<Rect> {
        let block = self.blocks.get(self.block_of(place)?).filter(|block| !block.folded)?;
        let within = place - block.from;
        let row = self.row_rect(block, within / self.columns);
        Some(row.translate(vec2((within % self.columns) as f32 * self.pitch(), 0.0)))
    }

    /// What lies between two heights, from top to bottom.
    pub fn between(&self, top: f32, bottom: f32) -> Vec<Piece> {
        let mut found = Vec::new();
        let first = self.blocks.partition_point(|block| block.top <= top).saturating_sub(1);
        for (section, block) in self.blocks.iter().enumerate().skip(first).take_while(|(_, block)| block.top < bottom) {
            if self.heading > 0.0 && block.top + self.heading > top {
                let rect = Rect::from_min_size(pos2(0.0, block.top), vec2(self.width, self.heading));
                found.push(Piece::Heading(section, rect));
            }
            let rows = self.rows_within(block, top, bottom);
            found.extend(rows.map(|row| {
                let from = block.from + row * self.columns;
                let to = (from + self.columns).min(block.from + block.count);
                Piece::Row(from..to, self.row_rect(block, row))
            }));
        }
        found
    }

    fn rows_within(&self, block: &Block, top: f32, bottom: f32) -> Range<usize> {
        let start = block.top + self.heading;
        let first = ((top - start) / self.pitch()).floor().max(0.0) as usize;
        let last = ((bottom - start) / self.pitch()).ceil().max(0.0) as usize;
        first.min(self.rows_of(block))..last.min(self.rows_of(block))
    }

    /// The places of the tiles that a rectangle touches.
    pub fn touched(&self, area: Rect) -> Vec<Range<usize>> {
        let column = |x: f32| (x / self.pitch()).floor().max(0.0) as usize;
        let first = column(area.left() + self.gap);
        let last = (column(area.right()) + 1).min(self.columns);
        let rows = self.between(area.top(), area.bottom()).into_iter().filter_map(|piece| match piece {
            Piece::Row(places, rect) if rect.bottom() >= area.top() => {
                let (from, to) = ((places.start + first).min(places.end), (places.start + last).min(places.end));
                (from < to).then_some(from..to)
            }
            _ => None,
        });
        rows.collect()
    }

    /// The place that lies so many rows below (above when negative): the nearest in that row.
    pub fn rows_away(&self, place: usize, rows: i64) -> Option<usize> {
        let mut at = place;
        for _ in 0..rows.unsigned_abs() {
            at = self.row_away(at, rows > 0)?;
        }
        Some(at)
    }

    fn row_away(&self, place: usize, down: bool) -> Option<usize> {
        let number = self.block_of(place)?;
        let block = &self.blocks[number];
        let within = place - block.from;
        let (row, column) = (within / self.columns, within % self.columns);
        let last = |block: &Block| self.rows_of(block).saturating_sub(1);
        let in_row = |block: &Block, row: usize| {
            let end = block.from + block.count;
            (block.from + row * self.columns + column).min(end.saturating_sub(1))
        };
        let open = |block: &&Block| !block.folded && block.count > 0;
        Some(match down {
            true if row < last(block) => in_row(block, row + 1),
            false if row > 0 && !block.folded => in_row(block, row - 1),
            true => self.blocks[number + 1..].iter().find(open).map_or(place, |next| in_row(next, 0)),
            false => self.blocks[..number].iter().rev().find(open).map_or(place, |before| in_row(before, last(before))),
        })
    }

    /// The photo at a point; nothing between tiles.
    pub fn at(&self, point: Pos2) -> Option<usize> {
        let near = Rect::from_min_size(point, Vec2::ZERO);
        let places = self.touched(near).into_iter().flatten();
        places.into_iter().find(|place| self.rect(*place).is_some_and(|rect| rect.contains(point)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(count: usize) -> Tiling {
        Tiling::new(340.0, 100.0, 10.0, 0.0, &[Span { count, folded: false }])
    }

    fn sections() -> Tiling {
        let span = |count, folded| Span { count, folded };
        Tiling::new(340.0, 100.0, 10.0, 30.0, &[span(4, false), span(0, false), span(5, true), span(2, false)])
    }

    #[test]
    fn tiles_fill_the_width() {
        let tiling = plain(7);
        assert_eq!((tiling.columns(), tiling.height()), (3, 350.0));
        assert!((tiling.tile() - 320.0 / 3.0).abs() < 1e-3);
        assert!((tiling.rect(2).expect("there").right() - 340.0).abs() < 1e-3);
        assert_eq!(Tiling::new(50.0, 100.0, 10.0, 0.0, &[]).columns(), 1);
    }

    #[test]
    fn only_what_is_in_sight_is_laid_out() {
        let tiling = plain(100_000);
        let top = tiling.rect(60_000).expect("there").top();
        let rows: Vec<_> = tiling.between(top, top + 200.0);
        assert!(matches!(&rows[..], [Piece::Row(first, rect), Piece::Row(_, _)]
            if *first == (60_000..60_003) && (rect.top() - top).abs() < 0.5));
        assert!(tiling.between(tiling.height() + 1.0, tiling.height() + 500.0).is_empty());
    }

    #[test]
    fn sections_have_headings_and_folded_ones_nothing_else() {
        let tiling = sections();
        let pieces = tiling.between(0.0, 1e6);
        let headings: Vec<usize> = pieces
            .iter()
            .filter_map(|piece| if let Piece::Heading(section, _) = piece { Some(*section) } else { None })
            .collect();
        assert_eq!(headings, [0, 1, 2, 3]);
        let rows: Vec<Range<usize>> = pieces
            .into_iter()
            .filter_map(|piece| if let Piece::Row(places, _) = piece { Some(places) } else { None })
            .collect();
        assert_eq!(rows, [0..3, 3..4, 9..11]);
        assert!(tiling.rect(5).is_none(), "folded away");
        assert!((tiling.height() - (4.0 * 30.0 + 3.0 * 116.666_67)).abs() < 1e-2);
    }

    #[test]
    fn a_band_touches_what_it_crosses() {
        let tiling = plain(8);
        let band =
            |x: Range<f32>, y: Range<f32>| tiling.touched(Rect::from_x_y_ranges(x.start..=x.end, y.start..=y.end));
        assert_eq!(band(5.0..6.0, 5.0..6.0), vec![0..1]);
        assert_eq!(band(100.0..130.0, 100.0..130.0), [0..2, 3..5]);
        assert_eq!(band(300.0..900.0, 0.0..900.0), [2..3, 5..6]);
        assert!(band(108.0..112.0, 0.0..50.0).is_empty(), "between two tiles");
        assert_eq!((tiling.at(pos2(120.0, 5.0)), tiling.at(pos2(110.0, 5.0))), (Some(1), None));
    }

    #[test]
    fn arrows_cross_sections_and_stop_at_the_ends() {
        let tiling = sections();
        for (place, rows, expected) in [(0, 1, 3), (2, 1, 3), (3, 1, 9), (10, -1, 3), (9, 1, 9), (1, -1, 1), (0, 2, 9)]
        {
            assert_eq!(tiling.rows_away(place, rows), Some(expected), "{place} {rows}");
        }
        assert_eq!(plain(0).rows_away(0, 1), None);
    }
}
