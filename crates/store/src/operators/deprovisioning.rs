//! Deleting users, organizations, workspaces and projects, many at a time. The
//! schema deletes the rows that depend on them.
//!
//! Not here: one organization by its owner (`organizations::delete`), one
//! project by a member (`organizations::projects`), single members
//! (`members::remove`).

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};

use crate::engine::json_list::{ids, texts};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Row, Tx};

/// The location of an entity that may be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityLocation {
    /// A workspace, and its organization.
    Workspace(Id<Workspace>, Id<Organization>),
    /// A project, its workspace and its organization.
    Project(Id<Project>, Id<Workspace>, Id<Organization>),
    /// A user's membership of an organization.
    Member(Id<User>, Id<Organization>),
}

statements! {
    LOCATE_ENTITIES = "
        SELECT 0, w.id, w.organization_id, w.organization_id FROM workspaces w WHERE w.id IN {ids $1}
         UNION ALL
        SELECT 1, p.id, p.workspace_id, p.organization_id FROM projects p WHERE p.id IN {ids $2}
         UNION ALL
        SELECT 2, m.user_id, m.organization_id, m.organization_id FROM organization_members m
         WHERE m.user_id IN {ids $3}";
    DELETE_PROJECTS = "DELETE FROM projects WHERE id IN {ids $1}";
    DELETE_WORKSPACES = "DELETE FROM workspaces WHERE id IN {ids $1}";
    DELETE_ORGANIZATIONS = "DELETE FROM organizations WHERE id IN {ids $1}";
    DELETE_USERS = "DELETE FROM users WHERE id IN {ids $1}";
    // The oldest project of each workspace without a default project.
    SET_MISSING_DEFAULTS = "
        UPDATE projects SET is_default = TRUE, updated_at = $2
         WHERE id IN (
               SELECT x.id
                 FROM (SELECT p.id, row_number() OVER (PARTITION BY p.workspace_id
                                        ORDER BY p.created_at NULLS FIRST, p.id) AS n
                         FROM projects p
                        WHERE p.workspace_id IN {ids $1}
                          AND NOT EXISTS (SELECT 1 FROM projects d
                                           WHERE d.workspace_id = p.workspace_id AND d.is_default)
                      ) AS x
                WHERE x.n = 1)
     RETURNING id, workspace_id, organization_id";
    RESET_ATTEMPTS = "DELETE FROM attempts WHERE subject IN {texts $1}";
}

fn read_location(row: &Row<'_>) -> Result<EntityLocation> {
    Ok(match row.get::<i64>(0)? {
        0 => EntityLocation::Workspace(row.get(1)?, row.get(2)?),
        1 => EntityLocation::Project(row.get(1)?, row.get(2)?, row.get(3)?),
        _ => EntityLocation::Member(row.get(1)?, row.get(2)?),
    })
}

/// A project that became the default project of its workspace.
pub type NewDefaultProject = (Id<Project>, Id<Workspace>, Id<Organization>);

impl Tx {
    /// Locates those of these workspaces and projects that exist, and the
    /// memberships of these users in organizations.
    pub async fn locate_entities(
        &mut self,
        workspaces: &[Id<Workspace>],
        projects: &[Id<Project>],
        users: &[Id<User>],
    ) -> Result<Vec<EntityLocation>> {
        let values = values![ids(workspaces), ids(projects), ids(users)];
        self.read(&LOCATE_ENTITIES, values, read_location).await
    }

    /// Deletes projects with everything in them.
    pub fn delete_projects(&mut self, projects: &[Id<Project>]) {
        self.write(&DELETE_PROJECTS, values![ids(projects)]);
    }

    /// Deletes workspaces with everything in them.
    pub fn delete_workspaces(&mut self, workspaces: &[Id<Workspace>]) {
        self.write(&DELETE_WORKSPACES, values![ids(workspaces)]);
    }

    /// Deletes organizations with everything in them.
    pub fn delete_organizations(&mut self, organizations: &[Id<Organization>]) {
        self.write(&DELETE_ORGANIZATIONS, values![ids(organizations)]);
    }

    /// Deletes users with everything that belongs to them only. A user who still
    /// owns an organization violates [`Rule::ForeignKey`](crate::Rule::ForeignKey).
    pub fn delete_users(&mut self, users: &[Id<User>]) {
        self.write(&DELETE_USERS, values![ids(users)]);
    }

    /// Makes the oldest project the default in those of these workspaces that
    /// have projects but no default project.
    pub async fn set_missing_default_projects(
        &mut self,
        workspaces: &[Id<Workspace>],
        now: Timestamp,
    ) -> Result<Vec<NewDefaultProject>> {
        self.read(
            &SET_MISSING_DEFAULTS,
            values![ids(workspaces), now],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .await
    }

    /// Deletes the counters of these subjects of attempts.
    pub fn reset_many_attempts<T: AsRef<str>>(&mut self, subjects: &[T]) {
        self.write(&RESET_ATTEMPTS, values![texts(subjects)]);
    }
}
