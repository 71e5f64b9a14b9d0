//! The command line as a user has it: the real binary in folders of its own.

mod audit;
mod common;
mod compare;
mod duplicates;
mod evaluate;
mod explain;
mod fake_mlflow;
mod features;
mod files;
mod golden;
mod help;
mod interrupt;
mod journey;
mod label;
mod mlflow;
mod personal;
mod real;
mod rules;
mod serve;
mod triage;
