//! Workspaces: listing, looking at one, making one, changing one. Who is in
//! one, and how they come and go, is in `members`.

use std::borrow::Cow;

use freehold_domain::{
    AuditAction, FreeText, Id, Organization, Permission, Refusal, Role, Timestamp, Workspace,
};
use freehold_store::{MemberRecord, MembershipState, Rule, Target, WorkspaceRecord};
use serde_json::json;

use super::create::{DEFAULT_NAME, InitialContentChoice, ProjectFields, WorkspaceFields};
use crate::access::{Caller, authority, check_owner, check_workspace_permission};
use crate::command::{Command, CommandOutput, Event, FieldChange, Outcome, RequestContext};
use crate::runtime::App;

/// A workspace and who is in it.
#[derive(Clone, Debug)]
pub struct WorkspaceDetails {
    /// The workspace.
    pub workspace: WorkspaceRecord,
    /// Who is invited to it, then who is in its default project. Nobody, for a
    /// showcase.
    pub members: Vec<MemberRecord>,
    /// When this was so: invitations run out.
    pub at: Timestamp,
}

/// A workspace that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorkspace {
    /// Its name.
    pub name: FreeText,
    /// What it is for.
    pub description: FreeText,
    /// What its maker calls this kind of workspace.
    pub kind: FreeText,
}

/// What somebody wants to change about a workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceUpdate {
    /// Its name. It cannot be without.
    pub name: FieldChange<FreeText>,
    /// What it is for.
    pub description: FieldChange<FreeText>,
}

impl WorkspaceUpdate {
    /// Whether it says anything: empty values alone do not count.
    fn has_changes(&self) -> bool {
        [&self.name, &self.description]
            .into_iter()
            .any(|change| matches!(change, FieldChange::Set(text) if !text.is_empty()))
    }
}

impl App {
    /// The workspaces that the caller is in, in all organizations.
    ///
    /// # Errors
    /// Only a fault.
    pub async fn list_workspaces(&self, caller: &Caller) -> Outcome<Vec<WorkspaceRecord>> {
        Ok(self.store().workspaces_of(caller.user.id).await?)
    }

    /// A workspace, for its members.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotFound`], also for workspaces of others.
    pub async fn workspace(&self, caller: &Caller, id: Id<Workspace>) -> Outcome<WorkspaceDetails> {
        let found = self.store().workspace_for_member(id, caller.user.id).await;
        let workspace = found?.ok_or(Refusal::WorkspaceNotFound)?;
        self.with_members(workspace).await
    }

    /// A workspace that somebody may look at, with those in it.
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

    /// Makes a workspace in the caller's organization, with a default project.
    /// The caller is its only member. `id` is nothing when what was sent is no
    /// id; the contract looks at the name first.
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
        let done = command.run(attempt, refusal_of_rule).await?;
        Ok(done.map(|workspace| WorkspaceDetails {
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
        let found = work.tx.lock_and_read_organization(id).await?;
        let decision = check_owner(caller.user.id, found.as_ref(), Refusal::Forbidden);
        if decision.refusal.is_some() {
            return Err(command.refuse(None, Some(id.uuid()), decision));
        }
        // The caller owns the organization, so they are a member of it.
        let (now, owner) = (work.now, caller.user.id);
        let (name, kind) = (new.name.as_str(), new.kind.as_str());
        let mut batch = self.creation_batch(now);
        let (workspace, _) = batch.workspace(WorkspaceFields {
            name: name.to_owned(),
            kind: Some(Cow::Owned(kind.to_owned())),
            description: Some(new.description.as_str().to_owned()),
            organization: id,
            owner,
        });
        let (project, _) = batch.project(ProjectFields {
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

    /// Changes a workspace. What is no id names nothing.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceUpdateForbidden`], also to those outside of the
    /// organization, who do not learn what is in it;
    /// [`Refusal::NoWorkspaceChange`]; [`Refusal::WorkspaceNotFound`] when the
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
            rehearsal,
        } = command.run(attempt, |_| None).await?;
        Ok(CommandOutput {
            answer: self.with_members(answer).await?,
            replayed,
            rehearsal,
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
        // What is no id is the id of nothing.
        let organization = organization.unwrap_or(Id::new(uuid::Uuid::nil()));
        let id = workspace.unwrap_or(Id::new(uuid::Uuid::nil()));
        let (user, refusal) = (caller.user.id, Refusal::WorkspaceUpdateForbidden);
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let (acting_member, _) = work.tx.member_contexts(id, user, Target::None).await?;
        // Whoever is in a workspace knows that it is there, and may hear that it
        // is not where they look for it.
        let is_insider = acting_member
            .as_ref()
            .is_some_and(|it| it.organization_role.is_some());
        let acting_member = acting_member.filter(|it| it.organization == organization);
        let is_missing = acting_member.is_none();
        let acting_member = acting_member.map(|it| authority(self.roles(), it));
        let mut decision =
            check_workspace_permission(acting_member.as_ref(), Permission::EditWorkspace, refusal);
        // Whoever is in the organization may know what is not in it.
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
        let found = work.tx.workspace(id).await?;
        let mut workspace = found.ok_or(Refusal::WorkspaceNotFound)?;
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

/// Whoever makes a workspace is alone in it at first.
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

/// The one that came with its organization is the default.
fn second_default_workspace() -> Refusal {
    Refusal::InvalidField {
        location: "body",
        field: "type".to_owned(),
        problem: "an organization has one workspace of the type `default`".to_owned(),
    }
}
