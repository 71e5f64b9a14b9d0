//! Sending runs to an MLflow server, as it is being asked.

use crate::api::{MlflowRequest, MlflowRuns, MlflowTarget, account_name};
use crate::domain::RunId;

/// The answers so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendRuns {
    /// The server's address as it is being typed.
    pub uri: String,
    /// The experiment as it is being typed; named after the project when empty.
    pub experiment: String,
    /// The selected run alone, rather than every run that is found.
    pub selected_only: bool,
}

impl SendRuns {
    /// What is wrong with the address; nothing when it can be tried.
    pub fn problem(&self) -> Option<&'static str> {
        let uri = self.uri.trim();
        let rest = ["http://", "https://"].into_iter().find_map(|scheme| uri.strip_prefix(scheme));
        match rest {
            _ if uri.is_empty() => Some("Type the server's address to send."),
            None => Some("The address begins with http:// or https://."),
            Some(rest) if rest.contains('@') => Some("A name and password come from the environment, never from here."),
            Some(_) => None,
        }
    }

    /// What is asked of the project.
    pub fn request(&self, runs: Vec<RunId>) -> MlflowRequest {
        MlflowRequest {
            runs: MlflowRuns::Chosen(runs),
            target: MlflowTarget::Server { uri: self.uri.trim().to_owned(), insecure: false },
            user: account_name(),
        }
    }
}
