//! A window without a screen: frames at a steady pace, timed.

use std::time::{Duration, Instant};

use eframe::egui::{self, Event, Key, Modifiers, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, vec2};

use super::{FrameTimes, Times};
use crate::api::{Project, usage};
use crate::error::{Error, Result};
use crate::ui::app::App;
use crate::ui::prefs::Prefs;

/// Time from frame to frame: a screen of 60 Hz.
const PACE: Duration = Duration::from_nanos(16_666_667);

/// The window, in points.
pub(super) const SIZE: [f32; 2] = [1280.0, 820.0];

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(180);

/// What one frame took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    wall: Duration,
    processor: Option<Duration>,
    present: Option<Duration>,
}

/// The window and its clock.
pub(super) struct Rig {
    pub(super) app: App,
    ctx: egui::Context,
    began: Instant,
    due: Instant,
    screen: Option<Screen>,
    frames: Vec<Frame>,
}

impl Rig {
    /// A window that has drawn nothing yet.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn open(project: Project, prefs: Prefs, present: bool) -> Result<Self> {
        let screen = if present { Screen::open() } else { None };
        let ctx = egui::Context::default();
        let began = Instant::now();
        let app = App::new(project, prefs, &ctx)?.without_lessons();
        Ok(Self { app, ctx, began, due: began, screen, frames: Vec::new() })
    }

    /// The name of the graphics adapter.
    pub(super) fn adapter(&self) -> Option<String> {
        self.screen.as_ref().map(|screen| screen.name.clone())
    }

    /// Time since the start, in milliseconds.
    pub(super) fn elapsed_ms(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1000.0
    }

    /// Waits for the next beat and draws a frame with this input.
    pub(super) fn frame(&mut self, events: Vec<Event>) {
        let now = Instant::now();
        match self.due.checked_duration_since(now) {
            Some(left) => std::thread::sleep(left),
            None => self.due = now,
        }
        self.due += PACE;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE.into())),
            max_texture_side: Some(8192),
            time: Some(self.began.elapsed().as_secs_f64()),
            predicted_dt: PACE.as_secs_f32(),
            focused: true,
            events,
            ..RawInput::default()
        };
        let (start, used) = (Instant::now(), usage::thread_time());
        self.app.drain(&self.ctx);
        let output = self.ctx.run_ui(input, |ui| self.app.show(ui));
        let shapes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let wall = start.elapsed();
        let processor = usage::thread_time().zip(used).map(|(now, before)| now.saturating_sub(before));
        let start = Instant::now();
        let mut textures = output.textures_delta;
        let presented = self.screen.as_mut().map(|screen| screen.present(&shapes, &mut textures));
        textures.clear();
        self.frames.push(Frame { wall, processor, present: presented.map(|()| start.elapsed()) });
    }

    /// Draws frames until something holds.
    ///
    /// # Errors
    /// When it never does.
    pub(super) fn until(&mut self, what: &str, holds: impl Fn(&App) -> bool) -> Result<()> {
        let start = Instant::now();
        while !holds(&self.app) {
            if start.elapsed() > PATIENCE {
                return Err(Error::internal(format!("the window never came to this: {what}")));
            }
            self.frame(Vec::new());
        }
        Ok(())
    }

    /// The frames since the last call.
    pub(super) fn taken(&mut self) -> FrameTimes {
        let frames = std::mem::take(&mut self.frames);
        let all = |pick: fn(&Frame) -> Option<Duration>| {
            let times: Vec<Duration> = frames.iter().filter_map(pick).collect();
            (!times.is_empty()).then(|| Times::of(times))
        };
        FrameTimes {
            wall: Times::of(frames.iter().map(|frame| frame.wall)),
            processor: all(|frame| frame.processor),
            present: all(|frame| frame.present),
        }
    }
}

/// A key goes down and up.
pub(super) fn press(key: Key) -> Vec<Event> {
    let event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
    vec![event(true), event(false)]
}

/// The wheel turns over the middle of the window.
pub(super) fn wheel(points: f32) -> Vec<Event> {
    wheel_at(Pos2::new(SIZE[0] / 2.0, SIZE[1] / 2.0), points)
}

/// The wheel turns over a place of the window.
pub(super) fn wheel_at(at: Pos2, points: f32) -> Vec<Event> {
    let turn = Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    };
    vec![Event::PointerMoved(at), turn]
}

#[cfg(feature = "gpu")]
use wgpu_screen::Screen;

#[cfg(not(feature = "gpu"))]
struct Screen {
    name: String,
}

#[cfg(not(feature = "gpu"))]
impl Screen {
    /// This build has nothing to draw with.
    fn open() -> Option<Self> {
        None
    }

    fn present(&mut self, _shapes: &[egui::ClippedPrimitive], _textures: &mut egui::TexturesDelta) {}
}

#[cfg(feature = "gpu")]
mod wgpu_screen {
    //! A picture on a graphics adapter in place of a screen.

    use std::sync::Arc;
    use std::time::Duration;

    use eframe::egui::{ClippedPrimitive, TexturesDelta};
    use eframe::egui_wgpu::{
        RenderState, RendererOptions, ScreenDescriptor, WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew, wgpu,
    };

    use super::SIZE;

    pub(super) struct Screen {
        pub(super) name: String,
        state: RenderState,
        view: wgpu::TextureView,
    }

    impl Screen {
        /// A screen on the best adapter; nothing when there is none.
        pub(super) fn open() -> Option<Self> {
            let mut new = WgpuSetupCreateNew::without_display_handle();
            new.native_adapter_selector = Some(Arc::new(|adapters, _surface| {
                let rank = |adapter: &&wgpu::Adapter| match adapter.get_info().device_type {
                    wgpu::DeviceType::DiscreteGpu => 0,
                    wgpu::DeviceType::IntegratedGpu | wgpu::DeviceType::VirtualGpu => 1,
                    wgpu::DeviceType::Other => 2,
                    wgpu::DeviceType::Cpu => 3,
                };
                adapters.iter().min_by_key(rank).cloned().ok_or_else(|| "there is no adapter".to_owned())
            }));
            let setup = WgpuSetup::CreateNew(new);
            let instance = pollster::block_on(setup.new_instance());
            let configuration = WgpuConfiguration { wgpu_setup: setup, ..WgpuConfiguration::default() };
            let options = RendererOptions::default();
            let state = pollster::block_on(RenderState::create(&configuration, &instance, None, options)).ok()?;
            let texture = state.device.create_texture(&wgpu::TextureDescriptor {
                label: Some("bench"),
                size: wgpu::Extent3d { width: SIZE[0] as u32, height: SIZE[1] as u32, depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format: state.target_format,
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
                view_formats: &[],
            });
            let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
            Some(Self { name: state.adapter.get_info().name, state, view })
        }

        /// Draws a frame and waits until the adapter has done so.
        pub(super) fn present(&mut self, shapes: &[ClippedPrimitive], textures: &mut TexturesDelta) {
            let RenderState { device, queue, .. } = &self.state;
            let mut renderer = self.state.renderer.write();
            for (id, images) in textures.set.drain() {
                for image in images {
                    renderer.update_texture(device, queue, id, &image);
                }
            }
            let screen = ScreenDescriptor { size_in_pixels: SIZE.map(|side| side as u32), pixels_per_point: 1.0 };
            let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            let buffers = renderer.update_buffers(device, queue, &mut encoder, shapes, &screen);
            let attachment = wgpu::RenderPassColorAttachment {
                view: &self.view,
                resolve_target: None,
                ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::BLACK), store: wgpu::StoreOp::Store },
                depth_slice: None,
            };
            let pass = wgpu::RenderPassDescriptor {
                color_attachments: &[Some(attachment)],
                ..wgpu::RenderPassDescriptor::default()
            };
            renderer.render(&mut encoder.begin_render_pass(&pass).forget_lifetime(), shapes, &screen);
            queue.submit(buffers.into_iter().chain([encoder.finish()]));
            let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(Duration::from_secs(10)) };
            if let Err(error) = device.poll(wait) {
                tracing::debug!("the adapter did not finish a frame: {error}");
            }
            for id in textures.free.drain() {
                renderer.free_texture(&id);
            }
        }
    }
}
