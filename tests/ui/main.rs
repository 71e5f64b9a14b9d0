//! The window, driven without a display: behaviour by accessibility label, and one picture of every page.
#![cfg(feature = "gui")]

mod audit;
mod behaviour;
mod browse;
mod duplicates;
mod fixture;
mod golden;
mod history;
mod killed;
mod label;
mod learning;
mod pages;
mod states;
