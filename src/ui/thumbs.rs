//! Pictures on screen: a fixed pool of threads decodes, newest request first; textures are bounded in bytes.
//!
//! Must not know the state: it is asked for pictures by path, and a failure is an answer that is kept.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use eframe::egui::{self, ColorImage, TextureFilter, TextureHandle, TextureOptions};

use crate::api::{Picture, Project, load_picture, load_thumbnail};
use crate::error::{Error, Result};
use crate::jobs::{self, JobHandle, Outcome, Wake};

/// Longest side of a thumbnail, in pixels.
pub const THUMB: u32 = 320;

/// Longest side of a photo shown large; larger ones are reduced.
pub const LARGE: u32 = 4096;

/// Longest side of a photo that fills the page.
const SCREEN: u32 = 2048;

/// Longest side of a photo that is looked at closely; the graphics card may hold less.
const FULL: u32 = 8192;

/// Threads that decode.
const THREADS: usize = 2;

/// Texture memory, in bytes.
const BUDGET: usize = 384 << 20;

/// Most pictures handed to the graphics card a frame.
const UPLOADS: usize = 24;

/// Requests that may wait; the oldest give way, they have scrolled out of sight.
const WAITING: usize = 256;

/// Path, content hash (a photo that changed on disk is another picture) and longest side.
type Key = (PathBuf, String, u32);

/// What is known of a picture.
pub enum Slot {
    /// On its way since this moment, in seconds of the frame clock.
    Loading(f64),
    /// Ready to draw.
    Ready(TextureHandle),
    /// It cannot be shown, and why.
    Failed(Error),
}

/// A photo to look at closely.
pub enum Shot {
    /// On its way since this moment, in seconds of the frame clock.
    Waiting(f64),
    /// Ready to draw; a sharper one may follow.
    Ready(TextureHandle),
    /// It cannot be shown, and why.
    Failed(String),
}

struct Entry {
    slot: Slot,
    bytes: usize,
    used: u64,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Key>,
    done: Vec<(Key, Result<ColorImage>)>,
}

/// The pictures on screen.
pub struct Thumbs {
    entries: HashMap<Key, Entry>,
    shared: Arc<(Mutex<Queue>, Condvar)>,
    frame: u64,
    time: f64,
    largest: u32,
    bytes: usize,
    _threads: Vec<JobHandle<()>>,
}

impl Thumbs {
    /// Starts the pool.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(project: &Project, wake: &Wake) -> Result<Self> {
        let shared = Arc::new((Mutex::new(Queue::default()), Condvar::new()));
        let thread = |number: usize| {
            let (project, shared, wake) = (project.clone(), shared.clone(), wake.clone());
            jobs::spawn(&format!("packshot-pictures-{number}"), wake.clone(), move |reporter| {
                while !reporter.control.is_cancelled() {
                    decode_next(&project, &shared, &wake);
                }
                Ok(Outcome::Completed(()))
            })
        };
        let threads = (0..THREADS).map(thread).collect::<Result<Vec<_>>>()?;
        Ok(Self { entries: HashMap::new(), shared, frame: 0, time: 0.0, largest: LARGE, bytes: 0, _threads: threads })
    }

    /// Takes in what was decoded and lets go of what was not drawn lately; once a frame.
    pub fn begin_frame(&mut self, ctx: &egui::Context) {
        self.frame += 1;
        (self.time, self.largest) = ctx.input(|input| (input.time, input.max_texture_side as u32));
        let mut queue = lock(&self.shared.0);
        let at_once = queue.done.len().min(UPLOADS);
        let done: Vec<_> = queue.done.drain(..at_once).collect();
        if !queue.done.is_empty() {
            ctx.request_repaint();
        }
        drop(queue);
        for (key, result) in done {
            let (slot, bytes) = match result {
                Ok(image) => ready(ctx, &key, image),
                Err(error) => (Slot::Failed(error), 0),
            };
            self.bytes += bytes;
            let before = self.entries.insert(key, Entry { slot, bytes, used: self.frame });
            self.bytes -= before.map_or(0, |before| before.bytes);
        }
        self.evict();
    }

    fn evict(&mut self) {
        if self.bytes <= BUDGET {
            return;
        }
        let mut ages: Vec<(u64, Key)> = self.entries.iter().map(|(key, entry)| (entry.used, key.clone())).collect();
        ages.sort();
        for (used, key) in ages {
            if self.bytes <= BUDGET || used + 1 >= self.frame {
                break;
            }
            if let Some(entry) = self.entries.remove(&key) {
                self.bytes -= entry.bytes;
            }
        }
    }

    /// A picture whose longest side is at most `edge`; asked for now when it is not there yet.
    pub fn get(&mut self, path: &Path, sha256: &str, edge: u32) -> &Slot {
        let key = (path.to_owned(), sha256.to_owned(), edge.min(self.largest));
        let (frame, time) = (self.frame, self.time);
        if !self.entries.contains_key(&key) {
            let mut queue = lock(&self.shared.0);
            queue.waiting.push(key.clone());
            if queue.waiting.len() > WAITING {
                let dropped = queue.waiting.remove(0);
                self.entries.remove(&dropped);
            }
            drop(queue);
            self.shared.1.notify_one();
        }
        let entry = self.entries.entry(key).or_insert(Entry { slot: Slot::Loading(time), bytes: 0, used: frame });
        entry.used = frame;
        &entry.slot
    }

    /// A photo to look at closely: at its own pixels when `close`, and reduced until those are there.
    pub fn shot(&mut self, path: &Path, sha256: &str, close: bool) -> Shot {
        if close && let Slot::Ready(texture) = self.get(path, sha256, FULL) {
            return Shot::Ready(texture.clone());
        }
        match self.get(path, sha256, SCREEN) {
            Slot::Ready(texture) => Shot::Ready(texture.clone()),
            Slot::Loading(since) => Shot::Waiting(*since),
            Slot::Failed(error) => Shot::Failed(error.chain()),
        }
    }

    /// Forgets a failure, so that the picture is tried again.
    pub fn retry(&mut self, path: &Path) {
        self.entries.retain(|key, entry| key.0 != path || !matches!(entry.slot, Slot::Failed(_)));
    }

    /// Nothing is being decoded.
    pub fn is_idle(&self) -> bool {
        self.entries.values().all(|entry| !matches!(entry.slot, Slot::Loading(_)))
    }
}

fn lock(queue: &Mutex<Queue>) -> std::sync::MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn decode_next(project: &Project, shared: &(Mutex<Queue>, Condvar), wake: &Wake) {
    let queue = lock(&shared.0);
    let (mut queue, _) = shared
        .1
        .wait_timeout_while(queue, Duration::from_millis(100), |queue| queue.waiting.is_empty())
        .unwrap_or_else(PoisonError::into_inner);
    let Some((path, sha256, edge)) = queue.waiting.pop() else { return };
    drop(queue);
    // One picture must not cost the pool a thread.
    let load = || match edge {
        THUMB => load_thumbnail(project, &path, &sha256, edge),
        _ => load_picture(project, &path, edge),
    };
    let load = || load().map(|picture| image_from(&picture));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(load))
        .unwrap_or_else(|panic| Err(Error::internal(jobs::panic_text(&*panic))));
    lock(&shared.0).done.push(((path, sha256, edge), result));
    wake();
}

fn image_from(picture: &Picture) -> ColorImage {
    ColorImage::from_rgb([picture.width as usize, picture.height as usize], &picture.rgb)
}

fn ready(ctx: &egui::Context, key: &Key, image: ColorImage) -> (Slot, usize) {
    let bytes = image.pixels.len() * size_of::<egui::Color32>();
    // Enlarged beyond its pixels, a photo shows them as they are.
    let magnification = if key.2 > LARGE { TextureFilter::Nearest } else { TextureFilter::Linear };
    let options = TextureOptions { magnification, ..TextureOptions::LINEAR };
    let texture = ctx.load_texture(key.0.to_string_lossy(), image, options);
    (Slot::Ready(texture), bytes)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::config::Config;

    fn drawn(thumbs: &mut Thumbs, path: &Path, sha256: &str) -> [usize; 2] {
        let ctx = egui::Context::default();
        for _ in 0..1000 {
            thumbs.begin_frame(&ctx);
            match thumbs.get(path, sha256, THUMB) {
                Slot::Ready(texture) => return texture.size(),
                Slot::Failed(error) => panic!("{error}"),
                Slot::Loading(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
        panic!("never decoded")
    }

    #[test]
    fn a_photo_with_other_content_is_decoded_again_although_its_path_is_known() {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(&folder.path().join("project"), Config::default()).expect("opens");
        let path = folder.path().join("cup.png");
        let mut thumbs = Thumbs::new(&project, &(Arc::new(|| {}) as Wake)).expect("starts");
        for (sha256, side) in [("aaaaaaaa", 40), ("bbbbbbbb", 64)] {
            RgbImage::from_pixel(side, 30, Rgb([90; 3])).save(&path).expect("writes");
            assert_eq!(drawn(&mut thumbs, &path, sha256), [side as usize, 30]);
        }
    }
}
