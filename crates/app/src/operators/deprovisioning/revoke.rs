//! Taking single things away from people: a membership, a login, an API key.
//! Each is named by its own id, wherever it is.

use freehold_domain::{
    ApiKey, AuditAction, Decision, EntityKind, Id, Identity, Level, Membership, Refusal, Trace,
};
use freehold_store::RemovalCounts;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::auth::PASSWORD;
use crate::command::{Command, CommandOutput, Event, Failure, Outcome, RequestContext};
use crate::operators::Operator;
use crate::runtime::App;

/// A membership that is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawnMembership(pub Id<Membership>);

/// A login that is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawnIdentity(pub Id<Identity>);

/// An API key that opens nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawnKey(pub Id<ApiKey>);

impl App {
    /// Ends a membership, with those below it and the API keys that hang on
    /// them. Memberships above it stay.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`]; [`Refusal::AccountsConflict`] for the
    /// owner's memberships, on whichever level.
    pub async fn withdraw_membership(
        &self,
        operator: &Operator,
        call: &RequestContext,
        level: Level,
        id: Id<Membership>,
    ) -> Outcome<CommandOutput<WithdrawnMembership>> {
        let command = self.command(operator.actor(), call, AuditAction::MemberRemoved);
        let attempt = || end_membership(&command, level, id);
        command.run(attempt, |_| None).await
    }

    /// Takes a way of signing in from somebody, and ends their sessions. Their
    /// account and their API keys stay.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn withdraw_identity(
        &self,
        operator: &Operator,
        call: &RequestContext,
        id: Id<Identity>,
    ) -> Outcome<CommandOutput<WithdrawnIdentity>> {
        let command = self.command(operator.actor(), call, AuditAction::IdentityDeleted);
        let attempt = || end_identity(&command, id);
        command.run(attempt, |_| None).await
    }

    /// Takes an API key back.
    ///
    /// # Errors
    /// [`Refusal::EntityNotFound`].
    pub async fn withdraw_key(
        &self,
        operator: &Operator,
        call: &RequestContext,
        id: Id<ApiKey>,
    ) -> Outcome<CommandOutput<WithdrawnKey>> {
        let command = self.command(operator.actor(), call, AuditAction::ApiKeyDeleted);
        let attempt = || end_key(&command, id);
        command.run(attempt, |_| None).await
    }
}

async fn end_membership(
    command: &Command<'_>,
    level: Level,
    id: Id<Membership>,
) -> Outcome<CommandOutput<WithdrawnMembership>> {
    let mut work = command.begin();
    let Some(member) = work.tx.lock_and_read_membership(level, id).await? else {
        return Err(missing(command, EntityKind::Membership, id));
    };
    let (user, organization, now) = (member.user, member.organization, work.now);
    let owners = member.owner == user;
    let mut trace = Trace::new();
    if !trace.step("not_the_owner", user.to_string(), !owners) {
        let refusal = Refusal::AccountsConflict(format!(
            "User {user} owns the organization {organization} and stays a member of all in it. \
             Transfer it first."
        ));
        let decision = Decision::refused(refusal, trace);
        return Err(command.refuse(Some(organization), Some(user.uuid()), decision));
    }
    let lost = match (level, member.workspace) {
        (Level::Organization, _) => {
            let lost = work
                .tx
                .removal_counts_in_organization(organization, user)
                .await?;
            // An older invitation must not bring them back.
            work.tx
                .revoke_invitations_to_organization(organization, user, now, None);
            lost
        }
        (Level::Workspace, Some(workspace)) => {
            let lost = work.tx.removal_counts_in_workspace(workspace, user).await?;
            work.tx
                .revoke_invitations_to_workspace(workspace, &member.email, now, None);
            lost
        }
        _ => RemovalCounts::default(),
    };
    work.tx.delete_membership(level, id);
    let event = Event::on(AuditAction::MemberRemoved, user.uuid()).within(organization);
    work.record(event.with(json!({
        "workspace": member.workspace, "project": member.project,
        "role": member.role, "removed": lost,
    })));
    work.commit(WithdrawnMembership(id)).await
}

async fn end_identity(
    command: &Command<'_>,
    id: Id<Identity>,
) -> Outcome<CommandOutput<WithdrawnIdentity>> {
    let mut work = command.begin();
    let Some(identity) = work.tx.lock_and_read_identity(id).await? else {
        // The contract's word for somebody who cannot sign in so.
        return Err(missing(command, EntityKind::User, id));
    };
    let user = identity.user;
    work.tx.delete_identity(id, user, work.now);
    if identity.method == PASSWORD {
        work.tx.delete_password(user);
        work.tx.delete_password_resets_of(user);
    }
    work.tx.end_sessions_of(user);
    let event = Event::on(AuditAction::IdentityDeleted, user.uuid());
    work.record(event.with(json!({ "identity": id, "method": identity.method })));
    work.commit(WithdrawnIdentity(id)).await
}

async fn end_key(command: &Command<'_>, id: Id<ApiKey>) -> Outcome<CommandOutput<WithdrawnKey>> {
    let mut work = command.begin();
    let Some(key) = work.tx.delete_api_key_by_id(id).await? else {
        return Err(missing(command, EntityKind::ApiKey, id));
    };
    let event = Event::on(AuditAction::ApiKeyDeleted, id.uuid()).within(key.organization);
    work.record(event.with(json!({
        "prefix": key.prefix, "user": key.user, "project": key.project,
    })));
    work.commit(WithdrawnKey(id)).await
}

fn missing<T>(command: &Command<'_>, kind: EntityKind, id: Id<T>) -> Failure {
    let named = id.to_string();
    let mut trace = Trace::new();
    trace.step("exists", named.clone(), false);
    let decision = Decision::refused(Refusal::EntityNotFound { kind, named }, trace);
    command.refuse(None, Some(id.uuid()), decision)
}
