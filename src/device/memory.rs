//! How much memory a device has, where the system tells.

/// Memory of the machine, in bytes.
pub(super) fn machine() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

/// Memory of a graphics card of that name, in bytes: NVIDIA's management library and Linux's AMD driver tell it, wgpu does not.
#[cfg(feature = "gpu")]
pub(super) fn card(name: &str) -> Option<u64> {
    nvidia(name).or_else(amd)
}

#[cfg(feature = "gpu")]
fn nvidia(name: &str) -> Option<u64> {
    let library = nvml_wrapper::Nvml::init().ok()?;
    let cards = (0..library.device_count().ok()?).filter_map(|index| library.device_by_index(index).ok());
    let mut cards = cards.filter(|card| card.name().is_ok_and(|found| found == name));
    cards.next()?.memory_info().ok().map(|memory| memory.total)
}

/// The memory of the only AMD card; of several, none is known by its name.
#[cfg(feature = "gpu")]
fn amd() -> Option<u64> {
    let cards = std::fs::read_dir("/sys/class/drm").ok()?.flatten();
    let memory = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        let digits = name.to_str()?.strip_prefix("card")?;
        digits.parse::<u32>().ok()?;
        std::fs::read_to_string(entry.path().join("device/mem_info_vram_total")).ok()?.trim().parse().ok()
    };
    let found: Vec<u64> = cards.filter_map(memory).collect();
    if let [only] = found.as_slice() { Some(*only) } else { None }
}

/// "23 GB of memory", of 10⁹ bytes.
pub(super) fn text(bytes: u64) -> String {
    format!("{:.0} GB of memory", bytes as f64 / 1e9)
}
