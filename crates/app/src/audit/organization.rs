//! The audit events of an organization, for its owner and administrators.
//!
//! They see the action, its actor and its target. They do not see the address
//! of a request, the trace of a refusal, or the name and reason of an operator.
//! The actor of a refused request is shown only if they are a member.

use std::collections::{HashMap, HashSet};

use freehold_domain::{Id, Organization, Refusal, Timestamp, Trace, User};
use freehold_store::{AuditEvent, AuditFilter, MemberDisplayName, RowPage};
use uuid::Uuid;

use crate::access::{Caller, authority, check_administrator, is_organization_administrator};
use crate::command::Outcome;
use crate::runtime::App;

/// A filter for an organization's events.
#[derive(Clone, Debug, Default)]
pub struct OrganizationEventQuery {
    /// Exactly this action.
    pub action: Option<String>,
    /// At this time or later.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Events older than this one.
    pub after: Option<Uuid>,
    /// The largest number of events.
    pub limit: i64,
}

/// An audit event as the organization's administrators see it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrganizationEvent {
    /// Its id.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// The audit action.
    pub action: String,
    /// `user`, `key`, `service`, `operator` or `anonymous`.
    pub actor_kind: String,
    /// The acting user, if the organization may know them.
    pub actor: Option<Uuid>,
    /// The display name of the actor, while they are a member.
    pub actor_name: Option<String>,
    /// The id of the action's target.
    pub target: Option<Uuid>,
    /// The code of the refusal, if the action was refused.
    pub refused: Option<String>,
}

impl App {
    /// The events of an organization, newest first, for its owner and for
    /// administrators of the organization or one of its workspaces.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also if the organization does not
    /// exist; [`Refusal::InsufficientRole`].
    pub async fn organization_events(
        &self,
        caller: &Caller,
        id: Id<Organization>,
        query: &OrganizationEventQuery,
    ) -> Outcome<RowPage<OrganizationEvent, Uuid>> {
        self.check_administrator(caller, id).await?;
        let filter = AuditFilter {
            organization: Some(id),
            action: query.action.clone(),
            since: query.since,
            until: query.until,
            after: query.after,
            limit: query.limit,
            ..AuditFilter::default()
        };
        let RowPage { items, next } = self.store().audit_events(&filter).await?;
        let user_ids: HashSet<Uuid> = items.iter().filter_map(acting_user).collect();
        let user_ids: Vec<Id<User>> = user_ids.into_iter().map(Id::new).collect();
        let names = self
            .store()
            .member_display_names(id, &user_ids)
            .await?
            .into_iter();
        let names: HashMap<Uuid, MemberDisplayName> =
            names.map(|member| (member.user.uuid(), member)).collect();
        let items = items
            .into_iter()
            .map(|event| to_organization_event(event, &names));
        Ok(RowPage {
            items: items.collect(),
            next,
        })
    }

    /// Refuses unless the caller owns the organization, or administers it or
    /// one of its workspaces.
    async fn check_administrator(&self, caller: &Caller, id: Id<Organization>) -> Outcome<()> {
        let user = caller.user.id;
        let membership = self.store().organization_for_member(id, user).await?;
        let (organization, _) = membership.ok_or(Refusal::NotOrganizationMember)?;
        if organization.owner == user {
            return Ok(());
        }
        let role = self.store().organization_role(id, user).await?;
        if is_organization_administrator(self.roles(), role.as_deref()) {
            return Ok(());
        }
        let contexts = self.store().member_contexts_in(id, user).await?;
        let is_administrator = contexts.into_iter().any(|context| {
            let acting_member = authority(self.roles(), context);
            let decision =
                check_administrator(&acting_member, Refusal::InsufficientRole, Trace::new());
            acting_member.is_member() && decision.refusal.is_none()
        });
        if is_administrator {
            Ok(())
        } else {
            Err(Refusal::InsufficientRole.into())
        }
    }
}

/// The user who acted, themselves or with an API key or a service token.
fn acting_user(event: &AuditEvent) -> Option<Uuid> {
    let is_user = matches!(event.actor_kind.as_str(), "user" | "key" | "service");
    event.actor.filter(|_| is_user)
}

fn to_organization_event(
    event: AuditEvent,
    names: &HashMap<Uuid, MemberDisplayName>,
) -> OrganizationEvent {
    let actor = acting_user(&event);
    let member = actor.and_then(|id| names.get(&id));
    // The actor of a successful action was a member or became one. A refused
    // actor can be any caller who knows the organization's id.
    let actor_is_known = member.is_some() || event.refused.is_none();
    let AuditEvent {
        id,
        at,
        action,
        actor_kind,
        actor: _,
        actor_name: _,
        reason: _,
        organization: _,
        target,
        refused,
        request_id: _,
        address: _,
        details: _,
    } = event;
    OrganizationEvent {
        id,
        at,
        action,
        actor_kind,
        actor: actor.filter(|_| actor_is_known),
        actor_name: member.map(|member| member.name.clone()),
        target,
        refused,
    }
}
