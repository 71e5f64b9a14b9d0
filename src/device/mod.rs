//! Compute devices: the only place that names the backends behind burn.

mod memory;

use burn::tensor::Device;

use crate::config::DeviceChoice;
use crate::error::{Code, Error, Result};

/// A device that was chosen, with the reason in words.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Burn's handle, without autodiff.
    pub device: Device,
    /// Name for people and for the run record: "CPU (2 threads)", "NVIDIA H100 (vulkan)".
    pub name: String,
    /// Its memory in bytes, where the system tells.
    pub memory: Option<u64>,
    /// Why this one.
    pub reason: String,
}

impl Chosen {
    /// Name and memory: "CPU (2 threads), 24 GB of memory".
    pub fn described(&self) -> String {
        match self.memory {
            Some(bytes) => format!("{}, {}", self.name, memory::text(bytes)),
            None => self.name.clone(),
        }
    }
}

/// A graphics adapter as the machine reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Name and driver in words.
    pub name: String,
    /// A processor pretending to be a graphics card (lavapipe, WARP): never chosen for computing.
    pub software: bool,
}

/// Chooses the device for `choice`.
///
/// # Errors
/// [`Code::Device`] when a GPU was demanded and there is none.
pub fn choose(choice: DeviceChoice) -> Result<Chosen> {
    if choice == DeviceChoice::Cpu {
        return Ok(cpu("the configuration asks for it".to_owned()));
    }
    match first_gpu() {
        Some((device, name, memory)) => {
            Ok(Chosen { device, name, memory, reason: "a graphics card was found".to_owned() })
        }
        None if choice == DeviceChoice::Auto => Ok(cpu(no_gpu_reason())),
        None => Err(Error::new(Code::Device, format!("no usable GPU: {}", no_gpu_reason()))
            .hint("Use --device cpu or auto; `packshot doctor` lists what was found.")),
    }
}

fn cpu(reason: String) -> Chosen {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Chosen { device: Device::flex(), name: format!("CPU ({threads} threads)"), memory: memory::machine(), reason }
}

fn no_gpu_reason() -> String {
    let adapters = adapters();
    match adapters.first() {
        Some(adapter) => format!("the only graphics adapter, {}, is emulated by the processor", adapter.name),
        None if cfg!(feature = "gpu") => "no graphics adapter was found".to_owned(),
        None => "this build has no GPU support".to_owned(),
    }
}

/// The graphics adapters of the machine, real ones first.
#[cfg(not(feature = "gpu"))]
pub fn adapters() -> Vec<Adapter> {
    Vec::new()
}

#[cfg(not(feature = "gpu"))]
fn first_gpu() -> Option<(Device, String, Option<u64>)> {
    #[cfg(feature = "cuda")]
    return Some((Device::cuda(0), "CUDA device 0".to_owned(), None));
    #[cfg(not(feature = "cuda"))]
    None
}

/// The graphics adapters of the machine, real ones first.
#[cfg(feature = "gpu")]
pub fn adapters() -> Vec<Adapter> {
    let mut adapters: Vec<Adapter> = wgpu_adapters()
        .into_iter()
        .map(|info| Adapter {
            name: format!("{} ({} {})", info.name, info.backend, info.driver).trim().to_owned(),
            software: info.device_type == wgpu::DeviceType::Cpu,
        })
        .collect();
    adapters.sort_by_key(|adapter| adapter.software);
    adapters.dedup();
    adapters
}

#[cfg(feature = "gpu")]
fn wgpu_adapters() -> Vec<wgpu::AdapterInfo> {
    // OpenGL adapters repeat the Vulkan ones and cannot compute.
    let backends = wgpu::Backends::PRIMARY;
    let descriptor = wgpu::InstanceDescriptor { backends, ..wgpu::InstanceDescriptor::new_without_display_handle() };
    let instance = wgpu::Instance::new(descriptor);
    pollster::block_on(instance.enumerate_adapters(backends)).iter().map(wgpu::Adapter::get_info).collect()
}

#[cfg(feature = "gpu")]
fn first_gpu() -> Option<(Device, String, Option<u64>)> {
    use burn::tensor::DeviceKind;
    #[cfg(feature = "cuda")]
    if std::env::var_os("CUDA_VISIBLE_DEVICES").is_some_and(|devices| !devices.is_empty()) {
        return Some((Device::cuda(0), "CUDA device 0".to_owned(), None));
    }
    let adapters = wgpu_adapters();
    let kinds = [
        (wgpu::DeviceType::DiscreteGpu, DeviceKind::DiscreteGpu(0)),
        (wgpu::DeviceType::IntegratedGpu, DeviceKind::IntegratedGpu(0)),
        (wgpu::DeviceType::VirtualGpu, DeviceKind::VirtualGpu(0)),
    ];
    kinds.into_iter().find_map(|(wanted, kind)| {
        let info = adapters.iter().find(|info| info.device_type == wanted)?;
        // A graphics card in the processor takes the machine's memory.
        let shared = wanted == wgpu::DeviceType::IntegratedGpu;
        let memory = if shared { memory::machine() } else { memory::card(&info.name) };
        Some((Device::wgpu(kind), format!("{} ({})", info.name, info.backend), memory))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_always_there_and_software_adapters_are_never_chosen() {
        assert!(choose(DeviceChoice::Cpu).expect("cpu").name.starts_with("CPU"));
        let auto = choose(DeviceChoice::Auto).expect("auto never fails");
        assert!(!auto.reason.is_empty());
        if cfg!(target_os = "linux") {
            let described = choose(DeviceChoice::Cpu).expect("cpu").described();
            assert!(described.ends_with(" GB of memory") && !described.contains(", 0 GB"), "{described}");
        }
        if adapters().iter().all(|adapter| adapter.software) {
            assert!(auto.name.starts_with("CPU"), "{}", auto.name);
            let error = choose(DeviceChoice::Gpu).expect_err("no real GPU");
            assert_eq!(error.code, Code::Device);
        }
    }
}
