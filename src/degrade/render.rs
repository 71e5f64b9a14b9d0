//! Draws products by sphere tracing (Hart 1996): a layer of light with coverage, and the shadow it casts on the table.
//!
//! Must not know backgrounds, degradations or files.

use super::camera::{Camera, Pose};
use super::material::Paint;
use super::product::{Part, Product};
use super::studio;
use super::vector::{Colour, V, smooth, v};

/// A rendered product without its background.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub width: usize,
    pub height: usize,
    /// Linear light multiplied by coverage, and the coverage.
    pub pixels: Vec<[f32; 4]>,
    /// What of the light reaches the table at each pixel, 0..1.
    pub table: Vec<f32>,
    /// Row of the horizon, where table and wall meet far behind.
    pub horizon: f32,
}

/// Edge of a square of pixels that is traced as one cone first.
const TILE: usize = 8;
/// The light's reach is computed at every so manieth pixel each way; it changes slowly over a surface.
const SPARSE: usize = 4;
/// One shadow value for a square of this edge; shadows are soft.
const COARSE: usize = 6;

struct Tracer<'a> {
    parts: &'a [&'a Part],
    camera: Camera,
    centre: V,
    radius: f32,
    key: V,
}

/// Where a ray met a part.
#[derive(Clone, Copy)]
struct Hit {
    part: usize,
    at: V,
    normal: V,
}

/// How much of the room's light and of the key light reaches a point, 0..1.
#[derive(Clone, Copy)]
struct Reach {
    open: f32,
    lit: f32,
}

/// What a square of pixels can meet: how far it is free, and the parts within its cone.
struct Tile {
    start: f32,
    parts: Vec<usize>,
}

impl Tracer<'_> {
    #[inline(always)]
    fn distance(&self, p: V) -> f32 {
        let mut nearest = f32::MAX;
        for part in self.parts {
            nearest = nearest.min(part.distance(p, nearest));
        }
        nearest
    }

    #[inline(always)]
    fn distance_of(&self, parts: &[usize], p: V) -> f32 {
        let mut nearest = f32::MAX;
        for &part in parts {
            nearest = nearest.min(self.parts[part].distance(p, nearest));
        }
        nearest
    }

    /// `None` when the whole tile meets nothing.
    fn tile(&self, x: usize, y: usize) -> Option<Tile> {
        let half = TILE as f32 / 2.0;
        let ray = self.camera.ray(x as f32 + half, y as f32 + half);
        let cone = self.camera.pixel * half * 1.6;
        let to_centre = (self.centre - self.camera.eye).length();
        let end = to_centre + self.radius;
        let within = |part: &&Part| part.near_ray(self.camera.eye, ray, cone * end);
        let parts: Vec<usize> = (0..self.parts.len()).filter(|&index| within(&self.parts[index])).collect();
        let mut start = to_centre - self.radius;
        while !parts.is_empty() && start < end {
            let free = self.distance_of(&parts, self.camera.eye + ray * start) - cone * start;
            if free <= 0.001 {
                return Some(Tile { start, parts });
            }
            start += free * 0.92;
        }
        None
    }

    fn trace(&self, x: f32, y: f32, tile: &Tile) -> Option<Hit> {
        let ray = self.camera.ray(x, y);
        let end = (self.centre - self.camera.eye).length() + self.radius;
        let (mut along, parts) = (tile.start, tile.parts.as_slice());
        for _ in 0..90 {
            let at = self.camera.eye + ray * along;
            let distance = self.distance_of(parts, at);
            if distance < self.camera.pixel * along * 0.4 {
                return self.hit(at, parts);
            }
            along += distance * 0.95;
            if along > end {
                return None;
            }
        }
        None
    }

    fn hit(&self, at: V, parts: &[usize]) -> Option<Hit> {
        let (mut nearest, mut part) = (f32::MAX, *parts.first()?);
        for &candidate in parts {
            let distance = self.parts[candidate].distance(at, nearest);
            if distance < nearest {
                (nearest, part) = (distance, candidate);
            }
        }
        let solid = &self.parts[part].solid;
        Some(Hit { part, at, normal: slope(|q| solid.distance(q), at) })
    }

    fn reach(&self, hit: &Hit) -> Reach {
        let lit = if hit.normal.dot(self.key) > -0.2 { self.lit(hit.at + hit.normal * 0.02, 9) } else { 1.0 };
        Reach { open: self.openness(hit.at, hit.normal), lit }
    }

    fn colour(&self, hit: &Hit, reach: Reach) -> Colour {
        let material = &self.parts[hit.part].material;
        let paint = material.paint(hit.at, hit.normal);
        let own = Paint { normal: self.camera.own(paint.normal), ..paint };
        let view = self.camera.own((self.camera.eye - hit.at).unit());
        studio::shade(&own, view, reach.lit, reach.open, material.metal).map(studio::expose)
    }

    /// Ambient occlusion from a few samples along the normal (Evans 2006), 1 in the open.
    fn openness(&self, p: V, normal: V) -> f32 {
        let mut taken = 0.0;
        for (step, weight) in [(0.03, 1.0), (0.09, 0.75), (0.22, 0.5)] {
            let q = p + normal * step;
            // The table is there too, but it is bright: it takes only part of the light.
            let distance = self.distance(q).min(q.y.max(0.0) * 0.5 + step * 0.5);
            taken += weight * (1.0 - (distance / step).clamp(0.0, 1.0));
        }
        (1.0 - taken * 0.42).clamp(0.12, 1.0)
    }

    /// Soft shadow: how much of the key light is seen past everything (Quilez 2010).
    fn lit(&self, from: V, steps: usize) -> f32 {
        let (mut along, mut seen) = (0.03_f32, 1.0_f32);
        for _ in 0..steps {
            let distance = self.distance(from + self.key * along);
            seen = seen.min(0.5 + 3.2 * distance / along);
            if seen <= 0.02 || along > 1.6 {
                break;
            }
            along += distance.clamp(0.04, 0.3);
        }
        seen.clamp(0.0, 1.0)
    }

    /// Light on the table where a pixel looks at it.
    fn table_light(&self, x: f32, y: f32) -> f32 {
        let ray = self.camera.ray(x, y);
        if ray.y > -1e-3 {
            return 1.0;
        }
        let p = self.camera.eye + ray * (-self.camera.eye.y / ray.y);
        let away = ((p - self.centre).length() / self.radius - 1.0).max(0.0);
        if away > 1.0 {
            return 1.0;
        }
        let up = v(0.0, 1.0, 0.0);
        let mut near = 0.0;
        for (height, weight) in [(0.035, 0.4), (0.08, 0.4), (0.2, 0.3), (0.45, 0.2)] {
            near += weight * (1.0 - (self.distance(p + up * height) / height).clamp(0.0, 1.0));
        }
        let cast = 1.0 - self.lit(p + up * 0.01, 14);
        (1.0 - (0.5 * near + 0.3 * cast) * (1.0 - away)).clamp(0.0, 1.0)
    }
}

/// The unit gradient, by four samples at the corners of a tetrahedron.
#[inline(always)]
fn slope(distance: impl Fn(V) -> f32, p: V) -> V {
    const STEP: f32 = 0.0022;
    let corners = [v(1.0, -1.0, -1.0), v(-1.0, -1.0, 1.0), v(-1.0, 1.0, -1.0), v(1.0, 1.0, 1.0)];
    let mut sum = v(0.0, 0.0, 0.0);
    for corner in corners {
        sum = sum + corner * distance(p + corner * STEP);
    }
    sum.unit()
}

/// Renders the parts framed by the product's bounds. `extra` parts are drawn with it but do not count for the frame.
pub(super) fn render(product: &Product, extra: &[Part], pose: &Pose, width: usize, height: usize) -> Layer {
    let camera = Camera::new(&product.bounds, pose, width, height);
    let centre = (product.bounds.low + product.bounds.high) * 0.5;
    let product_radius = (product.bounds.high - product.bounds.low).length() * 0.5;
    let radius = if extra.is_empty() { product_radius * 1.05 } else { product_radius * 3.2 };
    let key = camera.world(studio::KEY).unit();
    let horizon = camera.horizon();
    let parts: Vec<&Part> = product.parts.iter().chain(extra).collect();
    let tracer = Tracer { parts: &parts, camera, centre, radius, key };
    let frame = Frame::trace(&tracer, width, height);
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            pixels.push(frame.pixel(&tracer, x, y));
        }
    }
    let table = table_pass(&tracer, width, height);
    Layer { width, height, pixels, table, horizon }
}

/// The geometry of every pixel, and the light's reach at every [`SPARSE`]th.
struct Frame {
    width: usize,
    height: usize,
    tiles: Vec<Option<Tile>>,
    hits: Vec<Option<Hit>>,
    reaches: Vec<Option<Reach>>,
}

impl Frame {
    fn trace(tracer: &Tracer<'_>, width: usize, height: usize) -> Self {
        let mut hits: Vec<Option<Hit>> = vec![None; width * height];
        let mut tiles = Vec::new();
        for top in (0..height).step_by(TILE) {
            for left in (0..width).step_by(TILE) {
                let tile = tracer.tile(left, top);
                if let Some(tile) = &tile {
                    for y in top..(top + TILE).min(height) {
                        for x in left..(left + TILE).min(width) {
                            hits[y * width + x] = tracer.trace(x as f32 + 0.5, y as f32 + 0.5, tile);
                        }
                    }
                }
                tiles.push(tile);
            }
        }
        let mut reaches = Vec::new();
        for y in (0..height).step_by(SPARSE) {
            for x in (0..width).step_by(SPARSE) {
                reaches.push(hits[y * width + x].as_ref().map(|hit| tracer.reach(hit)));
            }
        }
        Self { width, height, tiles, hits, reaches }
    }

    fn pixel(&self, tracer: &Tracer<'_>, x: usize, y: usize) -> [f32; 4] {
        let tile = &self.tiles[(y / TILE) * self.width.div_ceil(TILE) + x / TILE];
        let Some(tile) = tile else { return [0.0; 4] };
        if !self.is_edge(x, y) {
            let hit = self.hits[y * self.width + x].as_ref();
            return hit.map_or([0.0; 4], |hit| {
                let [red, green, blue] = tracer.colour(hit, self.reach(tracer, x, y, hit));
                [red, green, blue, 1.0]
            });
        }
        // Four rays on a rotated grid within the pixel.
        let mut sum = [0.0; 4];
        for (dx, dy) in [(0.375, 0.125), (0.875, 0.375), (0.125, 0.625), (0.625, 0.875)] {
            if let Some(hit) = tracer.trace(x as f32 + dx, y as f32 + dy, tile) {
                let [red, green, blue] = tracer.colour(&hit, self.reach(tracer, x, y, &hit));
                for (total, value) in sum.iter_mut().zip([red, green, blue, 1.0]) {
                    *total += value * 0.25;
                }
            }
        }
        sum
    }

    /// Whether a neighbour shows something else: another part, nothing, or a sharp bend.
    fn is_edge(&self, x: usize, y: usize) -> bool {
        let get = |x: usize, y: usize| &self.hits[y * self.width + x];
        let here = get(x, y);
        let differs = |other: &Option<Hit>| match (here, other) {
            (Some(a), Some(b)) => a.part != b.part || a.normal.dot(b.normal) < 0.9,
            (None, None) => false,
            _ => true,
        };
        (x > 0 && differs(get(x - 1, y)))
            || (x + 1 < self.width && differs(get(x + 1, y)))
            || (y > 0 && differs(get(x, y - 1)))
            || (y + 1 < self.height && differs(get(x, y + 1)))
    }

    /// The light's reach, interpolated between the sparse points that lie on the same surface (joint bilateral
    /// upsampling, Kopf et al. 2007), or computed where there is none.
    fn reach(&self, tracer: &Tracer<'_>, x: usize, y: usize, hit: &Hit) -> Reach {
        let columns = self.width.div_ceil(SPARSE);
        let rows = self.height.div_ceil(SPARSE);
        let (left, top) = (x / SPARSE, y / SPARSE);
        let (fx, fy) = ((x % SPARSE) as f32 / SPARSE as f32, (y % SPARSE) as f32 / SPARSE as f32);
        let (mut open, mut lit, mut total) = (0.0, 0.0, 0.0);
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let (column, row) = (left + dx, top + dy);
            if column >= columns || row >= rows {
                continue;
            }
            let other = &self.hits[row * SPARSE * self.width + column * SPARSE];
            let (Some(other), Some(reach)) = (other, &self.reaches[row * columns + column]) else { continue };
            let alike = smooth(0.8, 0.97, other.normal.dot(hit.normal));
            if other.part == hit.part && (other.at - hit.at).length() < 0.08 {
                let weight = (if dx == 0 { 1.0 - fx } else { fx }) * (if dy == 0 { 1.0 - fy } else { fy }) * alike
                    + alike * 1e-4;
                open += reach.open * weight;
                lit += reach.lit * weight;
                total += weight;
            }
        }
        if total < 1e-4 { tracer.reach(hit) } else { Reach { open: open / total, lit: lit / total } }
    }
}

/// The table's light, computed coarsely and interpolated.
fn table_pass(tracer: &Tracer<'_>, width: usize, height: usize) -> Vec<f32> {
    let (columns, rows) = (width.div_ceil(COARSE) + 1, height.div_ceil(COARSE) + 1);
    let coarse: Vec<f32> = (0..rows * columns)
        .map(|index| tracer.table_light((index % columns * COARSE) as f32, (index / columns * COARSE) as f32))
        .collect();
    let mut table = Vec::with_capacity(width * height);
    for y in 0..height {
        let (row, fy) = (y / COARSE, (y % COARSE) as f32 / COARSE as f32);
        for x in 0..width {
            let (column, fx) = (x / COARSE, (x % COARSE) as f32 / COARSE as f32);
            let at = row * columns + column;
            let [upper, lower] = [at, at + columns].map(|at| coarse[at] + (coarse[at + 1] - coarse[at]) * fx);
            table.push(upper + (lower - upper) * fy);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::product::Kind;
    use super::super::random::Dice;
    use super::*;

    fn pose(fill: f32) -> Pose {
        Pose { yaw: -20.0, pitch: 12.0, fill, offset: [0.0; 2] }
    }

    #[test]
    fn the_product_fills_the_frame_as_asked_and_sits_in_the_middle() {
        for kind in [Kind::Carton, Kind::Bottle] {
            let product = kind.build(&mut Dice::new(3, 1)).expect("builds");
            for fill in [0.3, 0.8] {
                let layer = render(&product, &[], &pose(fill), 160, 160);
                let covered = |x: usize, y: usize| layer.pixels[y * 160 + x][3] > 0.5;
                let rows: Vec<usize> = (0..160).filter(|&y| (0..160).any(|x| covered(x, y))).collect();
                let columns: Vec<usize> = (0..160).filter(|&x| (0..160).any(|y| covered(x, y))).collect();
                let extent = rows.len().max(columns.len()) as f32 / 160.0;
                assert!((extent - fill).abs() < 0.08, "{kind:?}: {extent} for {fill}");
                let middle = (columns[0] + columns[columns.len() - 1]) / 2;
                assert!(middle.abs_diff(80) < 10, "{kind:?} is centred at {middle}");
            }
        }
    }

    #[test]
    fn the_table_is_dark_below_the_product_and_clear_far_away() {
        let product = Kind::Mug.build(&mut Dice::new(3, 1)).expect("builds");
        let layer = render(&product, &[], &pose(0.4), 160, 160);
        let darkest = layer.table.iter().copied().fold(1.0, f32::min);
        assert!(darkest < 0.7, "{darkest}");
        assert!(layer.table[159 * 160] > 0.99 && layer.table[159 * 160 + 159] > 0.99);
    }
}
