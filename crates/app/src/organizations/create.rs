//! Creating organizations, workspaces and projects, with their owners and their
//! initial content.
//!
//! Sign-up, organization, workspace and project creation, provisioning and
//! imports all use [`CreationBatch`] inside their transactions. The number of
//! statements does not depend on the number of rows.

use std::borrow::Cow;

use freehold_domain::{
    AuditAction, Email, FreeText, Id, Membership, Organization, OrganizationFlags, Project,
    Refusal, Role, Timestamp, User, Workspace,
};
use freehold_store::{
    CreationRows, MemberRow, OrganizationRow, ProjectRow, ResourceRow, Rule, Tx, WorkspaceRow,
};
use serde_json::json;
use uuid::Uuid;

use crate::access::Caller;
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::extension::{CreationCause, TypedEvent};
use crate::runtime::App;

/// The fields of a new organization that a user can choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewOrganization {
    /// The name.
    pub name: Option<FreeText>,
    /// The description.
    pub description: Option<FreeText>,
}

/// A new organization and its owner.
#[derive(Clone, Debug)]
pub struct OrganizationCreation {
    /// The owner, an existing user.
    pub owner: Id<User>,
    /// The chosen fields.
    pub new: NewOrganization,
    /// Why it is created.
    pub cause: CreationCause,
}

/// The ids of a new organization and its default project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CreatedIds {
    pub(crate) organization: Id<Organization>,
    pub(crate) project: Id<Project>,
}

/// The name of default workspaces and default projects.
pub(crate) const DEFAULT_NAME: &str = "Default";
/// The type of default workspaces.
pub(crate) const DEFAULT_TYPE: &str = "default";

/// The output of [`App::create_organization`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CreatedOrganization {
    /// The id.
    pub id: Id<Organization>,
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
}

impl App {
    /// Creates an organization that the caller owns.
    ///
    /// # Errors
    /// [`Refusal::NotAllowedToCreateOrganizations`] if the operator's list does
    /// not contain the caller; the refusal of an extension.
    pub async fn create_organization(
        &self,
        caller: &Caller,
        context: &RequestContext,
        new: NewOrganization,
    ) -> Outcome<CommandOutput<CreatedOrganization>> {
        let command = self.command(caller.actor(), context, AuditAction::OrganizationCreated);
        // The user was deleted after the request was authenticated.
        let refusal_of_rule = |rule| (rule == Rule::ForeignKey).then_some(Refusal::UserNotFound);
        let attempt = || self.create_organization_once(&command, caller, &new);
        command.run(attempt, refusal_of_rule).await
    }

    async fn create_organization_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        new: &NewOrganization,
    ) -> Outcome<CommandOutput<CreatedOrganization>> {
        let decision =
            self.check_create_organizations(Email::parse(&caller.user.email).ok().as_ref());
        if decision.refusal.is_some() {
            return Err(command.refuse(None, None, decision));
        }
        let mut work = command.begin();
        let creation = OrganizationCreation {
            owner: caller.user.id,
            new: new.clone(),
            cause: CreationCause::User,
        };
        let created = self.create_organizations(&mut work, vec![creation]);
        let id = created.first().map(|created| created.organization);
        work.commit(CreatedOrganization {
            id: id.ok_or(Refusal::NotFound)?,
            name: new.name.clone().map(FreeText::into_string),
            description: new.description.clone().map(FreeText::into_string),
        })
        .await
    }

    /// Creates organizations within `work`, each with a default workspace and a
    /// default project.
    pub(crate) fn create_organizations(
        &self,
        work: &mut UnitOfWork<'_>,
        creations: Vec<OrganizationCreation>,
    ) -> Vec<CreatedIds> {
        let mut batch = self.creation_batch(work.now);
        let mut created = Vec::with_capacity(creations.len());
        for OrganizationCreation { owner, new, cause } in creations {
            let (organization, _) = batch.organization(OrganizationToCreate {
                name: new.name.map(FreeText::into_string),
                slug: None,
                description: new.description.map(FreeText::into_string),
                owner,
            });
            let (workspace, _) = batch.workspace(WorkspaceToCreate {
                name: DEFAULT_NAME.to_owned(),
                kind: Some(Cow::Borrowed(DEFAULT_TYPE)),
                description: Some(String::new()),
                organization,
                owner,
            });
            let (project, _) = batch.project(ProjectToCreate {
                name: DEFAULT_NAME.to_owned(),
                is_default: true,
                workspace,
                organization,
                creator: owner,
                initial_content: InitialContentChoice::FirstProject(owner),
            });
            let event = Event::new(AuditAction::OrganizationCreated, organization.uuid())
                .in_organization(organization)
                .with_details(json!({ "owner": owner }))
                .heard_as(TypedEvent::OrganizationCreated {
                    organization,
                    owner,
                    plan: None,
                    cause,
                });
            work.record(event);
            created.push(CreatedIds {
                organization,
                project,
            });
        }
        batch.write(&mut work.tx);
        created
    }

    /// Returns an empty batch.
    pub(crate) fn creation_batch(&self, now: Timestamp) -> CreationBatch<'_> {
        let flags =
            OrganizationFlags::for_new(self.settings().email_sign_in_enabled, false).to_json();
        CreationBatch {
            app: self,
            now,
            flags: flags.to_string(),
            rows: CreationRows::default(),
            initial_content: Vec::new(),
            shared_projects: Vec::new(),
        }
    }
}

/// New organizations, workspaces and projects, which [`CreationBatch::write`]
/// inserts. Each gets a membership of its owner with the role `owner`, except
/// projects in existing workspaces.
pub(crate) struct CreationBatch<'a> {
    app: &'a App,
    now: Timestamp,
    flags: String,
    rows: CreationRows,
    initial_content: Vec<ResourceRow>,
    /// The projects that every member of their workspace becomes a member of.
    shared_projects: Vec<SharedProject>,
}

/// A project that every member of its workspace becomes a member of.
struct SharedProject {
    project: Id<Project>,
    workspace: Id<Workspace>,
    actor: Id<User>,
}

/// The fields of a new organization.
pub(crate) struct OrganizationToCreate {
    pub(crate) name: Option<String>,
    pub(crate) slug: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) owner: Id<User>,
}

/// The fields of a new workspace.
pub(crate) struct WorkspaceToCreate {
    pub(crate) name: String,
    pub(crate) kind: Option<Cow<'static, str>>,
    pub(crate) description: Option<String>,
    pub(crate) organization: Id<Organization>,
    pub(crate) owner: Id<User>,
}

/// The fields of a new project.
pub(crate) struct ProjectToCreate {
    pub(crate) name: String,
    pub(crate) is_default: bool,
    pub(crate) workspace: Id<Workspace>,
    pub(crate) organization: Id<Organization>,
    /// The user that is recorded as the creator.
    pub(crate) creator: Id<User>,
    pub(crate) initial_content: InitialContentChoice,
}

/// The initial content of a project, and the user recorded as its creator.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InitialContentChoice {
    /// No content.
    Empty,
    /// The content of a user's first project.
    FirstProject(Id<User>),
    /// The content of every other project.
    FurtherProject(Id<User>),
}

impl CreationBatch<'_> {
    /// Adds an organization. Returns the owner's membership too.
    pub(crate) fn organization(
        &mut self,
        new: OrganizationToCreate,
    ) -> (Id<Organization>, Id<Membership>) {
        let id = Id::generate(self.app.random(), self.now);
        let owner = self.owner_membership(new.owner, id.uuid(), id.uuid());
        let membership = owner.id;
        self.rows.organization_members.push(owner);
        self.rows.organizations.push(OrganizationRow {
            id,
            name: new.name,
            slug: new.slug,
            description: new.description,
            flags: self.flags.clone(),
            owner: new.owner,
            now: self.now,
        });
        (id, membership)
    }

    /// Adds a workspace. The owner has to be a member of the organization. Returns
    /// the owner's membership too.
    pub(crate) fn workspace(&mut self, new: WorkspaceToCreate) -> (Id<Workspace>, Id<Membership>) {
        let id = Id::generate(self.app.random(), self.now);
        let owner = self.owner_membership(new.owner, id.uuid(), new.organization.uuid());
        let membership = owner.id;
        self.rows.workspace_members.push(owner);
        self.rows.workspaces.push(WorkspaceRow {
            id,
            name: new.name,
            kind: new.kind,
            description: new.description,
            organization: new.organization,
            actor: new.owner,
            now: self.now,
        });
        (id, membership)
    }

    /// Adds a project whose creator is its owner and its only member; they have
    /// to be a member of the workspace. Returns the owner's membership too.
    pub(crate) fn project(&mut self, new: ProjectToCreate) -> (Id<Project>, Id<Membership>) {
        let (owner, workspace) = (new.creator, new.workspace);
        let id = self.project_without_members(new);
        let owner = self.owner_membership(owner, id.uuid(), workspace.uuid());
        let membership = owner.id;
        self.rows.project_members.push(owner);
        (id, membership)
    }

    /// Adds a project to a workspace that exists already. Every member of the
    /// workspace becomes a member of it, with the role that they have there.
    pub(crate) fn project_of_workspace_members(&mut self, new: ProjectToCreate) -> Id<Project> {
        let (workspace, actor) = (new.workspace, new.creator);
        let project = self.project_without_members(new);
        self.shared_projects.push(SharedProject {
            project,
            workspace,
            actor,
        });
        project
    }

    fn project_without_members(&mut self, new: ProjectToCreate) -> Id<Project> {
        let (app, now) = (self.app, self.now);
        let id = Id::generate(app.random(), now);
        match new.initial_content {
            InitialContentChoice::Empty => {}
            InitialContentChoice::FirstProject(actor) => {
                let initial_content = app.initial_content_of_first_project(id, actor, now);
                self.initial_content.extend(initial_content);
            }
            InitialContentChoice::FurtherProject(actor) => self
                .initial_content
                .extend(app.initial_content_of_project(id, actor, now)),
        }
        self.rows.projects.push(ProjectRow {
            id,
            name: new.name,
            is_default: new.is_default,
            workspace: new.workspace,
            organization: new.organization,
            actor: new.creator,
            now,
        });
        id
    }

    /// Returns the rows, so that other members can be added.
    pub(crate) fn rows(&mut self) -> &mut CreationRows {
        &mut self.rows
    }

    /// Inserts all rows.
    pub(crate) fn write(self, tx: &mut Tx) {
        let (app, now) = (self.app, self.now);
        tx.insert_creation_rows(self.rows);
        tx.insert_resources(self.initial_content);
        for shared in self.shared_projects {
            let SharedProject {
                project,
                workspace,
                actor,
            } = shared;
            let seed = app.random().uuid(now);
            tx.add_workspace_members_to_project(project, workspace, now, actor, seed);
        }
    }

    fn owner_membership(&self, owner: Id<User>, scope_id: Uuid, parent_id: Uuid) -> MemberRow {
        MemberRow {
            id: Id::generate(self.app.random(), self.now),
            user: owner,
            scope_id,
            parent_id,
            role: Cow::Borrowed(Role::Owner.as_str()),
            now: self.now,
            actor: Some(owner),
        }
    }
}
