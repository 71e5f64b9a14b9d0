//! The command line as a user has it: the real binary in folders of its own.

mod audit;
mod common;
mod compare;
mod duplicates;
mod evaluate;
mod explain;
mod features;
mod files;
mod golden;
mod help;
mod interrupt;
mod journey;
mod label;
mod personal;
mod real;
mod rules;
mod serve;
mod triage;
