//! The edge where the clock is read; everything below takes the time as a value.

use std::time::{Duration, UNIX_EPOCH};

/// Milliseconds since 1970 (UTC), now.
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
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
