//! Changing the roles of memberships.

use std::borrow::Cow;

use freehold_domain::{Id, Level, Membership, Timestamp, User, Workspace};
use serde_json::Value as Json;

use crate::engine::Tx;
use crate::engine::statement::statements;
use crate::engine::value::values;

statements! {
    SET_WORKSPACE_ROLE = "
        UPDATE workspace_members
           SET role = $3, updated_at = $4, updated_by_id = $5
         WHERE workspace_id = $1 AND user_id = $2";
    SET_ROLES_IN_PROJECTS = "
        UPDATE project_members
           SET role = $3, updated_at = $4, updated_by_id = $5
         WHERE workspace_id = $1 AND user_id = $2";
    // `$1` is a list of texts: each is an id of 32 hexadecimal digits followed by the role.
    SET_ORGANIZATION_ROLES = "
        UPDATE organization_members
           SET role = substr(a.value, 33), updated_at = $2, updated_by_id = NULL
          FROM {list $1} a
         WHERE organization_members.id = {id substr(a.value, 1, 32)}";
    SET_WORKSPACE_ROLES = "
        UPDATE workspace_members
           SET role = substr(a.value, 33), updated_at = $2, updated_by_id = NULL
          FROM {list $1} a
         WHERE workspace_members.id = {id substr(a.value, 1, 32)}";
    SET_PROJECT_ROLES = "
        UPDATE project_members
           SET role = substr(a.value, 33), updated_at = $2, updated_by_id = NULL
          FROM {list $1} a
         WHERE project_members.id = {id substr(a.value, 1, 32)}";
}

impl Tx {
    /// Changes a member's role in a workspace and in all of its projects. Queues
    /// two statements; does nothing if the user is not a member.
    pub fn set_workspace_role(
        &mut self,
        workspace: Id<Workspace>,
        user: Id<User>,
        role: &str,
        now: Timestamp,
        actor: Id<User>,
    ) {
        for sql in [&SET_WORKSPACE_ROLE, &SET_ROLES_IN_PROJECTS] {
            self.write(sql, values![workspace, user, role.to_owned(), now, actor]);
        }
    }

    /// Changes the roles of memberships of one level, for an operator. Queues one
    /// statement, or none for an empty list.
    pub fn set_roles(
        &mut self,
        level: Level,
        roles: &[(Id<Membership>, Cow<'static, str>)],
        now: Timestamp,
    ) {
        if roles.is_empty() {
            return;
        }
        let sql = match level {
            Level::Organization => &SET_ORGANIZATION_ROLES,
            Level::Workspace => &SET_WORKSPACE_ROLES,
            Level::Project => &SET_PROJECT_ROLES,
        };
        let roles = roles
            .iter()
            .map(|(id, role)| Json::from(format!("{}{role}", id.uuid().simple())));
        self.write(sql, values![Json::from_iter(roles), now]);
    }
}
