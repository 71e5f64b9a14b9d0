//! The command line: one file a subcommand, every one a thin layer over [`crate::api`].
//!
//! Results go to stdout, progress and messages to stderr. Must not know the window, the server's insides, or anything
//! below `api` but plain values.

mod args;
mod audit;
#[cfg(any(feature = "gui", feature = "server"))]
mod bench;
mod compare;
mod config;
mod context;
mod demo;
mod doctor;
mod duplicates;
mod evaluate;
mod explain;
mod export;
mod features;
mod import;
mod label;
mod models;
mod open;
mod personal;
mod pretrain;
mod report;
mod rules;
mod runs;
mod score;
#[cfg(feature = "server")]
mod serve;
mod table;
mod train;
mod triage;
mod watch;
#[cfg(feature = "gui")]
mod window;

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use args::{Args, Command, ProgressStyle};
use context::{Context, Done};

use crate::error::{Error, Result};
use crate::jobs;

/// Exit status when some photos failed and all of them were listed.
const PARTIAL: u8 = 3;

/// Runs the program with these arguments (the first is its name) and returns its exit status.
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.collect();
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(error) => return refuse(&error, &arguments),
    };
    let (json, style) = (args.global.json, args.global.progress);
    match dispatch(args) {
        Ok(done) => {
            if json {
                context::print_line(&done.summary.to_string());
            }
            if done.partial { PARTIAL } else { 0 }
        }
        Err(error) => {
            tell(&error, json, style);
            error.code.exit_status()
        }
    }
}

/// Prints the help, or what is wrong with the arguments, and returns the exit status.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> u8 {
    // A closed pipe is the reader's business.
    let _closed = error.print();
    if error.use_stderr() && arguments.iter().take_while(|word| *word != "--").any(|word| word == "--json") {
        let text = error.to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        context::print_line(&body(&Error::usage(message).hint("Add --help for the arguments and examples.")));
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}

fn tell(error: &Error, json: bool, style: ProgressStyle) {
    if style == ProgressStyle::Json {
        context::note_line(&json!({"event": "error", "error": fields(error)}).to_string());
    } else {
        context::note_line(&format!("error: {error:#}"));
        if let Some(hint) = &error.details {
            context::note_line(&format!("hint: {hint}"));
        }
    }
    if json {
        context::print_line(&body(error));
    }
}

fn fields(error: &Error) -> serde_json::Value {
    json!({"code": error.code.name(), "message": error.chain(), "hint": error.details})
}

fn body(error: &Error) -> String {
    json!({ "error": fields(error) }).to_string()
}

fn dispatch(args: Args) -> Result<Done> {
    let context = Context::new(args.global)?;
    let command = args.command.unwrap_or(Command::Gui { folder: None });
    let has_window = match command {
        Command::Gui { .. } => true,
        #[cfg(feature = "gui")]
        Command::Bench(args::Bench::Ui(_)) => true,
        _ => false,
    };
    if !has_window {
        jobs::use_every_core();
    }
    match command {
        Command::Gui { folder } => open_window(&context, folder),
        Command::Demo(args) => demo::run(&context, &args),
        Command::Open { folders } => open::run(&context, folders),
        Command::Label(command) => label::run(&context, command),
        Command::Train(args) => train::run(context, args),
        Command::Finetune(args) => train::finetune(context, args),
        Command::Personal(args) => personal::run(context, args),
        Command::Pretrain(args) => pretrain::run(context, args),
        Command::Audit(args) => audit::run(&context, args),
        Command::Score(args) => score::run(context, args),
        Command::Triage(args) => triage::run(context, args),
        Command::Evaluate(args) => evaluate::run(context, args),
        Command::Explain(args) => explain::run(&context, args),
        Command::Compare(args) => compare::run(&context, args),
        Command::Duplicates(args) => duplicates::run(&context, args),
        Command::Features(args) => features::run(context, args),
        Command::Runs(command) => runs::run(&context, command),
        Command::Models(command) => models::run(&context, &command),
        Command::Rules(command) => rules::run(&context, &command),
        Command::Export(command) => export::run(context, command),
        Command::Import(command) => import::run(context, command),
        Command::Report(args) => report::run(&context, &args),
        Command::Config(command) => config::run(&context, &command),
        #[cfg(feature = "server")]
        Command::Serve(args) => serve::run(context, args),
        #[cfg(any(feature = "gui", feature = "server"))]
        Command::Bench(command) => bench::run(&context, command),
        Command::Doctor => doctor::run(&context),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "packshot", &mut script);
            let script = String::from_utf8_lossy(&script);
            context.say(script.trim_end());
            Ok(Done::ok(json!({"shell": shell.to_string(), "script": script})))
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
