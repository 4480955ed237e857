//! `freehold admin events`: lists audit events.

use clap::Args;
use freehold_app::TargetReference;

use super::{
    arguments::{OrganizationArgument, Page, parse_object},
    operation::Operation,
    transport::path,
};

/// Filters audit events.
#[derive(Debug, Args)]
pub(super) struct EventFilter {
    /// Only events of this actor: a user, or an operator by name.
    #[arg(long, value_name = "EMAIL|ID|NAME")]
    actor: Option<String>,
    /// Only events with this target: an id, a user's email address, or an organization's slug.
    #[arg(long, value_name = "ID|EMAIL|SLUG", value_parser = parse_object)]
    target: Option<TargetReference>,
    /// Only this action, such as organization.created.
    #[arg(long)]
    action: Option<String>,
    /// Only refused (true) or only successful (false) actions.
    #[arg(long, value_name = "true|false")]
    refused: Option<bool>,
    /// Only refusals of the request with this id; every error response contains its request id.
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Only events at or after this time, such as 2026-11-23T09:00:00Z.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only events before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    page: Page,
}

impl EventFilter {
    pub(super) fn read(self, organization: Option<OrganizationArgument>) -> Operation {
        let operation = Operation::read(path(&["admin", "events"]))
            .with_query("actor", self.actor)
            .with_query("target", self.target)
            .with_query(
                "organization",
                organization.map(|organization| organization.text()),
            )
            .with_query("action", self.action)
            .with_query("refused", self.refused)
            .with_query("request", self.request)
            .with_query("after", self.since)
            .with_query("before", self.until);
        operation.with_page(self.page)
    }
}

/// Filters the audit events of the whole deployment.
#[derive(Debug, Args)]
pub(super) struct AllEvents {
    /// Only events in this organization.
    #[arg(long, value_name = "ID|SLUG")]
    organization: Option<OrganizationArgument>,
    #[command(flatten)]
    filter: EventFilter,
}

impl AllEvents {
    pub(super) fn operation(self) -> Operation {
        self.filter.read(self.organization)
    }
}
