//! Row locks, which last until the end of the transaction. All of them are here.
//!
//! There is one order: users first, then organizations, then what is in them;
//! among the same kind, by id. So two transactions do not deadlock on explicit
//! locks. A command that changes an organization's members, workspaces or
//! projects locks the organization.
//!
//! `Tx::queue_lock` queues a lock, which costs no round trip of its own; where
//! the row is needed too, one statement locks and reads it. On SQLite the
//! transaction itself is the lock.

use freehold_domain::{
    Email, Id, Identity, Invitation, Level, Membership, Organization, Project, ResourceKind, User,
    Workspace,
};
use uuid::Uuid;

use crate::accounts::identities::IdentityRecord;
use crate::content::resources::ResourceRecord;
use crate::engine::json_list::{ids, texts};
use crate::engine::row::{FromRow, row_types};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Sql, Tx};
use crate::members::remove::{MembershipRecord, membership_statements, read_membership};
use crate::operators::imports::ImportRecord;
use crate::operators::provisioning::{EntityReferences, reference_values};
use crate::organizations::read::OrganizationRecord;

row_types! {
    /// A locked user.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LockedUser {
        /// The id.
        pub id: Id<User> = "u.id",
        /// The normalized email address.
        pub email: String = "u.email",
    }

    /// A locked organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct LockedOrganization {
        /// The id.
        pub id: Id<Organization> = "o.id",
        /// The name in URLs.
        pub slug: Option<String> = "o.slug",
        /// The name.
        pub name: Option<String> = "o.name",
        /// The user who owns it.
        pub owner: Id<User> = "o.owner_id",
    }
}

/// Which organizations to lock: those that any of these fields refers to.
#[derive(Clone, Debug, Default)]
pub struct OrganizationSelector {
    /// Organizations with these ids.
    pub ids: Vec<Id<Organization>>,
    /// Organizations with these slugs.
    pub slugs: Vec<String>,
    /// Organizations that these users own.
    pub owners: Vec<Id<User>>,
    /// Organizations that these users are members of.
    pub members: Vec<Id<User>>,
    /// The organizations of these workspaces.
    pub workspaces: Vec<Id<Workspace>>,
    /// The organizations of these projects.
    pub projects: Vec<Id<Project>>,
}

/// Returns the statement that locks the organization of a membership.
const fn organization_lock(level: Level) -> &'static Sql {
    match level {
        Level::Organization => &LOCK_ORGANIZATION_OF_ORGANIZATION_MEMBER,
        Level::Workspace => &LOCK_ORGANIZATION_OF_WORKSPACE_MEMBER,
        Level::Project => &LOCK_ORGANIZATION_OF_PROJECT_MEMBER,
    }
}

statements! {
    rows LockedUser, LockedOrganization, IdentityRecord, OrganizationRecord, ResourceRecord,
        ImportRecord;

    // Users and their rows.
    LOCK_USER = "SELECT id FROM users WHERE id = $1 {for_update}";
    LOCK_USER_NO_KEY_UPDATE = "SELECT id FROM users WHERE id = $1 {for_no_key_update}";
    LOCK_USERS = "
        SELECT {LockedUser} FROM users u
         WHERE u.id {in_ids
                     SELECT {id value} FROM {list $1}
                      UNION
                     SELECT x.id FROM users x WHERE x.email IN {texts $2}}
         ORDER BY 1 {for_update}";
    // In the order of their ids. The subquery has PostgreSQL search the index for each
    // address, independent of its estimates for lists.
    LOCK_REFERENCED_USERS = "
        SELECT id FROM users
         WHERE id {in_ids
                   SELECT (SELECT u.id FROM users u WHERE u.email = a.value) FROM {list $1} a
                    UNION
                   SELECT {id value} FROM {list $2}}
         ORDER BY id {for_update}";
    LOCK_PASSWORD = "SELECT user_id FROM passwords WHERE user_id = $1 AND hash = $2 {for_update}";
    LOCK_USER_OF_IDENTITY = "
        SELECT id FROM users
         WHERE id = (SELECT user_id FROM user_identities WHERE id = $1) {for_update}";
    IDENTITY = "SELECT {IdentityRecord} FROM user_identities WHERE id = $1";

    // Organizations, by their id or that of a row in them.
    LOCK_ORGANIZATION = "SELECT id FROM organizations WHERE id = $1 {for_update}";
    LOCK_AND_READ_ORGANIZATION = "
        SELECT {OrganizationRecord} FROM organizations o WHERE o.id = $1 {for_update}";
    LOCK_ORGANIZATION_OF_WORKSPACE = "
        SELECT id FROM organizations
         WHERE id = (SELECT organization_id FROM workspaces WHERE id = $1) {for_update}";
    LOCK_ORGANIZATION_OF_PROJECT = "
        SELECT id FROM organizations
         WHERE id = (SELECT organization_id FROM projects WHERE id = $1) {for_update}";
    LOCK_ORGANIZATION_OF_INVITATION = "
        SELECT id FROM organizations
         WHERE id = (SELECT organization_id FROM project_invitations WHERE id = $1) {for_update}";
    LOCK_ORGANIZATION_OF_ORGANIZATION_MEMBER = "
        SELECT id FROM organizations
         WHERE id = (SELECT organization_id FROM organization_members WHERE id = $1) {for_update}";
    LOCK_ORGANIZATION_OF_WORKSPACE_MEMBER = "
        SELECT id FROM organizations
         WHERE id = (SELECT organization_id FROM workspace_members WHERE id = $1) {for_update}";
    LOCK_ORGANIZATION_OF_PROJECT_MEMBER = "
        SELECT id FROM organizations
         WHERE id = (SELECT p.organization_id FROM project_members m
                       JOIN projects p ON p.id = m.project_id WHERE m.id = $1) {for_update}";
    // A union instead of `OR`: each part uses an index of its own.
    LOCK_ORGANIZATIONS = "
        SELECT {LockedOrganization} FROM organizations o
         WHERE o.id {in_ids
                     SELECT {id value} FROM {list $1}
                      UNION
                     SELECT s.id FROM organizations s WHERE s.slug IN {texts $2}
                      UNION
                     SELECT p.id FROM organizations p WHERE p.owner_id IN {ids $3}
                      UNION
                     SELECT m.organization_id FROM organization_members m WHERE m.user_id IN {ids $4}
                      UNION
                     SELECT w.organization_id FROM workspaces w WHERE w.id IN {ids $5}
                      UNION
                     SELECT j.organization_id FROM projects j WHERE j.id IN {ids $6}}
         ORDER BY 1 {for_update}";
    // In the order of their ids.
    LOCK_REFERENCED_ORGANIZATIONS = "
        SELECT id FROM organizations
         WHERE id {in_ids
                   SELECT {id value} FROM {list $1}
                    UNION
                   SELECT o.id FROM {list $2} a CROSS JOIN organizations o WHERE o.slug = a.value
                    UNION
                   SELECT w.organization_id FROM {list $3} a
                    CROSS JOIN workspaces w WHERE w.id = {id a.value}
                    UNION
                   SELECT p.organization_id FROM {list $4} a
                    CROSS JOIN projects p WHERE p.id = {id a.value}}
         ORDER BY id {for_update}";

    // Single rows of other tables.
    LOCK_AND_READ_RESOURCE = "
        SELECT {ResourceRecord} FROM resources
         WHERE project_id = $1 AND kind = $2 AND id = $3 {for_update}";
    LOCK_AND_READ_IMPORT = "SELECT {ImportRecord} FROM imports WHERE id = $1 {for_update}";
}

impl Tx {
    /// Locks a user, so that decisions about the organizations that they own
    /// are serialized. Returns whether the user exists.
    pub async fn lock_user(&mut self, id: Id<User>) -> Result<bool> {
        let row = self
            .read_one(&LOCK_USER, values![id], |row| row.get::<Id<User>>(0))
            .await?;
        Ok(row.is_some())
    }

    /// Locks and returns the users with these ids or normalized email addresses,
    /// in the order of their ids. While they are locked, none of them can join
    /// or receive an organization.
    pub async fn lock_and_read_users<T: AsRef<str>>(
        &mut self,
        users: &[Id<User>],
        emails: &[T],
    ) -> Result<Vec<LockedUser>> {
        self.read(
            &LOCK_USERS,
            values![ids(users), texts(emails)],
            LockedUser::read,
        )
        .await
    }

    /// Queues locks of the users with these email addresses or ids.
    pub fn lock_users<'a>(&mut self, emails: impl Iterator<Item = &'a Email>, users: &[Id<User>]) {
        let emails: Vec<&str> = emails.map(Email::as_str).collect();
        self.queue_lock(&LOCK_REFERENCED_USERS, values![texts(&emails), ids(users)]);
    }

    /// Queues the lock that an update of the user takes. Unlike
    /// [`Tx::lock_users`], it does not block inserts that refer to the user.
    pub fn lock_user_no_key_update(&mut self, id: Id<User>) {
        self.queue_lock(&LOCK_USER_NO_KEY_UPDATE, values![id]);
    }

    /// Whether this is still the password, and stays so until the end of the
    /// transaction.
    pub async fn lock_password(&mut self, user: Id<User>, hash: String) -> Result<bool> {
        let row = self
            .read_one(&LOCK_PASSWORD, values![user, hash], |row| {
                row.get::<Id<User>>(0)
            })
            .await?;
        Ok(row.is_some())
    }

    /// Locks the user of a login method and returns the method.
    pub async fn lock_and_read_identity(
        &mut self,
        id: Id<Identity>,
    ) -> Result<Option<IdentityRecord>> {
        self.queue_lock(&LOCK_USER_OF_IDENTITY, values![id]);
        self.read_one(&IDENTITY, values![id], IdentityRecord::read)
            .await
    }

    /// Queues the lock of an organization. Every command that changes its
    /// members, workspaces or projects takes it first.
    pub fn lock_organization(&mut self, id: Id<Organization>) {
        self.queue_lock(&LOCK_ORGANIZATION, values![id]);
    }

    /// Locks and returns an organization.
    pub async fn lock_and_read_organization(
        &mut self,
        id: Id<Organization>,
    ) -> Result<Option<OrganizationRecord>> {
        self.read_one(
            &LOCK_AND_READ_ORGANIZATION,
            values![id],
            OrganizationRecord::read,
        )
        .await
    }

    /// [`Tx::lock_organization`] for the organization of this workspace.
    pub fn lock_organization_of_workspace(&mut self, workspace: Id<Workspace>) {
        self.queue_lock(&LOCK_ORGANIZATION_OF_WORKSPACE, values![workspace]);
    }

    /// [`Tx::lock_organization`] for the organization of this project.
    pub fn lock_organization_of_project(&mut self, project: Id<Project>) {
        self.queue_lock(&LOCK_ORGANIZATION_OF_PROJECT, values![project]);
    }

    /// [`Tx::lock_organization`] for the organization of this invitation.
    pub fn lock_organization_of_invitation(&mut self, id: Id<Invitation>) {
        self.queue_lock(&LOCK_ORGANIZATION_OF_INVITATION, values![id]);
    }

    /// Locks the organization of a membership and returns the membership.
    pub async fn lock_and_read_membership(
        &mut self,
        level: Level,
        id: Id<Membership>,
    ) -> Result<Option<MembershipRecord>> {
        let [find, _] = membership_statements(level);
        self.queue_lock(organization_lock(level), values![id]);
        self.read_one(find, values![id], read_membership).await
    }

    /// Locks and returns the selected organizations, in the order of their ids.
    pub async fn lock_and_read_organizations(
        &mut self,
        selector: &OrganizationSelector,
    ) -> Result<Vec<LockedOrganization>> {
        let values = values![
            ids(&selector.ids),
            texts(&selector.slugs),
            ids(&selector.owners),
            ids(&selector.members),
            ids(&selector.workspaces),
            ids(&selector.projects)
        ];
        self.read(&LOCK_ORGANIZATIONS, values, LockedOrganization::read)
            .await
    }

    /// Queues locks of these organizations, and of those that contain these workspaces and
    /// projects.
    pub fn lock_organizations(&mut self, names: &EntityReferences) {
        self.queue_lock(&LOCK_REFERENCED_ORGANIZATIONS, reference_values(names));
    }

    /// Locks and returns one item of a project.
    pub async fn lock_and_read_resource(
        &mut self,
        project: Id<Project>,
        kind: ResourceKind,
        id: Uuid,
    ) -> Result<Option<ResourceRecord>> {
        self.read_one(
            &LOCK_AND_READ_RESOURCE,
            values![project, kind.as_str(), id],
            ResourceRecord::read,
        )
        .await
    }

    /// Locks and returns an import, so that its batches run one after another.
    pub async fn lock_and_read_import(&mut self, id: Uuid) -> Result<Option<ImportRecord>> {
        self.read_one(&LOCK_AND_READ_IMPORT, values![id], ImportRecord::read)
            .await
    }
}
