//! The projects and members of many workspaces.

use freehold_domain::{Id, Project, User, Workspace};

use crate::engine::json_list::ids;
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Tx};

statements! {
    PROJECTS_IN = "
        SELECT p.workspace_id, p.id
          FROM {list $1} a CROSS JOIN workspaces w CROSS JOIN projects p
         WHERE w.id = {id a.value}
           AND p.organization_id = w.organization_id AND p.workspace_id = w.id
         ORDER BY p.id";
    // In the order of the indexes by user, so that the index is filled sequentially.
    MEMBERS_IN = "
        SELECT m.workspace_id, m.user_id, m.role
          FROM {list $1} a CROSS JOIN workspace_members m
         WHERE m.workspace_id = {id a.value} AND m.role <> 'none'
         ORDER BY m.user_id";
}

impl Tx {
    /// Returns the projects of these workspaces.
    pub async fn projects_in(
        &mut self,
        workspaces: &[Id<Workspace>],
    ) -> Result<Vec<(Id<Workspace>, Id<Project>)>> {
        self.read(&PROJECTS_IN, values![ids(workspaces)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .await
    }

    /// Returns the members of these workspaces with their roles.
    pub async fn members_in(
        &mut self,
        workspaces: &[Id<Workspace>],
    ) -> Result<Vec<(Id<Workspace>, Id<User>, String)>> {
        self.read(&MEMBERS_IN, values![ids(workspaces)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .await
    }
}
