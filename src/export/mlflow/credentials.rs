//! Who we are to an MLflow server: a token, or a user and password, from the environment or the system's keyring. They are
//! neither printed nor kept.

use std::process::{Command, Stdio};

use crate::export::base64;

/// The service's name in keyrings.
const SERVICE: &str = "packshot-mlflow";

/// The value of the `authorization` header, or none.
#[derive(Clone, Default)]
pub struct Credentials(Option<String>);

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Credentials(hidden)" } else { "Credentials(none)" })
    }
}

impl Credentials {
    /// From MLflow's own variables (`MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`);
    /// nothing when they are not set.
    pub fn from_env(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        if let Some(token) = set("MLFLOW_TRACKING_TOKEN") {
            return Self::bearer(&token);
        }
        match (set("MLFLOW_TRACKING_USERNAME"), set("MLFLOW_TRACKING_PASSWORD")) {
            (Some(user), Some(password)) => Self::basic(&user, &password),
            _ => Self(None),
        }
    }

    /// From the system's keyring, where an entry of the service `packshot-mlflow` for that server holds a token, or a user and
    /// password as `USER:PASSWORD`; nothing when there is none.
    pub fn from_keyring(host: &str) -> Self {
        read_keyring(host).map_or_else(Self::default, |secret| Self::from_secret(&secret))
    }

    fn from_secret(secret: &str) -> Self {
        match secret.trim() {
            "" => Self(None),
            secret => match secret.split_once(':') {
                Some((user, password)) => Self::basic(user, password),
                None => Self::bearer(secret),
            },
        }
    }

    /// A user and password.
    pub(super) fn basic(user: &str, password: &str) -> Self {
        Self(Some(format!("Basic {}", base64::encode(format!("{user}:{password}").as_bytes()))))
    }

    fn bearer(token: &str) -> Self {
        Self(Some(format!("Bearer {}", token.trim())))
    }

    /// These, or else others.
    #[must_use]
    pub fn or(self, others: impl FnOnce() -> Self) -> Self {
        if self.0.is_some() { self } else { others() }
    }

    /// The header's value.
    pub(super) fn header(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// Asks the system's own tool: Secret Service on Linux, Keychain on macOS. A library for it would pull its features into the
/// window's accessibility stack.
fn read_keyring(host: &str) -> Option<String> {
    let mut command = if cfg!(target_os = "macos") {
        let mut command = Command::new("security");
        command.args(["find-generic-password", "-w", "-s", SERVICE, "-a", host]);
        command
    } else if cfg!(unix) {
        let mut command = Command::new("secret-tool");
        command.args(["lookup", "service", SERVICE, "server", host]);
        command
    } else {
        return None;
    };
    // Most machines have no such tool, or no entry.
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let secret = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_before_a_password_and_neither_is_printed() {
        let from = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            Credentials::from_env(&move |name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone()))
        };
        let (user, password) = (("MLFLOW_TRACKING_USERNAME", "ana"), ("MLFLOW_TRACKING_PASSWORD", "geheim"));
        let both = from(&[user, password, ("MLFLOW_TRACKING_TOKEN", "t0k3n")]);
        assert_eq!(both.header(), Some("Bearer t0k3n"));
        assert_eq!(from(&[user, password]).header(), Some("Basic YW5hOmdlaGVpbQ=="));
        assert_eq!(from(&[user, ("MLFLOW_TRACKING_TOKEN", "")]).header(), None);
        assert!(!format!("{both:?}").contains("t0k3n"));
        assert_eq!(Credentials::from_secret("ana:geheim\n").header(), Some("Basic YW5hOmdlaGVpbQ=="));
        assert_eq!(Credentials::from_secret("t0k3n\n").or(|| both.clone()).header(), Some("Bearer t0k3n"));
        assert_eq!(Credentials::from_secret("\n").or(|| both).header(), Some("Bearer t0k3n"));
    }
}
