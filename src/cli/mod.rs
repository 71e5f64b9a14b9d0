//! The command line: one file a subcommand, every one a thin layer over [`crate::api`].
//!
//! Results go to stdout, progress and messages to stderr. Must not know the window, the server's insides, or anything
//! below `api` but plain values.

mod args;
mod config;
mod context;
mod demo;
mod doctor;
mod label;
mod models;
mod open;
mod report;
mod runs;
mod score;
#[cfg(feature = "server")]
mod serve;
mod table;
mod train;
mod watch;
#[cfg(feature = "gui")]
mod window;

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use args::{Args, Command};
use context::{Context, Done};

use crate::error::{Error, Result};

/// Exit status when some photos failed and all of them were listed.
const PARTIAL: u8 = 3;

/// Runs the program with these arguments (the first is its name) and returns its exit status.
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            // A closed pipe is the reader's business.
            let _closed = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let json = args.global.json;
    match dispatch(args) {
        Ok(done) => {
            if json {
                context::print_line(&done.summary.to_string());
            }
            if done.partial { PARTIAL } else { 0 }
        }
        Err(error) => {
            tell(&error, json);
            error.code.exit_status()
        }
    }
}

fn tell(error: &Error, json: bool) {
    eprintln!("error: {error:#}");
    if let Some(hint) = &error.details {
        eprintln!("hint: {hint}");
    }
    if json {
        let body = json!({"code": error.code.name(), "message": error.chain(), "hint": error.details});
        context::print_line(&json!({ "error": body }).to_string());
    }
}

fn dispatch(args: Args) -> Result<Done> {
    let context = Context::new(args.global)?;
    match args.command.unwrap_or(Command::Gui { folder: None }) {
        Command::Gui { folder } => open_window(&context, folder),
        Command::Demo(args) => demo::run(&context, &args),
        Command::Open { folders } => open::run(&context, folders),
        Command::Label(command) => label::run(&context, command),
        Command::Train(args) => train::run(context, args),
        Command::Score(args) => score::run(context, args),
        Command::Runs(command) => runs::run(&context, command),
        Command::Models(command) => models::run(&context, &command),
        Command::Report(args) => report::run(&context, &args),
        Command::Config(command) => config::run(&context, &command),
        #[cfg(feature = "server")]
        Command::Serve(args) => serve::run(context, args),
        Command::Doctor => doctor::run(&context),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "packshot", &mut script);
            context::print_line(String::from_utf8_lossy(&script).trim_end());
            Ok(Done::default())
        }
    }
}

#[cfg(feature = "gui")]
fn open_window(context: &Context, folder: Option<std::path::PathBuf>) -> Result<Done> {
    window::run(context, folder)
}

#[cfg(not(feature = "gui"))]
fn open_window(_context: &Context, _folder: Option<std::path::PathBuf>) -> Result<Done> {
    Err(Error::usage("this build has no window").hint("`packshot --help` lists the commands."))
}
