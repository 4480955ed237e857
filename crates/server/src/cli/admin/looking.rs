//! `freehold admin events`, `freehold admin outbox` and `freehold explain`:
//! what happened, what waits, and why.

use clap::Args;
use freehold_app::WhichThing;

use super::{
    Common,
    errand::Errand,
    page::Page,
    typed::{Which, Who, thing},
    wire::path,
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
        self.page.of(errand)
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

/// A question about somebody's rights.
#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// Who would do it, by e-mail address or id.
    #[arg(long, value_name = "EMAIL|ID")]
    user: Who,
    /// What they would do: sign_in, sign_up, create_organization, invite, accept, or a permission
    /// such as view_spans.
    #[arg(long)]
    action: String,
    /// To what: an organization, a workspace, a project, or an invitation to accept.
    #[arg(long, value_name = "ID|SLUG", value_parser = thing)]
    on: Option<WhichThing>,
    /// The role that an invitation would give.
    #[arg(long)]
    role: Option<String>,
    /// Whom an invitation would be for.
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    #[command(flatten)]
    pub(super) common: Common,
}

impl Explain {
    pub(super) fn errand(self) -> Errand {
        Errand::look(path(&["admin", "explain"]))
            .asking("user", Some(self.user.text()))
            .asking("action", Some(self.action))
            .asking("on", self.on)
            .asking("role", self.role)
            .asking("email", self.email)
    }
}
