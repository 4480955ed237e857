//! `freehold admin outbox`: lists undelivered events and email jobs.

use clap::Args;

use super::{operation::Operation, transport::path};

#[derive(Debug, Args)]
pub(super) struct Outbox {
    /// Maximum number of email jobs.
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

impl Outbox {
    pub(super) fn operation(self) -> Operation {
        Operation::read(path(&["admin", "outbox"])).with_query("limit", self.limit)
    }
}
