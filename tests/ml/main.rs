//! Learning, end to end through the use cases: overfitting, reproducibility, resuming, cancelling, one score everywhere.

mod common;
mod finetune;
mod golden;
mod memory;
mod personal;
mod resume;
mod series;
mod train;
