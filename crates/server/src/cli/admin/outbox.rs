//! `freehold admin outbox`: what waits.

use clap::Args;

use super::{operation::Errand, transport::path};

#[derive(Debug, Args)]
pub(super) struct Outbox {
    /// How many letters.
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

impl Outbox {
    pub(super) fn errand(self) -> Errand {
        Errand::look(path(&["admin", "outbox"])).asking("limit", self.limit)
    }
}
