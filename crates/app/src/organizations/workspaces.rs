//! Listing, reading, creating and updating workspaces. Their members are in
//! `members`.

use std::borrow::Cow;

use freehold_domain::{
    AuditAction, FreeText, Id, Organization, Permission, Refusal, Role, Timestamp, Workspace,
};
use freehold_store::{MemberContext, MemberRecord, MembershipState, Rule, Target, WorkspaceRecord};
use serde_json::json;

use super::create::{DEFAULT_NAME, InitialContentChoice, ProjectToCreate, WorkspaceToCreate};
use crate::access::{Caller, authority, check_owner, check_workspace_permission};
use crate::command::{Command, CommandOutput, Event, FieldChange, Outcome, RequestContext};
use crate::runtime::App;

/// A workspace and its members.
#[derive(Clone, Debug)]
pub struct WorkspaceDetails {
    /// The workspace.
    pub workspace: WorkspaceRecord,
    /// The invitees, then the members of its default project; empty for a demo
    /// project's workspace.
    pub members: Vec<MemberRecord>,
    /// The time of the read, because invitations expire.
    pub at: Timestamp,
}

/// A workspace to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorkspace {
    /// The name.
    pub name: FreeText,
    /// The description.
    pub description: FreeText,
    /// The type, which the caller can choose.
    pub kind: FreeText,
}

/// The changes to a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceUpdate {
    /// The name, which cannot be removed.
    pub name: FieldChange<FreeText>,
    /// The description.
    pub description: FieldChange<FreeText>,
}

impl WorkspaceUpdate {
    /// Returns whether there is a change. Empty values alone do not count.
    fn has_changes(&self) -> bool {
        [&self.name, &self.description]
            .into_iter()
            .any(|change| matches!(change, FieldChange::Set(text) if !text.is_empty()))
    }
}

impl App {
    /// Returns the workspaces of the caller in all organizations.
    ///
    /// # Errors
    /// Only a fault.
    pub async fn list_workspaces(&self, caller: &Caller) -> Outcome<Vec<WorkspaceRecord>> {
        Ok(self.store().workspaces_of(caller.user.id).await?)
    }

    /// Returns a workspace that the caller is a member of.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotFound`], also for workspaces of others.
    pub async fn workspace(&self, caller: &Caller, id: Id<Workspace>) -> Outcome<WorkspaceDetails> {
        let workspace = self.store().workspace_for_member(id, caller.user.id).await;
        let workspace = workspace?.ok_or(Refusal::WorkspaceNotFound)?;
        self.with_members(workspace).await
    }

    /// Adds the members to a workspace. The caller of this function has checked
    /// that the request may see it.
    pub(crate) async fn with_members(
        &self,
        workspace: WorkspaceRecord,
    ) -> Outcome<WorkspaceDetails> {
        let members = if workspace.is_demo {
            Vec::new()
        } else {
            self.store()
                .members_and_invitees(workspace.id, workspace.default_project)
                .await?
        };
        Ok(WorkspaceDetails {
            workspace,
            members,
            at: self.now(),
        })
    }

    /// Creates a workspace in the caller's organization, with a default project.
    /// The caller is its only member. `id` is `None` if the request contains an
    /// invalid id; as in the reference API, a missing name is refused before that.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNameEmpty`], [`Refusal::InvalidUuid`],
    /// [`Refusal::Forbidden`].
    pub async fn create_workspace(
        &self,
        caller: &Caller,
        context: &RequestContext,
        id: Option<Id<Organization>>,
        new: NewWorkspace,
    ) -> Outcome<CommandOutput<WorkspaceDetails>> {
        if new.name.as_str().trim().is_empty() {
            return Err(Refusal::WorkspaceNameEmpty.into());
        }
        let id = id.ok_or(Refusal::InvalidUuid)?;
        let command = self.command(caller.actor(), context, AuditAction::WorkspaceCreated);
        let attempt = || self.create_workspace_once(&command, caller, id, &new);
        let refusal_of_rule =
            |rule| (rule == Rule::OneDefaultWorkspace).then(second_default_workspace);
        let output = command.run(attempt, refusal_of_rule).await?;
        Ok(output.map(|workspace| WorkspaceDetails {
            at: self.now(),
            members: vec![creator_as_member(caller)],
            workspace,
        }))
    }

    async fn create_workspace_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Organization>,
        new: &NewWorkspace,
    ) -> Outcome<CommandOutput<WorkspaceRecord>> {
        let mut work = command.begin();
        let organization = work.tx.lock_and_read_organization(id).await?;
        let decision = check_owner(caller.user.id, organization.as_ref(), Refusal::Forbidden);
        if decision.refusal.is_some() {
            return Err(command.refuse(None, Some(id.uuid()), decision));
        }
        // The caller owns the organization, so they are a member of it.
        let (now, owner) = (work.now, caller.user.id);
        let (name, kind) = (new.name.as_str(), new.kind.as_str());
        let mut batch = self.creation_batch(now);
        let (workspace, _) = batch.workspace(WorkspaceToCreate {
            name: name.to_owned(),
            kind: Some(Cow::Owned(kind.to_owned())),
            description: Some(new.description.as_str().to_owned()),
            organization: id,
            owner,
        });
        let (project, _) = batch.project(ProjectToCreate {
            name: DEFAULT_NAME.to_owned(),
            is_default: true,
            workspace,
            organization: id,
            creator: owner,
            initial_content: InitialContentChoice::FurtherProject(owner),
        });
        batch.write(&mut work.tx);
        let event = Event::new(AuditAction::WorkspaceCreated, workspace.uuid()).in_organization(id);
        work.record(event.with_details(json!({ "name": name, "project": project })));
        work.commit(WorkspaceRecord {
            id: workspace,
            name: Some(name.to_owned()),
            kind: Some(kind.to_owned()),
            description: Some(new.description.as_str().to_owned()),
            organization: id,
            created_at: Some(now),
            updated_at: Some(now),
            default_project: Some(project),
            is_demo: false,
        })
        .await
    }

    /// Updates a workspace. An invalid id (`None`) is treated as the id of a missing
    /// one.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceUpdateForbidden`], also for callers outside of the
    /// organization, who do not learn which workspaces it has;
    /// [`Refusal::NoWorkspaceChange`]; [`Refusal::WorkspaceNotFound`] if the
    /// organization has no such workspace.
    pub async fn update_workspace(
        &self,
        caller: &Caller,
        context: &RequestContext,
        organization: Option<Id<Organization>>,
        workspace: Option<Id<Workspace>>,
        update: WorkspaceUpdate,
    ) -> Outcome<CommandOutput<WorkspaceDetails>> {
        let command = self.command(caller.actor(), context, AuditAction::WorkspaceUpdated);
        let attempt =
            || self.update_workspace_once(&command, caller, organization, workspace, &update);
        let CommandOutput {
            answer,
            replayed,
            dry_run_events,
        } = command.run(attempt, |_| None).await?;
        Ok(CommandOutput {
            answer: self.with_members(answer).await?,
            replayed,
            dry_run_events,
        })
    }

    async fn update_workspace_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        organization: Option<Id<Organization>>,
        workspace: Option<Id<Workspace>>,
        update: &WorkspaceUpdate,
    ) -> Outcome<CommandOutput<WorkspaceRecord>> {
        // An invalid id is treated as the id of a missing object.
        let organization = organization.unwrap_or(Id::new(uuid::Uuid::nil()));
        let id = workspace.unwrap_or(Id::new(uuid::Uuid::nil()));
        let (user, refusal) = (caller.user.id, Refusal::WorkspaceUpdateForbidden);
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let (acting_member, _) = work.tx.member_contexts(id, user, Target::None).await?;
        // A member of the workspace's organization may learn that the workspace
        // is in another organization than the one in the path.
        let is_insider = acting_member.as_ref().is_some_and(MemberContext::is_member);
        let acting_member = acting_member.filter(|context| context.organization == organization);
        let is_missing = acting_member.is_none();
        let acting_member = acting_member.map(|context| authority(self.roles(), context));
        let mut decision =
            check_workspace_permission(acting_member.as_ref(), Permission::EditWorkspace, refusal);
        // A member of the organization may learn that it has no such workspace.
        let is_member = is_missing
            && (is_insider
                || work
                    .tx
                    .organization_role(organization, user)
                    .await?
                    .is_some());
        if is_member {
            decision.refusal = Some(Refusal::WorkspaceNotFound);
        }
        let may_see = decision.refusal.is_none() || is_member;
        if may_see && !decision.trace.step("has_changes", "", update.has_changes()) {
            decision.refusal = Some(Refusal::NoWorkspaceChange);
        }
        if decision.refusal.is_some() {
            return Err(command.refuse(Some(organization), Some(id.uuid()), decision));
        }
        let workspace = work.tx.workspace(id).await?;
        let mut workspace = workspace.ok_or(Refusal::WorkspaceNotFound)?;
        if let FieldChange::Set(name) = &update.name
            && !name.is_empty()
        {
            workspace.name = Some(name.as_str().to_owned());
        }
        match &update.description {
            FieldChange::Keep => {}
            FieldChange::Clear => workspace.description = None,
            FieldChange::Set(text) => workspace.description = Some(text.as_str().to_owned()),
        }
        workspace.updated_at = Some(work.now);
        work.tx.update_workspace(&workspace, user);
        let event =
            Event::new(AuditAction::WorkspaceUpdated, id.uuid()).in_organization(organization);
        let details = json!({ "name": workspace.name, "description": workspace.description });
        work.record(event.with_details(details));
        work.commit(workspace).await
    }
}

/// Returns the creator as the only member of a new workspace.
fn creator_as_member(caller: &Caller) -> MemberRecord {
    let user = &caller.user;
    MemberRecord {
        user: Some(user.id),
        email: user.email.clone(),
        username: user.username.clone(),
        created_at: user.created_at,
        role: Role::Owner.as_str().to_owned(),
        state: MembershipState::Member,
    }
}

/// Refuses a second workspace of the type `default`.
fn second_default_workspace() -> Refusal {
    Refusal::InvalidField {
        location: "body",
        field: "type".to_owned(),
        problem: "an organization has one workspace of the type `default`".to_owned(),
    }
}
