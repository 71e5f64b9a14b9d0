//! What this process uses, as the system counts it; nothing where the system does not tell.

use std::time::Duration;

/// Processor time of the calling thread.
pub fn thread_time() -> Option<Duration> {
    // The first number is the time on a processor, in nanoseconds.
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Memory of the process in bytes: now, and at most so far.
pub fn memory() -> Option<(u64, u64)> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time_and_memory() {
        let (before, start) = (thread_time().expect("linux tells"), std::time::Instant::now());
        // The system counts from time to time only.
        while thread_time().expect("linux tells") == before {
            assert!(start.elapsed() < Duration::from_secs(60), "no work was counted");
        }
        let (now, most) = memory().expect("linux tells");
        assert!(now > 1 << 20 && most >= now, "{now} {most}");
    }
}
