//! `packshot bench`: the programme measures itself.

#[cfg(feature = "server")]
mod serve;
#[cfg(feature = "gui")]
mod ui;

use super::args::Bench;
use super::context::{Context, Done};
use crate::error::Result;

pub(super) fn run(context: &Context, command: Bench) -> Result<Done> {
    match command {
        #[cfg(feature = "gui")]
        Bench::Ui(args) => ui::run(context, &args),
        #[cfg(feature = "gui")]
        Bench::History(args) => ui::history(context, &args),
        #[cfg(feature = "server")]
        serve @ Bench::Serve { .. } => serve::run(context, serve),
    }
}
