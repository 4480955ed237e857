//! Lists of operators come in pages.

use clap::Args;

use super::errand::Errand;

/// Which page of a list.
#[derive(Debug, Args)]
pub(super) struct Page {
    /// How many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: Option<u32>,
    /// Only those behind this: the `next` that the page before ended with.
    #[arg(long, value_name = "NEXT")]
    after: Option<String>,
}

impl Page {
    pub(super) fn of(self, errand: Errand) -> Errand {
        errand
            .asking("limit", self.limit)
            .asking("cursor", self.after)
    }
}
