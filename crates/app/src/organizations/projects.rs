//! Reading, creating, updating and deleting projects.

use freehold_domain::{AuditAction, Decision, FreeText, Id, Permission, Project, Refusal, Trace};
use freehold_store::{MemberContext, ProjectRecord, Target};
use serde_json::json;

use super::create::{InitialContentChoice, ProjectToCreate};
use crate::access::{
    Authority, Caller, Scope, authority, check_administrator, check_workspace_permission,
};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::runtime::App;

/// A project to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    /// The name; white space around it is removed.
    pub name: FreeText,
    /// Whether it becomes the default project of its workspace.
    pub make_default: bool,
}

/// The changes to a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectUpdate {
    /// The name; white space around it is removed.
    pub name: Option<FreeText>,
    /// Whether it becomes the default project of its workspace. `Some(false)` is
    /// refused.
    pub make_default: Option<bool>,
}

fn parse_name(text: &FreeText) -> Result<String, Refusal> {
    let name = text.as_str().trim();
    if name.is_empty() {
        return Err(Refusal::ProjectNameEmpty);
    }
    Ok(name.to_owned())
}

fn scope(caller: &Caller) -> Result<&Scope, Refusal> {
    caller.scope.as_ref().ok_or(Refusal::NoMembership)
}

impl App {
    /// Returns the projects of the caller in all organizations.
    ///
    /// # Errors
    /// Only a fault.
    pub async fn list_projects(&self, caller: &Caller) -> Outcome<Vec<ProjectRecord>> {
        Ok(self.store().projects_of(caller.user.id).await?)
    }

    /// Returns a project that the caller is a member of.
    ///
    /// # Errors
    /// [`Refusal::ProjectNotFound`], also for projects of others.
    pub async fn project(&self, caller: &Caller, id: Id<Project>) -> Outcome<ProjectRecord> {
        let project = self.store().project_for_member(caller.user.id, id).await?;
        Ok(project.ok_or(Refusal::ProjectNotFound)?)
    }

    /// Returns the project of the caller's scope.
    ///
    /// # Errors
    /// [`Refusal::NoMembership`] if the caller is in no project; otherwise as
    /// [`App::project`].
    pub async fn current_project(&self, caller: &Caller) -> Outcome<ProjectRecord> {
        self.project(caller, scope(caller)?.record().project).await
    }

    /// Creates a project in the workspace of the caller's scope. Every member of
    /// the workspace becomes a member of the project, with the same role.
    ///
    /// # Errors
    /// [`Refusal::NoMembership`], [`Refusal::ProjectNameEmpty`],
    /// [`Refusal::ForbiddenInProject`].
    pub async fn create_project(
        &self,
        caller: &Caller,
        context: &RequestContext,
        new: NewProject,
    ) -> Outcome<CommandOutput<ProjectRecord>> {
        let scope = scope(caller)?;
        let name = parse_name(&new.name)?;
        let command = self
            .command(caller.actor(), context, AuditAction::ProjectCreated)
            .in_project(scope.record().project);
        let attempt = || self.create_project_once(&command, caller, scope, &name, new.make_default);
        command.run(attempt, |_| None).await
    }

    async fn create_project_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        scope: &Scope,
        name: &str,
        make_default: bool,
    ) -> Outcome<CommandOutput<ProjectRecord>> {
        let (user, scope_record) = (caller.user.id, scope.record());
        let (workspace, organization) = (scope_record.workspace, scope_record.organization);
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let (acting_member, _) = work
            .tx
            .member_contexts(workspace, user, Target::None)
            .await?;
        let is_first = acting_member
            .as_ref()
            .is_some_and(|context| context.project.is_none());
        let acting_member = acting_member.map(|context| authority(self.roles(), context));
        let refusal = Refusal::ForbiddenInProject;
        let decision = check_workspace_permission(
            acting_member.as_ref(),
            Permission::CreateWorkspace,
            refusal,
        );
        if decision.refusal.is_some() {
            return Err(command.refuse(Some(organization), None, decision));
        }
        let (now, is_default) = (work.now, make_default || is_first);
        if make_default && !is_first {
            work.tx.clear_default_project(workspace, now, user);
        }
        let mut batch = self.creation_batch(now);
        let project = batch.project_of_workspace_members(ProjectToCreate {
            name: name.to_owned(),
            is_default,
            workspace,
            organization,
            creator: user,
            initial_content: InitialContentChoice::FurtherProject(user),
        });
        batch.write(&mut work.tx);
        let event =
            Event::new(AuditAction::ProjectCreated, project.uuid()).in_organization(organization);
        work.record(event.with_details(json!({
            "name": name, "workspace": workspace, "is_default": is_default,
        })));
        let created = work.tx.project_for_user(project, user).await?;
        work.commit(created.ok_or(Refusal::ProjectNotFound)?).await
    }

    /// Updates a project that the caller is a member of. All checks come before
    /// the first write.
    ///
    /// # Errors
    /// [`Refusal::NoProjectChange`], [`Refusal::ProjectNameEmpty`],
    /// [`Refusal::MakeDefaultOnlyTrue`], [`Refusal::ProjectNotFound`],
    /// [`Refusal::ForbiddenInProject`].
    pub async fn update_project(
        &self,
        caller: &Caller,
        context: &RequestContext,
        id: Id<Project>,
        update: ProjectUpdate,
    ) -> Outcome<CommandOutput<ProjectRecord>> {
        let name = update.name.as_ref().map(parse_name).transpose()?;
        let make_default = match (update.make_default, &name) {
            (Some(false), _) => return Err(Refusal::MakeDefaultOnlyTrue.into()),
            (None, None) => return Err(Refusal::NoProjectChange.into()),
            (make_default, _) => make_default.is_some(),
        };
        let command = self.command(caller.actor(), context, AuditAction::ProjectUpdated);
        let attempt =
            || self.update_project_once(&command, caller, id, name.as_deref(), make_default);
        command.run(attempt, |_| None).await
    }

    async fn update_project_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Project>,
        name: Option<&str>,
        make_default: bool,
    ) -> Outcome<CommandOutput<ProjectRecord>> {
        let user = caller.user.id;
        let mut work = command.begin();
        work.tx.lock_organization_of_project(id);
        let project = work.tx.project_for_user(id, user).await?;
        let project = project.filter(|project| project.role.is_some() || project.owner == user);
        let acting_member = project
            .as_ref()
            .map(|project| self.authority_in_project(project, caller));
        let decision = match &acting_member {
            None => project_not_found(),
            acting_member => {
                let refusal = Refusal::ForbiddenInProject;
                check_workspace_permission(
                    acting_member.as_ref(),
                    Permission::EditWorkspace,
                    refusal,
                )
            }
        };
        let Some(mut project) = project.filter(|_| decision.refusal.is_none()) else {
            let organization =
                acting_member.map(|acting_member| acting_member.member_context().organization);
            return Err(command.refuse(organization, Some(id.uuid()), decision));
        };
        let now = work.now;
        if let Some(name) = name {
            name.clone_into(&mut project.name);
        }
        if make_default && !project.is_default {
            // Cleared first, because a workspace has at most one default project.
            work.tx.clear_default_project(project.workspace, now, user);
            project.is_default = true;
        }
        work.tx.update_project(&project, now, user);
        let event = Event::new(AuditAction::ProjectUpdated, id.uuid());
        work.record(
            event
                .in_organization(project.organization)
                .with_details(json!({
                    "name": project.name, "is_default": project.is_default,
                })),
        );
        work.commit(project).await
    }

    /// Deletes a project of the workspace of the caller's scope, with its contents.
    ///
    /// # Errors
    /// [`Refusal::NoMembership`], [`Refusal::ProjectNotFound`],
    /// [`Refusal::ForbiddenInProject`], [`Refusal::DefaultProjectNotDeletable`].
    pub async fn delete_project(
        &self,
        caller: &Caller,
        context: &RequestContext,
        id: Id<Project>,
    ) -> Outcome<CommandOutput<()>> {
        let scope = scope(caller)?;
        let command = self
            .command(caller.actor(), context, AuditAction::ProjectDeleted)
            .in_project(scope.record().project);
        let attempt = || self.delete_project_once(&command, caller, scope, id);
        command.run(attempt, |_| None).await
    }

    async fn delete_project_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        scope: &Scope,
        id: Id<Project>,
    ) -> Outcome<CommandOutput<()>> {
        let scope_record = scope.record();
        let mut work = command.begin();
        work.tx.lock_organization(scope_record.organization);
        let project = work.tx.project_for_user(id, caller.user.id).await?;
        let project = project.filter(|project| project.workspace == scope_record.workspace);
        let decision = match &project {
            None => project_not_found(),
            Some(project) => self.check_delete(project, caller),
        };
        let Some(project) = project.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(Some(scope_record.organization), Some(id.uuid()), decision));
        };
        work.tx.delete_project(id);
        let event = Event::new(AuditAction::ProjectDeleted, id.uuid())
            .in_organization(scope_record.organization);
        work.record(
            event.with_details(json!({ "name": project.name, "workspace": project.workspace })),
        );
        work.commit(()).await
    }

    fn check_delete(&self, project: &ProjectRecord, caller: &Caller) -> Decision {
        let acting_member = self.authority_in_project(project, caller);
        let refusal = Refusal::ForbiddenInProject;
        let mut decision = check_workspace_permission(
            Some(&acting_member),
            Permission::DeleteWorkspace,
            refusal.clone(),
        );
        if decision.refusal.is_some() {
            decision = check_administrator(&acting_member, refusal, decision.trace);
        }
        let Decision { refusal, mut trace } = decision;
        if refusal.is_none()
            && !trace.step("is_not_default_project", &project.name, !project.is_default)
        {
            return Decision::refused(Refusal::DefaultProjectNotDeletable, trace);
        }
        Decision { refusal, trace }
    }

    /// Returns the caller's authority in this project, which need not be the
    /// default one.
    fn authority_in_project(&self, project: &ProjectRecord, caller: &Caller) -> Authority {
        let context = MemberContext {
            user: caller.user.clone(),
            workspace: project.workspace,
            organization: project.organization,
            owner: project.owner,
            project: Some(project.id),
            organization_role: None,
            workspace_role: project.role.clone(),
            project_role: project.role.clone(),
            is_in_workspace: project.role.is_some(),
        };
        authority(self.roles(), context)
    }
}

fn project_not_found() -> Decision {
    let mut trace = Trace::new();
    trace.step("has_project", "no such project", false);
    Decision::refused(Refusal::ProjectNotFound, trace)
}
