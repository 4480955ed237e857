//! Joining: a user becomes a member of existing workspaces and projects, and a
//! new project gets the members of its workspace. The database computes the
//! rows, so the number of statements does not depend on the number of members.

use freehold_domain::{Id, Project, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::engine::Tx;
use crate::engine::generated_id::id_prefix;
use crate::engine::json_list::texts;
use crate::engine::statement::statements;
use crate::engine::value::values;

/// A user who joins a workspace and all of its projects.
#[derive(Clone, Copy, Debug)]
pub struct WorkspaceJoining<'a> {
    /// The user.
    pub user: Id<User>,
    /// The workspace.
    pub workspace: Id<Workspace>,
    /// The role in the workspace and its projects.
    pub role: &'a str,
    /// The roles that `role` replaces in projects of which the user is a member already.
    pub weaker_roles: &'a [String],
    /// When.
    pub now: Timestamp,
    /// The user who adds the member; none if an operator does.
    pub actor: Option<Id<User>>,
}

// A row that was there without a role gets the role of the new one.
statements! {
    JOIN_DEMO_ORGANIZATION = "
        INSERT INTO organization_members
               (id, user_id, organization_id, role, created_at, created_by_id)
        SELECT {uuid $1}, {uuid $2}, p.organization_id, 'viewer', {timestamptz $4}, {uuid $2}
          FROM projects p WHERE p.id = $3
            ON CONFLICT (organization_id, user_id)
            DO UPDATE SET role = excluded.role, updated_at = excluded.created_at,
                          updated_by_id = excluded.created_by_id
             WHERE organization_members.role = 'none'";
    JOIN_DEMO_WORKSPACE = "
        INSERT INTO workspace_members
               (id, user_id, workspace_id, organization_id, role, created_at, created_by_id)
        SELECT {uuid $1}, {uuid $2}, p.workspace_id, p.organization_id, 'viewer',
               {timestamptz $4}, {uuid $2}
          FROM projects p WHERE p.id = $3
            ON CONFLICT (workspace_id, user_id)
            DO UPDATE SET role = excluded.role, updated_at = excluded.created_at,
                          updated_by_id = excluded.created_by_id
             WHERE workspace_members.role = 'none'";
    JOIN_DEMO_PROJECT = "
        INSERT INTO project_members
               (id, user_id, project_id, workspace_id, role, is_demo, created_at, created_by_id)
        SELECT {uuid $1}, {uuid $2}, p.id, p.workspace_id, 'viewer', TRUE,
               {timestamptz $4}, {uuid $2}
          FROM projects p WHERE p.id = $3
            ON CONFLICT DO NOTHING";
    JOIN_ORGANIZATION = "
        INSERT INTO organization_members
               (id, user_id, organization_id, role, created_at, created_by_id)
        SELECT {generate_id $1}, {uuid $2}, w.organization_id, 'viewer',
               {timestamptz $4}, {uuid $5}
          FROM workspaces w WHERE w.id = $3
            ON CONFLICT (organization_id, user_id)
            DO UPDATE SET role = excluded.role, updated_at = excluded.created_at,
                          updated_by_id = excluded.created_by_id
             WHERE organization_members.role = 'none'";
    JOIN_WORKSPACE = "
        INSERT INTO workspace_members
               (id, user_id, workspace_id, organization_id, role, created_at, created_by_id)
        SELECT {generate_id $1}, {uuid $2}, w.id, w.organization_id, $6,
               {timestamptz $4}, {uuid $5}
          FROM workspaces w WHERE w.id = $3
            ON CONFLICT (workspace_id, user_id)
            DO UPDATE SET role = excluded.role, updated_at = excluded.created_at,
                          updated_by_id = excluded.created_by_id
             WHERE workspace_members.role = 'none'";
    JOIN_PROJECTS = "
        INSERT INTO project_members
               (id, user_id, project_id, workspace_id, role, created_at, created_by_id)
        SELECT {generate_id $1}, {uuid $2}, p.id, p.workspace_id, $6,
               {timestamptz $4}, {uuid $5}
          FROM projects p WHERE p.workspace_id = $3
            ON CONFLICT (project_id, user_id)
            DO UPDATE SET role = excluded.role, updated_at = excluded.created_at,
                          updated_by_id = excluded.created_by_id
             WHERE project_members.role IN {texts $7}";
    // In the order of the indexes by user, so that the index is filled sequentially.
    ADD_WORKSPACE_MEMBERS_TO_PROJECT = "
        INSERT INTO project_members
               (id, user_id, project_id, workspace_id, role, created_at, created_by_id)
        SELECT {generate_id $1}, m.user_id, {uuid $2}, m.workspace_id, m.role,
               {timestamptz $4}, {uuid $5}
          FROM workspace_members m WHERE m.workspace_id = $3 AND m.role <> 'none'
         ORDER BY m.user_id";
}

impl Tx {
    /// Makes a user a member of a workspace, of all its projects and, with
    /// the weakest role, of its organization. Queues three statements.
    ///
    /// An existing membership of the workspace stays as it is (see
    /// [`Tx::set_workspace_role`]), and in a project the user keeps a role that is not weaker;
    /// if the workspace does not exist nothing is inserted. Lock the
    /// organization first; otherwise a project that is created meanwhile lacks
    /// the member. `seeds` are newly generated ids.
    pub fn join_workspace(&mut self, joining: &WorkspaceJoining<'_>, seeds: [Uuid; 3]) {
        let WorkspaceJoining {
            user,
            workspace,
            role,
            weaker_roles,
            now,
            actor,
        } = *joining;
        let [organization_prefix, workspace_prefix, project_prefix] = seeds.map(id_prefix);
        let values = |id| values![id, user, workspace, now, actor];
        let with_role = |id| values![id, user, workspace, now, actor, role.to_owned()];
        self.write(&JOIN_ORGANIZATION, values(organization_prefix));
        self.write(&JOIN_WORKSPACE, with_role(workspace_prefix));
        let mut values = with_role(project_prefix);
        values.push(texts(weaker_roles));
        self.write(&JOIN_PROJECTS, values);
    }

    /// Makes every member of a workspace a member of its new project, with their
    /// role in the workspace. Queues one statement.
    pub fn add_workspace_members_to_project(
        &mut self,
        project: Id<Project>,
        workspace: Id<Workspace>,
        now: Timestamp,
        actor: Id<User>,
        seed: Uuid,
    ) {
        let id = id_prefix(seed);
        self.write(
            &ADD_WORKSPACE_MEMBERS_TO_PROJECT,
            values![id, project, workspace, now, actor],
        );
    }

    /// Makes a user a viewer of a demo project; does nothing if the project does
    /// not exist. The rows are dated a moment after `now`, so that the user's own
    /// organization is always older.
    pub fn join_demo_project(
        &mut self,
        ids: [Uuid; 3],
        user: Id<User>,
        project: Id<Project>,
        now: Timestamp,
    ) {
        let later = now + std::time::Duration::from_micros(1);
        let joins = [
            &JOIN_DEMO_ORGANIZATION,
            &JOIN_DEMO_WORKSPACE,
            &JOIN_DEMO_PROJECT,
        ];
        for (sql, id) in joins.into_iter().zip(ids) {
            self.write(sql, values![id, user, project, later]);
        }
    }
}
