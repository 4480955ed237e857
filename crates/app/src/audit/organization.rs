//! What happened in an organization, for those who run it.
//!
//! An organization's people see what was done, by whom and to what. They do not
//! see where a request came from, why a rule said no to somebody, or which
//! operator it was and for what reason; of somebody who was refused and is not
//! in the organization they do not learn who it was.

use std::collections::{HashMap, HashSet};

use freehold_domain::{Id, Organization, Refusal, Timestamp, Trace, User};
use freehold_store::{AuditEvent, AuditFilter, MemberDisplayName, RowPage};
use uuid::Uuid;

use crate::access::{Caller, authority, check_administrator, is_organization_administrator};
use crate::command::Outcome;
use crate::runtime::App;

/// Which events of an organization.
#[derive(Clone, Debug, Default)]
pub struct OrganizationEventQuery {
    /// Exactly this.
    pub action: Option<String>,
    /// Then or later.
    pub since: Option<Timestamp>,
    /// Earlier.
    pub until: Option<Timestamp>,
    /// Older than this one.
    pub after: Option<Uuid>,
    /// At most so many.
    pub limit: i64,
}

/// Something that happened in an organization, as its people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct OrganizationEvent {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: String,
    /// `user`, `key`, `service`, `operator` or `anonymous`.
    pub actor_kind: String,
    /// Which user, if that is the organization's to know.
    pub actor: Option<Uuid>,
    /// What others see of them, while they are in the organization.
    pub actor_name: Option<String>,
    /// What it was done to.
    pub target: Option<Uuid>,
    /// The code of the refusal, if it was one.
    pub refused: Option<String>,
}

impl App {
    /// What happened in an organization, newest first, for its owner and for
    /// whoever administers it or one of its workspaces.
    ///
    /// # Errors
    /// [`Refusal::NotOrganizationMember`], also when there is none;
    /// [`Refusal::InsufficientRole`].
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

    /// Whether the caller owns the organization, runs it or runs a part of it.
    async fn check_administrator(&self, caller: &Caller, id: Id<Organization>) -> Outcome<()> {
        let user = caller.user.id;
        let found = self.store().organization_for_member(id, user).await?;
        let (organization, _) = found.ok_or(Refusal::NotOrganizationMember)?;
        if organization.owner == user {
            return Ok(());
        }
        let role = self.store().organization_role(id, user).await?;
        if is_organization_administrator(self.roles(), role.as_deref()) {
            return Ok(());
        }
        let contexts = self.store().member_contexts_in(id, user).await?;
        let check_administrator = contexts.into_iter().any(|context| {
            let acting_member = authority(self.roles(), context);
            let decision =
                check_administrator(&acting_member, Refusal::InsufficientRole, Trace::new());
            acting_member.is_member() && decision.refusal.is_none()
        });
        if check_administrator {
            Ok(())
        } else {
            Err(Refusal::InsufficientRole.into())
        }
    }
}

/// The person who acted, by themselves or by a program of theirs.
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
    // Whoever succeeded was in it, or was let in by it; who was refused may be
    // anybody who knows its id.
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
