//! Who may ask, and how often: API keys, known by their hashes alone, and a quota for each client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::http::{HeaderMap, StatusCode, header};

use super::error::Refusal;
use crate::error::{Error, Result};
use crate::imaging::sha256_hex;

/// Clients whose quota is remembered at a time; those that have been quiet longest are forgotten.
const MOST_CLIENTS: usize = 10_000;

/// What keys begin with, so that people and scanners know one when they see it.
const KEY_START: &str = "pk_";

/// A key's name and the SHA-256 of the key.
struct Key {
    name: String,
    sha256: String,
}

/// Tokens of one client, refilled all the time.
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// Checks clients.
pub(super) struct Gate {
    keys: Vec<Key>,
    /// 0: no limit.
    a_minute: u32,
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// Makes a key for a name: the key itself, and the line for `server.keys`.
///
/// # Errors
/// [`crate::Code::Usage`] when the name does not fit into a line.
pub(super) fn make_key(name: &str, random: [u8; 32]) -> Result<(String, String)> {
    if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter)) {
        return Err(Error::usage(format!("{name:?} is no name for a key"))
            .hint("Use letters, digits, hyphens, underscores and dots."));
    }
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let key = format!("{KEY_START}{digits}");
    let line = format!("{name}:{}", sha256_hex(key.as_bytes()));
    Ok((key, line))
}

impl Gate {
    /// # Errors
    /// [`crate::Code::BadData`] when a key in the configuration is no name and hash.
    pub(super) fn new(keys: &[String], a_minute: u32) -> Result<Self> {
        let keys = keys.iter().map(|line| parse(line)).collect::<Result<Vec<_>>>()?;
        Ok(Self { keys, a_minute, buckets: Mutex::default() })
    }

    /// The client's name for logs and quotas: its key's name, or its address where no keys are needed.
    ///
    /// # Errors
    /// 401 without a key that is known.
    pub(super) fn admit(&self, headers: &HeaderMap, address: IpAddr) -> std::result::Result<String, Refusal> {
        if self.keys.is_empty() {
            return Ok(address.to_string());
        }
        let given = presented(headers).ok_or_else(|| {
            Refusal::new(StatusCode::UNAUTHORIZED, "an API key is needed: send it as `authorization: Bearer KEY`")
        })?;
        let hash = sha256_hex(given.as_bytes());
        let known = self.keys.iter().find(|key| same(key.sha256.as_bytes(), hash.as_bytes()));
        known
            .map(|key| key.name.clone())
            .ok_or_else(|| Refusal::new(StatusCode::UNAUTHORIZED, "this API key is not known"))
    }

    /// Takes one request off a client's quota.
    ///
    /// # Errors
    /// 429 with the time to wait when there is none left.
    pub(super) fn spend(&self, client: &str, now: Instant) -> std::result::Result<(), Refusal> {
        if self.a_minute == 0 {
            return Ok(());
        }
        let full = f64::from(self.a_minute);
        let a_second = full / 60.0;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_CLIENTS && !buckets.contains_key(client) {
            // Who has been quiet for a minute has a full quota anyway.
            buckets.retain(|_, bucket| now.duration_since(bucket.at).as_secs() < 60);
            if buckets.len() >= MOST_CLIENTS {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(client.to_owned()).or_insert(Bucket { tokens: full, at: now });
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * a_second).min(full);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait = ((1.0 - bucket.tokens) / a_second).ceil() as u64;
        let detail = format!("more than {} requests a minute", self.a_minute);
        Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(wait.max(1)))
    }
}

fn parse(line: &str) -> Result<Key> {
    let (name, hash) = line.split_once(':').unwrap_or(("key", line));
    let hash = hash.trim().to_lowercase();
    if hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(Key { name: name.trim().to_owned(), sha256: hash });
    }
    // The line itself may be a key that was pasted here: it is not repeated.
    Err(Error::bad_data("server.keys holds something that is not NAME:SHA-256").hint(
        "`packshot serve --make-key NAME` prints a new key and the line for it; the key itself stays with its user.",
    ))
}

/// The key of a request: a bearer token or `x-api-key`.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    bearer.or_else(|| headers.get("x-api-key").and_then(|value| value.to_str().ok()))
}

/// Compares in a time that does not depend on where the two differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a value"));
        headers
    }

    #[test]
    fn only_a_known_key_opens_and_no_key_is_kept() {
        let (key, line) = make_key("shop", [7; 32]).expect("makes");
        assert!(!line.contains(&key) && line.starts_with("shop:"));
        let gate = Gate::new(&[line], 0).expect("a key");
        let admitted = |headers: HeaderMap| gate.admit(&headers, HERE).map_err(|refusal| refusal.status);
        assert_eq!(admitted(headers("authorization", &format!("Bearer {key}"))), Ok("shop".to_owned()));
        assert_eq!(admitted(headers("x-api-key", &key)), Ok("shop".to_owned()));
        for wrong in ["Bearer pk_0", &format!("Basic {key}"), "Bearer"] {
            assert_eq!(admitted(headers("authorization", wrong)), Err(StatusCode::UNAUTHORIZED), "{wrong}");
        }
        assert_eq!(admitted(HeaderMap::new()), Err(StatusCode::UNAUTHORIZED));
        let open = Gate::new(&[], 0).expect("no keys");
        assert_eq!(open.admit(&HeaderMap::new(), HERE).expect("open"), "127.0.0.1");
        let error = Gate::new(std::slice::from_ref(&key), 0).err().expect("a key in place of its hash");
        assert!(!error.chain().contains(&key), "{error:#}");
        make_key("two words", [0; 32]).expect_err("a name");
    }

    #[test]
    fn a_quota_fills_up_again_and_is_each_clients_own() {
        let gate = Gate::new(&[], 2).expect("no keys");
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(gate.spend("a", at(0)).is_ok() && gate.spend("a", at(0)).is_ok());
        assert_eq!(gate.spend("a", at(0)).expect_err("spent").status, StatusCode::TOO_MANY_REQUESTS);
        assert!(gate.spend("b", at(0)).is_ok(), "another client");
        assert!(gate.spend("a", at(10)).is_err() && gate.spend("a", at(31)).is_ok());
        (0..MOST_CLIENTS + 5).for_each(|client| drop(gate.spend(&client.to_string(), at(0))));
        assert!(gate.buckets.lock().expect("not poisoned").len() <= MOST_CLIENTS);
    }
}
