//! Deleting single rows of an account: a membership, a login, an API key. Each
//! is referred to by its own id.

use freehold_domain::{
    ApiKey, AuditAction, Decision, EntityKind, Id, Identity, Level, Membership, Refusal, Trace,
};
use freehold_store::RemovalCounts;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::auth::PASSWORD;
use crate::command::{Command, CommandOutput, Event, Failure, Outcome, RequestContext};
use crate::extension::TypedEvent;
use crate::operators::Operator;
use crate::runtime::App;

/// The id of a deleted membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedMembershipId(pub Id<Membership>);

/// The id of a deleted login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedIdentityId(pub Id<Identity>);

/// The id of a deleted API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedApiKeyId(pub Id<ApiKey>);

impl App {
    /// Deletes a membership, with the memberships below it and the API keys
    /// that depend on them. Rows above it that were only there for it go too.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`]; [`Refusal::AccountsConflict`] for the
    /// owner's memberships, on any level.
    pub async fn delete_membership(
        &self,
        operator: &Operator,
        context: &RequestContext,
        level: Level,
        id: Id<Membership>,
    ) -> Outcome<CommandOutput<DeletedMembershipId>> {
        let command = self.command(operator.actor(), context, AuditAction::MemberRemoved);
        let attempt = || delete_membership_once(&command, level, id);
        command.run(attempt, |_| None).await
    }

    /// Deletes a login of a user, and ends the user's sessions. The account and
    /// the API keys remain.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn delete_identity(
        &self,
        operator: &Operator,
        context: &RequestContext,
        id: Id<Identity>,
    ) -> Outcome<CommandOutput<DeletedIdentityId>> {
        let command = self.command(operator.actor(), context, AuditAction::IdentityDeleted);
        let attempt = || delete_identity_once(&command, id);
        command.run(attempt, |_| None).await
    }

    /// Deletes an API key.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn delete_api_key_by_id(
        &self,
        operator: &Operator,
        context: &RequestContext,
        id: Id<ApiKey>,
    ) -> Outcome<CommandOutput<DeletedApiKeyId>> {
        let command = self.command(operator.actor(), context, AuditAction::ApiKeyDeleted);
        let attempt = || delete_api_key_once(&command, id);
        command.run(attempt, |_| None).await
    }
}

async fn delete_membership_once(
    command: &Command<'_>,
    level: Level,
    id: Id<Membership>,
) -> Outcome<CommandOutput<DeletedMembershipId>> {
    let mut work = command.begin();
    let Some(member) = work.tx.lock_and_read_membership(level, id).await? else {
        return Err(not_found(command, EntityKind::Membership, id));
    };
    let (user, organization, now) = (member.user, member.organization, work.now);
    let is_owner = member.owner == user;
    let mut trace = Trace::new();
    if !trace.step("target_is_not_owner", user.to_string(), !is_owner) {
        let refusal = Refusal::AccountsConflict(format!(
            "User {user} owns the organization {organization} and remains a member of everything \
             in it. Transfer the ownership first."
        ));
        let decision = Decision::refused(refusal, trace);
        return Err(command.refuse(Some(organization), Some(user.uuid()), decision));
    }
    let removed = match (level, member.workspace) {
        (Level::Organization, _) => {
            let removed = work
                .tx
                .removal_counts_in_organization(organization, user)
                .await?;
            // An open invitation must not bring the user back.
            work.tx
                .revoke_invitations_to_organization(organization, user, now, None);
            removed
        }
        (Level::Workspace, Some(workspace)) => {
            let removed = work.tx.removal_counts_in_workspace(workspace, user).await?;
            work.tx
                .revoke_invitations_to_workspace(workspace, &member.email, now, None);
            removed
        }
        _ => RemovalCounts::default(),
    };
    work.tx.delete_membership(level, id);
    let event = Event::new(AuditAction::MemberRemoved, user.uuid())
        .in_organization(organization)
        .heard_as(TypedEvent::MemberRemoved { organization, user });
    work.record(event.with_details(json!({
        "workspace": member.workspace, "project": member.project,
        "role": member.role, "removed": removed,
    })));
    work.commit(DeletedMembershipId(id)).await
}

async fn delete_identity_once(
    command: &Command<'_>,
    id: Id<Identity>,
) -> Outcome<CommandOutput<DeletedIdentityId>> {
    let mut work = command.begin();
    let Some(identity) = work.tx.lock_and_read_identity(id).await? else {
        // The reference API answers a user without a login with this text
        // (docs/COMPATIBILITY.md#admin-api).
        return Err(not_found(command, EntityKind::User, id));
    };
    let user = identity.user;
    work.tx.delete_identity(id, user, work.now);
    if identity.method == PASSWORD {
        work.tx.delete_password(user);
        work.tx.delete_password_resets_of(user);
    }
    work.tx.end_sessions_of(user);
    let event = Event::new(AuditAction::IdentityDeleted, user.uuid());
    work.record(event.with_details(json!({ "identity": id, "method": identity.method })));
    work.commit(DeletedIdentityId(id)).await
}

async fn delete_api_key_once(
    command: &Command<'_>,
    id: Id<ApiKey>,
) -> Outcome<CommandOutput<DeletedApiKeyId>> {
    let mut work = command.begin();
    let Some(key) = work.tx.delete_api_key_by_id(id).await? else {
        return Err(not_found(command, EntityKind::ApiKey, id));
    };
    let event = Event::new(AuditAction::ApiKeyDeleted, id.uuid()).in_organization(key.organization);
    work.record(event.with_details(json!({
        "prefix": key.prefix, "user": key.user, "project": key.project,
    })));
    work.commit(DeletedApiKeyId(id)).await
}

fn not_found<T>(command: &Command<'_>, kind: EntityKind, id: Id<T>) -> Failure {
    let named = id.to_string();
    let mut trace = Trace::new();
    trace.step("exists", named.clone(), false);
    let decision = Decision::refused(Refusal::EntityNotFound { kind, named }, trace);
    command.refuse(None, Some(id.uuid()), decision)
}
