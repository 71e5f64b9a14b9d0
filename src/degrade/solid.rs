//! Solids as signed distance functions: negative inside, in units of about a product's height.
//!
//! Formulas after Quilez, "Distance functions". Must not know materials, light or pictures.

use super::vector::{V, v};

/// Further away than this, one side of an intersection or cut is bound enough: light and shadow look no further.
const FAR: f32 = 0.25;

/// A shape around the origin unless its fields say otherwise.
#[derive(Debug, Clone)]
pub(super) enum Solid {
    /// A box with rounded edges; `half` includes the rounding.
    RoundBox { half: V, round: f32 },
    /// Upright, around the y axis.
    Cylinder { radius: f32, half: f32, round: f32 },
    /// An ellipsoid (a close bound of the distance).
    Ellipsoid { radii: V },
    /// A rod with round ends.
    Capsule { from: V, to: V, radius: f32 },
    /// A ring around the y axis.
    Torus { major: f32, minor: f32 },
    /// An outline in (radius, height), turned around the y axis.
    Lathe(Outline),
    /// An outline in (x, y), `half` thick along z, edges rounded.
    Slab { outline: Outline, half: f32, round: f32 },
    /// Rods end to end, as pairs of a start and the way to the next; `flat` > 1 squeezes them along z.
    Tube { rods: Vec<[V; 2]>, radius: f32, flat: f32 },
    /// Intersection with edges rounded over `k`.
    Both { first: Box<Solid>, second: Box<Solid>, k: f32 },
    /// The first without the second, edges rounded over `k`.
    Cut { from: Box<Solid>, tool: Box<Solid>, k: f32 },
    /// Narrowed along z with height: z is divided by `1 - amount * y`.
    Taper { solid: Box<Solid>, amount: f32 },
    /// Turned (rows are the solid's own axes) and then moved.
    Placed { solid: Box<Solid>, at: V, axes: [V; 3] },
}

impl Solid {
    /// Signed distance from `p` to the surface, or a bound that never overshoots by much.
    pub(super) fn distance(&self, p: V) -> f32 {
        match self {
            Self::RoundBox { half, round } => {
                let q = p.abs() - *half + v(*round, *round, *round);
                q.max(v(0.0, 0.0, 0.0)).length() + q.x.max(q.y.max(q.z)).min(0.0) - round
            }
            Self::Cylinder { radius, half, round } => {
                let outside = (p.x * p.x + p.z * p.z).sqrt() - radius + round;
                edge(outside, p.y.abs() - half + round) - round
            }
            Self::Ellipsoid { radii } => {
                let scaled = v(p.x / radii.x, p.y / radii.y, p.z / radii.z);
                let steep = v(scaled.x / radii.x, scaled.y / radii.y, scaled.z / radii.z).length();
                let length = scaled.length();
                if steep < 1e-6 { -radii.x.min(radii.y).min(radii.z) } else { length * (length - 1.0) / steep }
            }
            Self::Capsule { from, to, radius } => rod(p, *from, *to) - radius,
            Self::Torus { major, minor } => {
                let ring = (p.x * p.x + p.z * p.z).sqrt() - major;
                (ring * ring + p.y * p.y).sqrt() - minor
            }
            Self::Lathe(outline) => outline.distance((p.x * p.x + p.z * p.z).sqrt(), p.y),
            Self::Slab { outline, half, round } => {
                edge(outline.distance(p.x, p.y) + round, p.z.abs() - half + round) - round
            }
            Self::Tube { rods, radius, flat } => {
                let squeezed = v(p.x, p.y, p.z * flat);
                let mut nearest = f32::MAX;
                for [from, way] in rods {
                    let gap = squeezed - *from;
                    let rest = gap - *way * (gap.dot(*way) / way.dot(*way).max(1e-9)).clamp(0.0, 1.0);
                    let square = rest.dot(rest);
                    if square < nearest {
                        nearest = square;
                    }
                }
                (nearest.sqrt() - radius) / flat.max(1.0)
            }
            Self::Both { first, second, k } => {
                let inside_first = first.distance(p);
                if inside_first > FAR {
                    return inside_first;
                }
                -smooth_min(-inside_first, -second.distance(p), *k)
            }
            Self::Cut { from, tool, k } => {
                let whole = from.distance(p);
                if whole > FAR {
                    return whole;
                }
                -smooth_min(-whole, tool.distance(p), *k)
            }
            Self::Taper { solid, amount } => {
                let width = (1.0 - amount * p.y).clamp(0.3, 1.5);
                solid.distance(v(p.x, p.y, p.z / width)) * width.min(1.0) * 0.9
            }
            Self::Placed { solid, at, axes } => {
                let q = p - *at;
                solid.distance(v(q.dot(axes[0]), q.dot(axes[1]), q.dot(axes[2])))
            }
        }
    }

    /// A bent rod through points; `flat` > 1 squeezes it along z.
    pub(super) fn tube(points: &[V], radius: f32, flat: f32) -> Self {
        let squeeze = |point: V| v(point.x, point.y, point.z * flat);
        let rods = points.windows(2).map(|pair| [squeeze(pair[0]), squeeze(pair[1]) - squeeze(pair[0])]).collect();
        Self::Tube { rods, radius, flat }
    }

    /// Moved by `at`.
    pub(super) fn at(self, x: f32, y: f32, z: f32) -> Self {
        let axes = [v(1.0, 0.0, 0.0), v(0.0, 1.0, 0.0), v(0.0, 0.0, 1.0)];
        Self::Placed { solid: Box::new(self), at: v(x, y, z), axes }
    }

    /// Turned about the x axis by degrees.
    pub(super) fn turn_x(self, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        self.turned([v(1.0, 0.0, 0.0), v(0.0, cos, sin), v(0.0, -sin, cos)])
    }

    /// Turned about the y axis by degrees.
    pub(super) fn turn_y(self, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        self.turned([v(cos, 0.0, -sin), v(0.0, 1.0, 0.0), v(sin, 0.0, cos)])
    }

    /// Turned about the z axis by degrees.
    pub(super) fn turn_z(self, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        self.turned([v(cos, sin, 0.0), v(-sin, cos, 0.0), v(0.0, 0.0, 1.0)])
    }

    fn turned(self, axes: [V; 3]) -> Self {
        Self::Placed { solid: Box::new(self), at: v(0.0, 0.0, 0.0), axes }
    }
}

#[inline(always)]
fn edge(a: f32, b: f32) -> f32 {
    let (x, y) = (a.max(0.0), b.max(0.0));
    (x * x + y * y).sqrt() + a.max(b).min(0.0)
}

#[inline(always)]
fn rod(p: V, from: V, to: V) -> f32 {
    let (pa, ba) = (p - from, to - from);
    let part = (pa.dot(ba) / ba.dot(ba).max(1e-9)).clamp(0.0, 1.0);
    (pa - ba * part).length()
}

/// The smaller, blended where the two differ by less than `k`.
#[inline(always)]
fn smooth_min(a: f32, b: f32, k: f32) -> f32 {
    let overlap = (k - (a - b).abs()).max(0.0);
    a.min(b) - overlap * overlap / (4.0 * k.max(1e-6))
}

/// A closed outline in the plane, its signed distance kept as a table.
#[derive(Debug, Clone)]
pub(super) struct Outline {
    table: Vec<f32>,
    columns: usize,
    rows: usize,
    left: f32,
    bottom: f32,
    cell: f32,
}

/// Cells along the longer side of an outline's table.
const CELLS: f32 = 160.0;

impl Outline {
    /// From corner points in order; the last joins the first.
    pub(super) fn new(points: &[[f32; 2]]) -> Self {
        let fold = |axis: usize, start: f32, pick: fn(f32, f32) -> f32| {
            points.iter().map(|point| point[axis]).fold(start, pick)
        };
        let (low_x, high_x) = (fold(0, f32::MAX, f32::min), fold(0, f32::MIN, f32::max));
        let (low_y, high_y) = (fold(1, f32::MAX, f32::min), fold(1, f32::MIN, f32::max));
        let cell = (high_x - low_x).max(high_y - low_y) / CELLS;
        let margin = 4.0 * cell;
        let (left, bottom) = (low_x - margin, low_y - margin);
        let columns = ((high_x - left + margin) / cell).ceil() as usize + 2;
        let rows = ((high_y - bottom + margin) / cell).ceil() as usize + 2;
        let mut table = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                table.push(polygon(points, left + column as f32 * cell, bottom + row as f32 * cell));
            }
        }
        Self { table, columns, rows, left, bottom, cell }
    }

    /// A smooth curve through the points (Catmull and Rom 1974), closed.
    pub(super) fn smooth(points: &[[f32; 2]]) -> Self {
        Self::new(&curve(points, true))
    }

    fn distance(&self, x: f32, y: f32) -> f32 {
        let column = ((x - self.left) / self.cell).clamp(0.0, (self.columns - 2) as f32 + 0.999);
        let row = ((y - self.bottom) / self.cell).clamp(0.0, (self.rows - 2) as f32 + 0.999);
        let (whole_column, whole_row) = (column as usize, row as usize);
        let (fx, fy) = (column - whole_column as f32, row - whole_row as f32);
        let at = whole_row * self.columns + whole_column;
        let table = self.table.as_slice();
        let upper = table[at] * (1.0 - fx) + table[at + 1] * fx;
        let lower = table[at + self.columns] * (1.0 - fx) + table[at + self.columns + 1] * fx;
        let inside = upper * (1.0 - fy) + lower * fy;
        let (dx, dy) = (x - self.left - column * self.cell, y - self.bottom - row * self.cell);
        let gap = dx * dx + dy * dy;
        // The table's frame is convex, so beyond it this bounds the distance from below.
        if gap < 1e-10 { inside } else { (gap + inside * inside).sqrt() }
    }
}

/// Eight points between each two.
pub(super) fn curve(points: &[[f32; 2]], closed: bool) -> Vec<[f32; 2]> {
    let count = points.len() as isize;
    let get = |index: isize| {
        let wrapped = if closed { index.rem_euclid(count) } else { index.clamp(0, count - 1) };
        points[wrapped as usize]
    };
    let pieces = if closed { count } else { count - 1 };
    let mut out = Vec::new();
    for piece in 0..pieces {
        let [a, b, c, d] = [piece - 1, piece, piece + 1, piece + 2].map(get);
        for step in 0..8 {
            let t = step as f32 / 8.0;
            out.push([0, 1].map(|axis| {
                let (a, b, c, d) = (a[axis], b[axis], c[axis], d[axis]);
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            }));
        }
    }
    if !closed {
        out.push(get(count - 1));
    }
    out
}

fn polygon(points: &[[f32; 2]], x: f32, y: f32) -> f32 {
    let mut nearest = f32::MAX;
    let mut inside = false;
    let mut previous = points[points.len() - 1];
    for &[px, py] in points {
        let (ex, ey) = (previous[0] - px, previous[1] - py);
        let (wx, wy) = (x - px, y - py);
        let part = ((wx * ex + wy * ey) / (ex * ex + ey * ey).max(1e-12)).clamp(0.0, 1.0);
        let (dx, dy) = (wx - ex * part, wy - ey * part);
        nearest = nearest.min(dx * dx + dy * dy);
        if (py > y) != (previous[1] > y) && wx < ex * wy / ey {
            inside = !inside;
        }
        previous = [px, py];
    }
    if inside { -nearest.sqrt() } else { nearest.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(solid: &Solid, p: V, expected: f32, tolerance: f32) {
        let distance = solid.distance(p);
        assert!((distance - expected).abs() < tolerance, "{distance} for {expected} at {p:?}");
    }

    #[test]
    fn distances_are_those_of_the_shapes() {
        let cube = Solid::RoundBox { half: v(1.0, 1.0, 1.0), round: 0.1 };
        near(&cube, v(3.0, 0.0, 0.0), 2.0, 1e-5);
        near(&cube, v(0.0, 0.0, 0.0), -1.0, 1e-5);
        let can = Solid::Cylinder { radius: 0.5, half: 1.0, round: 0.05 };
        near(&can, v(2.0, 0.0, 0.0), 1.5, 1e-5);
        near(&can.clone().turn_x(90.0), v(0.0, 0.0, 3.0), 2.0, 1e-4);
        near(&can.at(0.0, 5.0, 0.0), v(0.0, 8.0, 0.0), 2.0, 1e-4);
        let ring = Solid::Torus { major: 1.0, minor: 0.2 };
        near(&ring, v(0.0, 0.0, 0.0), 0.8, 1e-5);
    }

    #[test]
    fn a_lathe_of_a_rectangle_is_a_cylinder_inside_and_beyond_its_table() {
        let lathe = Solid::Lathe(Outline::new(&[[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]]));
        let can = Solid::Cylinder { radius: 0.5, half: 0.5, round: 0.0 }.at(0.0, 0.5, 0.0);
        for p in [v(0.45, 0.5, 0.0), v(0.0, 0.5, 0.52), v(0.1, 1.01, 0.1), v(0.2, 0.1, 0.2)] {
            near(&lathe, p, can.distance(p), 0.02);
        }
        for p in [v(3.0, 0.5, 0.0), v(0.0, 4.0, 0.0), v(2.0, 3.0, 0.0), v(-2.0, -1.0, 4.0)] {
            let (bound, exact) = (lathe.distance(p), can.distance(p));
            assert!(bound <= exact + 1e-3 && bound > exact * 0.95, "{bound} never overshoots {exact} and is close");
        }
    }

    #[test]
    fn cut_and_both_keep_what_they_should() {
        let ball = |x: f32| Box::new(Solid::Ellipsoid { radii: v(1.0, 1.0, 1.0) }.at(x, 0.0, 0.0));
        let cut = Solid::Cut { from: ball(0.0), tool: ball(1.0), k: 0.01 };
        assert!(cut.distance(v(-0.5, 0.0, 0.0)) < 0.0 && cut.distance(v(0.5, 0.0, 0.0)) > 0.0);
        let both = Solid::Both { first: ball(0.0), second: ball(1.0), k: 0.01 };
        assert!(both.distance(v(-0.5, 0.0, 0.0)) > 0.0 && both.distance(v(0.5, 0.0, 0.0)) < 0.0);
    }
}
