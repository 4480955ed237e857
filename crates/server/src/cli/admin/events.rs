//! `freehold admin events`: what happened.

use clap::Args;
use freehold_app::WhichThing;

use super::{
    arguments::{Page, Which, thing},
    operation::Errand,
    transport::path,
};

/// Which events.
#[derive(Debug, Args)]
pub(super) struct EventFilter {
    /// Only what these did: a person, or an operator by name.
    #[arg(long, value_name = "EMAIL|ID|NAME")]
    actor: Option<String>,
    /// Only what was done to this: anything by its id, a person also by address, an organization
    /// also by slug.
    #[arg(long, value_name = "ID|EMAIL|SLUG", value_parser = thing)]
    target: Option<WhichThing>,
    /// Only this, such as organization.created.
    #[arg(long)]
    action: Option<String>,
    /// Only what was refused, or was not.
    #[arg(long, value_name = "true|false")]
    refused: Option<bool>,
    /// Only the request of this id, which stands in every refusal.
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Only what happened since, such as 2026-11-23T09:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what happened before.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    page: Page,
}

impl EventFilter {
    pub(super) fn of(self, organization: Option<Which>) -> Errand {
        let errand = Errand::look(path(&["admin", "events"]))
            .asking("actor", self.actor)
            .asking("target", self.target)
            .asking("organization", organization.map(|it| it.text()))
            .asking("action", self.action)
            .asking("refused", self.refused)
            .asking("request", self.request)
            .asking("after", self.since)
            .asking("before", self.until);
        errand.paged(self.page)
    }
}

/// Events of everybody and everything.
#[derive(Debug, Args)]
pub(super) struct AllEvents {
    /// Only in this organization.
    #[arg(long, value_name = "SLUG|ID")]
    organization: Option<Which>,
    #[command(flatten)]
    filter: EventFilter,
}

impl AllEvents {
    pub(super) fn errand(self) -> Errand {
        self.filter.of(self.organization)
    }
}
