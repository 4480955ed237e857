//! The audit log, as operators read it.

use std::fmt;

use freehold_domain::{Email, Id, Timestamp, User};
use freehold_store::{AuditEvent, AuditFilter, RowPage};
use serde_json::json;
use uuid::Uuid;

use crate::command::{Outcome, RequestContext};
use crate::operators::Operator;
use crate::operators::directory::{OrganizationReference, TargetReference, UserReference};
use crate::runtime::App;

/// A filter for audit events; every given field has to match.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// The actor of the event.
    pub actor: Option<ActorReference>,
    /// The target of the event.
    pub target: Option<TargetReference>,
    /// The organization of the event.
    pub organization: Option<OrganizationReference>,
    /// Exactly this action.
    pub action: Option<String>,
    /// Whether the event is a refusal.
    pub refused: Option<bool>,
    /// The id of the request that was refused.
    pub request: Option<String>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Events older than this one.
    pub after: Option<Uuid>,
    /// The largest number of events.
    pub limit: i64,
}

/// How a query names an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActorReference {
    /// The user or the operator key with this id.
    Id(Uuid),
    /// The user with this address; if there is none, the operator with this
    /// name.
    Name(String),
}

impl ActorReference {
    /// Parses an id; any other text is a name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Uuid::try_parse(text).map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

impl fmt::Display for ActorReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl App {
    /// The audit log, newest event first.
    ///
    /// # Errors
    /// [`EntityNotFound`](freehold_domain::Refusal::EntityNotFound) for an address or a slug that does not
    /// exist.
    pub async fn audit_log(
        &self,
        operator: &Operator,
        context: &RequestContext,
        query: &EventQuery,
    ) -> Outcome<RowPage<AuditEvent, Uuid>> {
        let EventQuery {
            actor,
            target,
            organization,
            action,
            refused,
            request,
            since,
            until,
            after,
            limit,
        } = query;
        let read = json!({
            "read": "events", "actor": actor.as_ref().map(ActorReference::to_string),
            "target": target.as_ref().map(TargetReference::to_string),
            "organization": organization.as_ref().map(OrganizationReference::to_string),
            "action": action, "refused": refused, "request": request,
            "after": since.map(Timestamp::iso_z), "before": until.map(Timestamp::iso_z),
            "cursor": after,
        });
        self.record_operator_read(operator, context, read).await?;
        let mut filter = AuditFilter {
            action: action.clone(),
            refused: *refused,
            request: request.clone(),
            since: *since,
            until: *until,
            after: *after,
            limit: *limit,
            ..AuditFilter::default()
        };
        match actor {
            None => {}
            Some(ActorReference::Id(id)) => filter.actor = Some(*id),
            Some(ActorReference::Name(name)) => match self.user_by_actor_name(name).await? {
                Some(user) => filter.actor = Some(user.uuid()),
                None => filter.actor_name = Some(name.clone()),
            },
        }
        if let Some(target) = target {
            filter.target = Some(self.id_of(target).await?);
        }
        if let Some(organization) = organization {
            filter.organization = Some(self.id_of_organization(organization).await?);
        }
        Ok(self.store().audit_events(&filter).await?)
    }

    /// The user with this address, or `None` if the name is an operator's.
    /// Operators can be named by an address.
    async fn user_by_actor_name(&self, name: &str) -> Outcome<Option<Id<User>>> {
        let Ok(email) = Email::parse(name) else {
            return Ok(None);
        };
        if let Some(user) = self.store().user_by_email(&email).await? {
            return Ok(Some(user.id));
        }
        let operators = self.store().operator_keys().await?;
        if operators.iter().any(|operator| operator.name == name) {
            return Ok(None);
        }
        Err(UserReference::Email(email).missing().into())
    }
}
