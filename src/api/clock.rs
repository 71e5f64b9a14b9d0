//! The edge where the clock is read; everything below takes the time as a value.

use std::time::{Duration, UNIX_EPOCH};

/// Milliseconds since 1970 (UTC), now.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The day it is, in the local time zone.
pub fn today() -> jiff::civil::Date {
    let now = jiff::Timestamp::from_millisecond(now_ms()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::TimeZone::system().to_datetime(now).date()
}

/// A moment as people write it here: `2026-11-23 14:05`, in the local time zone.
pub fn local_text(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    jiff::tz::TimeZone::system().to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A moment as RFC 3339 in UTC, for files.
pub fn utc_text(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default()
}

/// A moment as it stands in run ids and file names: `20261123-140501`, in UTC.
pub fn compact_text(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%d-%H%M%S").to_string()
}

/// A length of time as people write it: `1 h 05 min`, `3 min 20 s`, `12 s`.
pub fn duration_text(ms: i64) -> String {
    let seconds = (ms / 1000).max(0);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s:02} s"),
        (h, m, _) => format!("{h} h {m:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(compact_text(1_763_913_901_000), "20251123-160501");
        assert_eq!(utc_text(1_763_913_901_000), "2025-11-23T16:05:01Z");
        assert_eq!(
            ["12 s", "3 min 20 s", "1 h 05 min"],
            [12_000, 200_000, 3_900_000].map(duration_text).each_ref().map(String::as_str)
        );
    }
}
