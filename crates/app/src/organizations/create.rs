//! The creation core: how organizations, workspaces and projects come to be,
//! with their owner in each of them, and with their content.
//!
//! Sign-up, `POST /organizations` and provisioning all come here, inside a
//! transaction of theirs. A thousand places cost a handful of statements.

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
use crate::runtime::App;

/// What somebody may choose about a new organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewOrganization {
    /// Its name.
    pub name: Option<FreeText>,
    /// What it is for.
    pub description: Option<FreeText>,
}

/// An organization that is about to be.
#[derive(Clone, Debug)]
pub struct OrganizationCreation {
    /// Its owner, an existing user.
    pub owner: Id<User>,
    /// What was chosen.
    pub new: NewOrganization,
}

/// What came of a founding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CreatedIds {
    pub(crate) organization: Id<Organization>,
    pub(crate) project: Id<Project>,
}

/// The name of the workspace and the project that come with an organization,
/// and the type of that workspace.
const DEFAULT_NAME: &str = "Default";
pub(crate) const DEFAULT_TYPE: &str = "default";

/// What the maker of an organization is told.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CreatedOrganization {
    /// Its id.
    pub id: Id<Organization>,
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

impl App {
    /// Founds an organization that the caller owns.
    ///
    /// # Errors
    /// [`Refusal::NotAllowedToCreateOrganizations`] by the operator's list;
    /// whatever an extension says.
    pub async fn create_organization(
        &self,
        caller: &Caller,
        call: &RequestContext,
        new: NewOrganization,
    ) -> Outcome<CommandOutput<CreatedOrganization>> {
        let command = self.command(caller.actor(), call, AuditAction::OrganizationCreated);
        // The account was deleted since the credential was looked at.
        let meaning = |rule| (rule == Rule::ForeignKey).then_some(Refusal::UserNotFound);
        let attempt = || self.create_once(&command, caller, &new);
        command.run(attempt, meaning).await
    }

    async fn create_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        new: &NewOrganization,
    ) -> Outcome<CommandOutput<CreatedOrganization>> {
        let decision =
            self.may_create_organizations(Email::parse(&caller.user.email).ok().as_ref());
        if decision.refusal.is_some() {
            return Err(command.refuse(None, None, decision));
        }
        let mut work = command.begin();
        let founding = OrganizationCreation {
            owner: caller.user.id,
            new: new.clone(),
        };
        let founded = self.found(&mut work, vec![founding]);
        let id = founded.first().map(|founded| founded.organization);
        work.commit(CreatedOrganization {
            id: id.ok_or(Refusal::NotFound)?,
            name: new.name.clone().map(FreeText::into_string),
            description: new.description.clone().map(FreeText::into_string),
        })
        .await
    }

    /// Founds organizations within `work`, each with a workspace and a project.
    pub(crate) fn found(
        &self,
        work: &mut UnitOfWork<'_>,
        foundings: Vec<OrganizationCreation>,
    ) -> Vec<CreatedIds> {
        let mut places = self.new_places(work.now);
        let mut founded = Vec::with_capacity(foundings.len());
        for OrganizationCreation { owner, new } in foundings {
            let (organization, _) = places.organization(NewOrganizationPlace {
                name: new.name.map(FreeText::into_string),
                slug: None,
                description: new.description.map(FreeText::into_string),
                owner,
            });
            let (workspace, _) = places.workspace(NewWorkspacePlace {
                name: DEFAULT_NAME.to_owned(),
                kind: Some(DEFAULT_TYPE),
                organization,
                owner,
            });
            let (project, _) = places.project(NewProjectPlace {
                name: DEFAULT_NAME.to_owned(),
                is_default: true,
                workspace,
                organization,
                owner,
                content: Content::OfFirst(owner),
            });
            let event = Event::on(AuditAction::OrganizationCreated, organization.uuid())
                .within(organization)
                .with(json!({ "owner": owner }));
            work.record(event);
            founded.push(CreatedIds {
                organization,
                project,
            });
        }
        places.write(&mut work.tx);
        founded
    }

    /// No places yet.
    pub(crate) fn new_places(&self, now: Timestamp) -> CreationBatch<'_> {
        let flags = OrganizationFlags::for_new(self.settings().email_enabled, false).to_json();
        CreationBatch {
            app: self,
            now,
            flags: flags.to_string(),
            ground: CreationRows::default(),
            content: Vec::new(),
        }
    }
}

/// Places that are about to be. Whoever owns the organization is a member of
/// each of them, as its owner; the ids of these memberships are told.
pub(crate) struct CreationBatch<'a> {
    app: &'a App,
    now: Timestamp,
    flags: String,
    ground: CreationRows,
    content: Vec<ResourceRow>,
}

/// An organization that is about to be.
pub(crate) struct NewOrganizationPlace {
    pub(crate) name: Option<String>,
    pub(crate) slug: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) owner: Id<User>,
}

/// A workspace that is about to be.
pub(crate) struct NewWorkspacePlace {
    pub(crate) name: String,
    pub(crate) kind: Option<&'static str>,
    pub(crate) organization: Id<Organization>,
    pub(crate) owner: Id<User>,
}

/// A project that is about to be.
pub(crate) struct NewProjectPlace {
    pub(crate) name: String,
    pub(crate) is_default: bool,
    pub(crate) workspace: Id<Workspace>,
    pub(crate) organization: Id<Organization>,
    pub(crate) owner: Id<User>,
    pub(crate) content: Content,
}

/// What a project begins with, and who is said to have made it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    /// Nothing.
    Empty,
    /// What a person's first project begins with.
    OfFirst(Id<User>),
    /// What every other one begins with.
    OfFurther(Id<User>),
}

impl CreationBatch<'_> {
    pub(crate) fn organization(
        &mut self,
        new: NewOrganizationPlace,
    ) -> (Id<Organization>, Id<Membership>) {
        let id = Id::draw(self.app.chance(), self.now);
        let owner = self.owner_row(new.owner, id.uuid(), id.uuid());
        let membership = owner.id;
        self.ground.organization_members.push(owner);
        self.ground.organizations.push(OrganizationRow {
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

    /// The owner has to be a member of the organization.
    pub(crate) fn workspace(&mut self, new: NewWorkspacePlace) -> (Id<Workspace>, Id<Membership>) {
        let id = Id::draw(self.app.chance(), self.now);
        let owner = self.owner_row(new.owner, id.uuid(), new.organization.uuid());
        let membership = owner.id;
        self.ground.workspace_members.push(owner);
        self.ground.workspaces.push(WorkspaceRow {
            id,
            name: new.name,
            kind: new.kind,
            description: new.kind.map(|_| String::new()),
            organization: new.organization,
            actor: new.owner,
            now: self.now,
        });
        (id, membership)
    }

    /// The owner has to be a member of the workspace.
    pub(crate) fn project(&mut self, new: NewProjectPlace) -> (Id<Project>, Id<Membership>) {
        let (app, now) = (self.app, self.now);
        let id = Id::draw(app.chance(), now);
        let owner = self.owner_row(new.owner, id.uuid(), new.workspace.uuid());
        let membership = owner.id;
        self.ground.project_members.push(owner);
        match new.content {
            Content::Empty => {}
            Content::OfFirst(by) => {
                let content = app.content_for_organization(id, by, now);
                self.content.extend(content);
            }
            Content::OfFurther(by) => self.content.extend(app.content_for_project(id, by, now)),
        }
        self.ground.projects.push(ProjectRow {
            id,
            name: new.name,
            is_default: new.is_default,
            workspace: new.workspace,
            organization: new.organization,
            actor: new.owner,
            now,
        });
        (id, membership)
    }

    /// The rows, for members to be added to them.
    pub(crate) fn ground(&mut self) -> &mut CreationRows {
        &mut self.ground
    }

    /// Adds all of it.
    pub(crate) fn write(self, tx: &mut Tx) {
        tx.insert_creation_rows(self.ground);
        tx.insert_resources(self.content);
    }

    fn owner_row(&self, owner: Id<User>, place: Uuid, within: Uuid) -> MemberRow {
        MemberRow {
            id: Id::draw(self.app.chance(), self.now),
            user: owner,
            scope_id: place,
            parent_id: within,
            role: Cow::Borrowed(Role::Owner.as_str()),
            now: self.now,
            actor: Some(owner),
        }
    }
}
