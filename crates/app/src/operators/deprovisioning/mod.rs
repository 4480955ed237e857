//! Deleting accounts as an operator: users with the organizations they own,
//! organizations, workspaces and projects, one or thousands in one transaction.
//!
//! Ownership decides what is deleted with a user, not who created it: deleting
//! a user never deletes an organization of another owner. Single memberships,
//! logins and API keys are in [`revoke`].

mod plan;
mod remove;

pub use remove::{DeletedApiKeyId, DeletedIdentityId, DeletedMembershipId};

use freehold_domain::{AuditAction, Email, Id, Organization, Project, Refusal, User, Workspace};
use freehold_store::{OrganizationSelector, Rule};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::auth::account_attempts_subject;
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::extension::TypedEvent;
use crate::operators::Operator;
use crate::runtime::App;
use plan::DeletionPlan;

/// The targets of a deletion. If only users are given, the organizations they
/// own are deleted with them; otherwise only the given targets are deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletionTargets {
    /// Users by id.
    pub users: Vec<Id<User>>,
    /// Users by address.
    pub emails: Vec<Email>,
    /// Organizations, with everything in them.
    pub organizations: Vec<Id<Organization>>,
    /// Workspaces, with everything in them.
    pub workspaces: Vec<Id<Workspace>>,
    /// Projects, with everything in them.
    pub projects: Vec<Id<Project>>,
    /// Whether an id that does not exist is an error. Otherwise it is skipped.
    pub all_must_exist: bool,
}

impl DeletionTargets {
    fn only_users(&self) -> bool {
        self.organizations.is_empty() && self.workspaces.is_empty() && self.projects.is_empty()
    }
}

/// What was deleted, each once, and what was skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// The users.
    pub users: Vec<Id<User>>,
    /// The organizations: the given ones, or those that the users owned.
    pub organizations: Vec<Id<Organization>>,
    /// The given workspaces that existed.
    pub workspaces: Vec<Id<Workspace>>,
    /// The given projects that existed.
    pub projects: Vec<Id<Project>>,
    /// The targets that did not exist.
    pub skipped: Skipped,
}

impl Deleted {
    fn is_empty(&self) -> bool {
        self.users.is_empty()
            && self.organizations.is_empty()
            && self.workspaces.is_empty()
            && self.projects.is_empty()
    }
}

/// The targets of a deletion that did not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Users.
    pub users: Vec<Id<User>>,
    /// Addresses without a user.
    pub emails: Vec<Email>,
    /// Organizations.
    pub organizations: Vec<Id<Organization>>,
    /// Workspaces.
    pub workspaces: Vec<Id<Workspace>>,
    /// Projects.
    pub projects: Vec<Id<Project>>,
}

impl Skipped {
    fn count(&self) -> usize {
        self.users.len()
            + self.emails.len()
            + self.organizations.len()
            + self.workspaces.len()
            + self.projects.len()
    }
}

impl App {
    /// Deletes users, organizations, workspaces and projects, all or none.
    ///
    /// # Errors
    /// [`Refusal::AccountsConflict`] if one of the users owns an organization
    /// that is not deleted; [`Refusal::EntityNotFound`] for an id that has to
    /// exist and does not.
    pub async fn delete_accounts(
        &self,
        operator: &Operator,
        context: &RequestContext,
        targets: &DeletionTargets,
    ) -> Outcome<CommandOutput<Deleted>> {
        let command = self.command(operator.actor(), context, AuditAction::DeletionRequested);
        let attempt = || delete_once(&command, targets);
        command.run(attempt, reference_conflict).await
    }
}

/// The refusal for a foreign key that still refers to a deleted row: it was
/// added after the plan was made.
fn reference_conflict(rule: Rule) -> Option<Refusal> {
    (rule == Rule::ForeignKey).then(|| {
        Refusal::AccountsConflict(
            "The data changed during the deletion. Nothing was deleted; please try again."
                .to_owned(),
        )
    })
}

async fn delete_once(
    command: &Command<'_>,
    targets: &DeletionTargets,
) -> Outcome<CommandOutput<Deleted>> {
    let mut work = command.begin();
    // The lock order: users, then organizations, then their contents.
    let users = if targets.users.is_empty() && targets.emails.is_empty() {
        Vec::new()
    } else {
        let emails: Vec<&str> = targets.emails.iter().map(Email::as_str).collect();
        work.tx.lock_and_read_users(&targets.users, &emails).await?
    };
    let ids: Vec<Id<User>> = users.iter().map(|user| user.id).collect();
    let organization_selector = OrganizationSelector {
        ids: targets.organizations.clone(),
        members: ids.clone(),
        owners: ids.clone(),
        workspaces: targets.workspaces.clone(),
        projects: targets.projects.clone(),
        ..OrganizationSelector::default()
    };
    let organizations = work
        .tx
        .lock_and_read_organizations(&organization_selector)
        .await?;
    let locations = work
        .tx
        .locate_entities(&targets.workspaces, &targets.projects, &ids)
        .await?;
    let plan = match DeletionPlan::of(targets, users, &organizations, &locations) {
        Ok(plan) => plan,
        Err(refused) => {
            return Err(command.refuse(refused.organization, refused.target, refused.decision));
        }
    };
    delete_rows(&mut work, &plan).await?;
    record(&mut work, &plan);
    work.commit(plan.deleted).await
}

/// Deletes inner rows first, so that no row refers to a deleted one.
async fn delete_rows(work: &mut UnitOfWork<'_>, plan: &DeletionPlan) -> Outcome<()> {
    let Deleted {
        users,
        organizations,
        workspaces,
        projects,
        skipped: _,
    } = &plan.deleted;
    if !projects.is_empty() {
        work.tx.delete_projects(projects);
    }
    if !workspaces.is_empty() {
        work.tx.delete_workspaces(workspaces);
    }
    if !organizations.is_empty() {
        work.tx.delete_organizations(organizations);
    }
    if !users.is_empty() {
        let subjects: Vec<String> = plan
            .emails
            .iter()
            .map(|email| account_attempts_subject(email))
            .collect();
        work.tx.reset_many_attempts(&subjects);
        work.tx.delete_users(users);
    }
    // Roles are read in the default project, so every workspace with projects
    // has one.
    if !plan.reduced_workspaces.is_empty() {
        let now = work.now;
        let new_defaults = work
            .tx
            .set_missing_default_projects(&plan.reduced_workspaces, now)
            .await?;
        for (project, workspace, organization) in new_defaults {
            let event = Event::new(AuditAction::ProjectUpdated, project.uuid());
            let details = json!({ "is_default": true, "workspace": workspace });
            work.record(event.in_organization(organization).with_details(details));
        }
    }
    Ok(())
}

fn record(work: &mut UnitOfWork<'_>, plan: &DeletionPlan) {
    let deleted = &plan.deleted;
    for (project, organization) in &plan.projects {
        let event = Event::new(AuditAction::ProjectDeleted, project.uuid());
        work.record(event.in_organization(*organization));
    }
    for (workspace, organization) in &plan.workspaces {
        let event = Event::new(AuditAction::WorkspaceDeleted, workspace.uuid());
        work.record(event.in_organization(*organization));
    }
    for organization in &deleted.organizations {
        let event = Event::new(AuditAction::OrganizationDeleted, organization.uuid());
        let deleted = TypedEvent::OrganizationDeleted {
            organization: *organization,
        };
        work.record(event.in_organization(*organization).heard_as(deleted));
    }
    // A deleted user is also removed from the organizations of other owners.
    for (user, organization) in &plan.members {
        let event = Event::new(AuditAction::MemberRemoved, user.uuid());
        let details = json!({ "by": AuditAction::UserDeleted.as_str() });
        let removed = TypedEvent::MemberRemoved {
            organization: *organization,
            user: *user,
        };
        let event = event.in_organization(*organization).with_details(details);
        work.record(event.heard_as(removed));
    }
    for user in &deleted.users {
        let event = Event::new(AuditAction::UserDeleted, user.uuid());
        work.record(event.heard_as(TypedEvent::UserDeleted { user: *user }));
    }
    if deleted.is_empty() {
        let details = json!({ "deleted": 0, "skipped": deleted.skipped.count() });
        work.record(Event::new(AuditAction::DeletionRequested, None).with_details(details));
    }
}
