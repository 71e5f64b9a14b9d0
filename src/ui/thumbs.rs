//! Pictures on screen: a fixed pool of threads decodes what the last frame lacked, in order of drawing, then what is likely
//! to be drawn next; textures are bounded in bytes.
//!
//! Must not know the state: it is asked for pictures by path, and a failure is an answer that is kept.

use std::collections::{HashMap, VecDeque};
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
pub const SCREEN: u32 = 2048;

/// Longest side of a photo that is looked at closely; the graphics card may hold less.
const FULL: u32 = 8192;

/// Threads that decode.
const THREADS: usize = 2;

/// Texture memory, in bytes.
const BUDGET: usize = 384 << 20;

/// What the budget is brought down to, so that not every frame has to.
const KEEP: usize = BUDGET / 10 * 9;

/// Most bytes handed to the graphics card a frame; one picture always is.
const UPLOAD: usize = 6 << 20;

/// What an entry without a texture is counted as, in bytes.
const BARE: usize = 512;

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
    /// What the last frame asked for and lacks, the most urgent last.
    wanted: Vec<Key>,
    /// What the pool is decoding.
    working: Vec<Key>,
    done: VecDeque<(Key, Result<ColorImage>)>,
}

/// The pictures on screen.
pub struct Thumbs {
    entries: HashMap<Key, Entry>,
    /// What this frame draws and lacks, in order of drawing.
    wanted: Vec<Key>,
    /// What the next frames are likely to draw, the likeliest first.
    ahead: Vec<Key>,
    shared: Arc<(Mutex<Queue>, Condvar)>,
    frame: u64,
    /// The frame whose wants the pool knows.
    published: u64,
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
        let (entries, wanted, ahead) = (HashMap::new(), Vec::new(), Vec::new());
        let (frame, published, time, largest, bytes) = (0, 0, 0.0, LARGE, 0);
        Ok(Self { entries, wanted, ahead, shared, frame, published, time, largest, bytes, _threads: threads })
    }

    /// Takes in what was decoded and lets go of what was not drawn lately; once a frame, before anything is drawn.
    pub fn begin_frame(&mut self, ctx: &egui::Context) {
        self.frame += 1;
        (self.time, self.largest) = ctx.input(|input| (input.time, input.max_texture_side as u32));
        let mut queue = lock(&self.shared.0);
        let (mut done, mut bytes) = (Vec::new(), 0);
        while bytes < UPLOAD
            && let Some(next) = queue.done.pop_front()
        {
            bytes += next.1.as_ref().map_or(0, size_of_image);
            done.push(next);
        }
        if !queue.done.is_empty() {
            ctx.request_repaint();
        }
        drop(queue);
        for (key, result) in done {
            let (slot, bytes) = match result {
                Ok(image) => ready(ctx, &key, image),
                Err(error) => (Slot::Failed(error), BARE),
            };
            self.bytes += bytes;
            let before = self.entries.insert(key, Entry { slot, bytes, used: self.frame });
            self.bytes -= before.map_or(0, |before| before.bytes);
        }
        self.evict();
    }

    /// Hands what this frame lacks over to the pool, in place of what earlier frames lacked: what has scrolled out of
    /// sight is not decoded any more. Once a frame, after everything is drawn.
    pub fn end_frame(&mut self) {
        let mut queue = lock(&self.shared.0);
        let is_underway =
            |key: &Key, queue: &Queue| queue.working.contains(key) || queue.done.iter().any(|done| done.0 == *key);
        let mut before = std::mem::take(&mut queue.wanted);
        // A frame may be drawn in two passes.
        if std::mem::replace(&mut self.published, self.frame) != self.frame {
            for dropped in before.drain(..) {
                if self.entries.get(&dropped).is_some_and(|entry| entry.used < self.frame) {
                    self.entries.remove(&dropped);
                }
            }
        }
        let wanted = self.wanted.drain(..).chain(self.ahead.drain(..)).filter(|key| !is_underway(key, &queue));
        let mut wanted: Vec<Key> = wanted.collect();
        wanted.reverse();
        wanted.extend(before);
        queue.wanted = wanted;
        let is_empty = queue.wanted.is_empty();
        drop(queue);
        if !is_empty {
            self.shared.1.notify_all();
        }
    }

    fn evict(&mut self) {
        if self.bytes <= BUDGET {
            return;
        }
        let old = |entry: &Entry| entry.used + 1 < self.frame && !matches!(entry.slot, Slot::Loading(_));
        let mut ages: Vec<(u64, Key)> =
            self.entries.iter().filter(|(_, entry)| old(entry)).map(|(key, entry)| (entry.used, key.clone())).collect();
        ages.sort_unstable();
        for (_, key) in ages {
            if self.bytes <= KEEP {
                break;
            }
            if let Some(entry) = self.entries.remove(&key) {
                self.bytes -= entry.bytes;
            }
        }
    }

    /// A picture whose longest side is at most `edge`; asked for in this frame when it is not there yet.
    pub fn get(&mut self, path: &Path, sha256: &str, edge: u32) -> &Slot {
        let key = (path.to_owned(), sha256.to_owned(), edge.min(self.largest));
        let (frame, time) = (self.frame, self.time);
        let entry = self.entries.entry(key.clone()).or_insert(Entry { slot: Slot::Loading(time), bytes: 0, used: 0 });
        if entry.used != frame && matches!(entry.slot, Slot::Loading(_)) {
            self.wanted.push(key);
        }
        entry.used = frame;
        &entry.slot
    }

    /// A picture that is likely to be drawn soon: decoded when nothing on screen waits, and kept.
    pub fn look_ahead(&mut self, path: &Path, sha256: &str, edge: u32) {
        let key = (path.to_owned(), sha256.to_owned(), edge.min(self.largest));
        let (frame, time) = (self.frame, self.time);
        let entry = self.entries.entry(key.clone()).or_insert(Entry { slot: Slot::Loading(time), bytes: 0, used: 0 });
        if entry.used != frame && matches!(entry.slot, Slot::Loading(_)) {
            self.ahead.push(key);
        }
        entry.used = frame;
    }

    /// A photo to look at closely: at its own pixels when `close`, and reduced until those are there; its thumbnail
    /// until there is anything better.
    pub fn shot(&mut self, path: &Path, sha256: &str, close: bool) -> Shot {
        if close && let Slot::Ready(texture) = self.get(path, sha256, FULL) {
            return Shot::Ready(texture.clone());
        }
        let waiting = match self.get(path, sha256, SCREEN) {
            Slot::Ready(texture) => return Shot::Ready(texture.clone()),
            Slot::Loading(since) => *since,
            Slot::Failed(error) => return Shot::Failed(error.chain()),
        };
        let small = self.entries.get_mut(&(path.to_owned(), sha256.to_owned(), THUMB));
        match small.map(|entry| (&mut entry.used, &entry.slot)) {
            Some((used, Slot::Ready(texture))) => {
                *used = self.frame;
                Shot::Ready(texture.clone())
            }
            _ => Shot::Waiting(waiting),
        }
    }

    /// The photo is there as it fills the page, or larger.
    pub fn is_sharp(&self, path: &Path, sha256: &str) -> bool {
        [SCREEN, LARGE, FULL].into_iter().any(|edge| {
            let key = (path.to_owned(), sha256.to_owned(), edge.min(self.largest));
            self.entries.get(&key).is_some_and(|entry| matches!(entry.slot, Slot::Ready(_)))
        })
    }

    /// How many pictures this frame drew, and how many of them were there.
    pub fn drawn(&self) -> (usize, usize) {
        let shown = self.entries.values().filter(|entry| entry.used == self.frame);
        let (mut all, mut there) = (0, 0);
        for entry in shown {
            all += 1;
            there += usize::from(!matches!(entry.slot, Slot::Loading(_)));
        }
        (all, there)
    }

    /// Texture memory in use, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets a failure, so that the picture is tried again.
    pub fn retry(&mut self, path: &Path) {
        self.entries.retain(|key, entry| key.0 != path || !matches!(entry.slot, Slot::Failed(_)));
    }

    /// Nothing is being decoded.
    pub fn is_idle(&self) -> bool {
        let queue = lock(&self.shared.0);
        queue.wanted.is_empty() && queue.working.is_empty() && queue.done.is_empty()
    }
}

fn lock(queue: &Mutex<Queue>) -> std::sync::MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn decode_next(project: &Project, shared: &(Mutex<Queue>, Condvar), wake: &Wake) {
    let queue = lock(&shared.0);
    let (mut queue, _) = shared
        .1
        .wait_timeout_while(queue, Duration::from_millis(100), |queue| queue.wanted.is_empty())
        .unwrap_or_else(PoisonError::into_inner);
    let Some(key) = queue.wanted.pop() else { return };
    queue.working.push(key.clone());
    drop(queue);
    let (path, sha256, edge) = &key;
    // One picture must not cost the pool a thread.
    let load = || match *edge {
        THUMB => load_thumbnail(project, path, sha256, THUMB),
        edge => load_picture(project, path, edge),
    };
    let load = || load().map(|picture| image_from(&picture));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(load))
        .unwrap_or_else(|panic| Err(Error::internal(jobs::panic_text(&*panic))));
    let mut queue = lock(&shared.0);
    queue.working.retain(|other| *other != key);
    queue.done.push_back((key, result));
    drop(queue);
    wake();
}

fn image_from(picture: &Picture) -> ColorImage {
    ColorImage::from_rgb([picture.width as usize, picture.height as usize], &picture.rgb)
}

fn size_of_image(image: &ColorImage) -> usize {
    image.pixels.len() * size_of::<egui::Color32>()
}

fn ready(ctx: &egui::Context, key: &Key, image: ColorImage) -> (Slot, usize) {
    let bytes = size_of_image(&image);
    // Enlarged beyond its pixels, a photo shows them as they are.
    let magnification = if key.2 > LARGE { TextureFilter::Nearest } else { TextureFilter::Linear };
    let options = TextureOptions { magnification, ..TextureOptions::LINEAR };
    let texture = ctx.load_texture(key.0.to_string_lossy(), image, options);
    (Slot::Ready(texture), bytes + BARE)
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
                Slot::Loading(_) => {}
            }
            thumbs.end_frame();
            std::thread::sleep(Duration::from_millis(10));
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

    #[test]
    fn what_is_not_drawn_any_more_is_not_decoded_and_the_bytes_stay_bounded() {
        let folder = tempfile::tempdir().expect("temp dir");
        let project = Project::open(&folder.path().join("project"), Config::default()).expect("opens");
        let photo = |name: &str| {
            let path = folder.path().join(name);
            RgbImage::from_pixel(1600, 1600, Rgb([90; 3])).save(&path).expect("writes");
            path
        };
        let (first, second) = (photo("a.png"), photo("b.png"));
        let mut thumbs = Thumbs::new(&project, &(Arc::new(|| {}) as Wake)).expect("starts");
        let ctx = egui::Context::default();
        thumbs.begin_frame(&ctx);
        for number in 0..500 {
            thumbs.get(&first, &format!("{number:08}"), THUMB);
        }
        thumbs.end_frame();
        thumbs.begin_frame(&ctx);
        thumbs.get(&second, "bbbbbbbb", SCREEN);
        thumbs.end_frame();
        let waiting = lock(&thumbs.shared.0).wanted.len();
        assert!(waiting <= 1, "{waiting} pictures wait that nobody looks at");
        for number in 0..60 {
            thumbs.begin_frame(&ctx);
            thumbs.look_ahead(&second, &format!("{number:08}"), SCREEN);
            thumbs.end_frame();
            while !thumbs.is_idle() {
                thumbs.begin_frame(&ctx);
                thumbs.look_ahead(&second, &format!("{number:08}"), SCREEN);
                thumbs.end_frame();
            }
        }
        assert!(thumbs.bytes() <= BUDGET && thumbs.bytes() > KEEP / 2, "{} bytes", thumbs.bytes());
        assert!(thumbs.is_sharp(&second, "00000059") && !thumbs.is_sharp(&second, "00000000"));
    }
}
