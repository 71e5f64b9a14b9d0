//! Where the camera stands, and the ray through each pixel.

use super::product::Bounds;
use super::vector::{V, v};

/// Where the camera stands and how the product sits in the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pose {
    /// Degrees around the product; 0 is straight in front.
    pub yaw: f32,
    /// Degrees downwards.
    pub pitch: f32,
    /// Share of the frame that the product's box fills, by its tighter side; over 1 crops.
    pub fill: f32,
    /// Where its middle lies off the frame's middle, as a share of the frame.
    pub offset: [f32; 2],
}

/// A long lens looking at the middle of the product.
pub(super) struct Camera {
    pub eye: V,
    right: V,
    up: V,
    forward: V,
    centre: [f32; 2],
    /// Tangent of the angle of one pixel.
    pub pixel: f32,
}

impl Camera {
    pub(super) fn new(bounds: &Bounds, pose: &Pose, width: usize, height: usize) -> Self {
        let middle = (bounds.low + bounds.high) * 0.5;
        let radius = (bounds.high - bounds.low).length() * 0.5;
        let (yaw, pitch) = (pose.yaw.to_radians(), pose.pitch.to_radians());
        let back = v(yaw.sin() * pitch.cos(), pitch.sin(), yaw.cos() * pitch.cos());
        // A long lens, as for products: little perspective.
        let eye = middle + back * (radius * 6.5);
        let forward = -back;
        let right = forward.cross(v(0.0, 1.0, 0.0)).unit();
        let up = right.cross(forward);
        let mut camera = Self { eye, right, up, forward, centre: [0.0; 2], pixel: 1.0 };
        let corners = (0..8).map(|corner| {
            let pick = |bit: usize, low: f32, high: f32| if corner >> bit & 1 == 0 { low } else { high };
            camera.tangents(v(
                pick(0, bounds.low.x, bounds.high.x),
                pick(1, bounds.low.y, bounds.high.y),
                pick(2, bounds.low.z, bounds.high.z),
            ))
        });
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for corner in corners {
            for axis in 0..2 {
                low[axis] = low[axis].min(corner[axis]);
                high[axis] = high[axis].max(corner[axis]);
            }
        }
        let frame = [width as f32, height as f32];
        let needed = (0..2).map(|axis| (high[axis] - low[axis]) / (frame[axis] * pose.fill));
        camera.pixel = needed.fold(0.0, f32::max);
        let shift = [(high[0] + low[0]) * 0.5 / camera.pixel, -(high[1] + low[1]) * 0.5 / camera.pixel];
        camera.centre = [0, 1].map(|axis| frame[axis] * (0.5 + pose.offset[axis]) - shift[axis]);
        camera
    }

    fn tangents(&self, point: V) -> [f32; 2] {
        let ray = point - self.eye;
        let depth = ray.dot(self.forward);
        [ray.dot(self.right) / depth, ray.dot(self.up) / depth]
    }

    #[inline(always)]
    pub(super) fn ray(&self, x: f32, y: f32) -> V {
        let (a, b) = ((x - self.centre[0]) * self.pixel, (self.centre[1] - y) * self.pixel);
        (self.forward + self.right * a + self.up * b).unit()
    }

    /// Row of the picture at which the table's far end meets the wall.
    pub(super) fn horizon(&self) -> f32 {
        self.centre[1] + self.forward.y / self.up.y / self.pixel
    }

    /// A world direction in the camera's frame.
    #[inline(always)]
    pub(super) fn own(&self, direction: V) -> V {
        v(direction.dot(self.right), direction.dot(self.up), -direction.dot(self.forward))
    }

    /// A direction of the camera's frame in the world.
    pub(super) fn world(&self, direction: V) -> V {
        self.right * direction.x + self.up * direction.y - self.forward * direction.z
    }
}
