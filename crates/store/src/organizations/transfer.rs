//! Transferring ownership: owners, roles and missing memberships on all three
//! levels. The number of statements does not depend on that of organizations.

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::engine::generated_id::{generate_id, id_prefix};
use crate::engine::json_list::{ids, list_items, texts};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Tx, Value};

/// A transfer of ownership, see [`Tx::transfer_ownership`].
#[derive(Clone, Debug)]
pub struct OwnershipTransfer {
    /// The organizations, which are locked and owned by `from`.
    pub organizations: Vec<Id<Organization>>,
    /// The current owner.
    pub from: Id<User>,
    /// The new owner, who is another user.
    pub to: Id<User>,
    /// The roles in an organization that the former owner may get from the new one.
    pub transferable_roles: Vec<String>,
    /// The role of the previous owner where the new one had none of these.
    pub fallback_role: String,
    /// The workspaces in which roles are exchanged; all if there is no list.
    pub workspaces: Option<Vec<Id<Workspace>>>,
    /// The projects in which roles are exchanged; all if there is no list.
    pub projects: Option<Vec<Id<Project>>>,
    /// The user to record as the organizations' creator, if that changes.
    pub new_creator: Option<Id<User>>,
    /// The user who transfers the ownership.
    pub actor: Id<User>,
    /// When.
    pub now: Timestamp,
}

macro_rules! demote_owner {
    ($engine:ident) => {
        concat!(
            "UPDATE organization_members
                SET role = coalesce((SELECT t.role FROM organization_members t
                                      WHERE t.organization_id = organization_members.organization_id
                                        AND t.user_id = $3 AND t.role IN ",
            list_items!($engine, texts "$4"),
            "), $5), updated_at = $6, updated_by_id = $7
              WHERE user_id = $2 AND organization_id IN ",
            list_items!($engine, ids "$1")
        )
    };
}

macro_rules! demote_owner_in_workspaces {
    ($engine:ident, $json:literal) => {
        concat!(
            "UPDATE workspace_members SET role = x.role, updated_at = $6, updated_by_id = $7
               FROM (SELECT s.id,
                            CASE WHEN t.role NOT IN ('owner', 'none') AND ($4", $json, " IS NULL OR s.workspace_id IN ",
            list_items!($engine, ids "$4"),
            ") THEN t.role WHEN s.role = 'owner' THEN $5 ELSE s.role END AS role
                       FROM workspace_members s
                       LEFT JOIN workspace_members t ON t.workspace_id = s.workspace_id AND t.user_id = $3
                      WHERE s.user_id = $2 AND s.organization_id IN ",
            list_items!($engine, ids "$1"),
            ") AS x
              WHERE workspace_members.id = x.id AND workspace_members.role <> x.role"
        )
    };
}

macro_rules! demote_owner_in_projects {
    ($engine:ident, $json:literal) => {
        concat!(
            "UPDATE project_members SET role = x.role, updated_at = $6, updated_by_id = $7
               FROM (SELECT s.id,
                            CASE WHEN t.role NOT IN ('owner', 'none') AND ($4", $json, " IS NULL OR s.project_id IN ",
            list_items!($engine, ids "$4"),
            ") THEN t.role WHEN s.role = 'owner' THEN $5 ELSE s.role END AS role
                       FROM project_members s
                       JOIN projects p ON p.id = s.project_id
                       LEFT JOIN project_members t ON t.project_id = s.project_id AND t.user_id = $3
                      WHERE s.user_id = $2 AND p.organization_id IN ",
            list_items!($engine, ids "$1"),
            ") AS x
              WHERE project_members.id = x.id AND project_members.role <> x.role"
        )
    };
}

// Sets the role `owner` on one level of the organizations, whether or not the new
// owner was a member there.
macro_rules! promote_owner {
    ($engine:ident, organization) => {
        promote_owner!($engine, "organization_members", "organization_id", "",
                 "o.id FROM organizations o WHERE o.id")
    };
    ($engine:ident, workspace) => {
        promote_owner!($engine, "workspace_members", "workspace_id", ", organization_id",
                 "w.id, w.organization_id FROM workspaces w WHERE w.organization_id")
    };
    ($engine:ident, project) => {
        promote_owner!($engine, "project_members", "project_id", ", workspace_id",
                 "p.id, p.workspace_id FROM projects p WHERE p.organization_id")
    };
    (sqlite, $($level:literal),*) => {
        promote_owner!(@sqlite, "", "", $($level),*)
    };
    (postgres, $($level:literal),*) => {
        promote_owner!(@postgres, "::uuid", "::timestamptz", $($level),*)
    };
    (@$engine:ident, $uuid:literal, $time:literal,
      $members:literal, $scope:literal, $parent:literal, $organization_ids:literal) => {
        concat!(
            "INSERT INTO ", $members, "
                (id, user_id, role, created_at, created_by_id, ", $scope, $parent, ")
             SELECT ", generate_id!($engine, "$1"), ", $2", $uuid, ", 'owner', $4", $time, ", $5", $uuid,
            ", ", $organization_ids, " IN ", list_items!($engine, ids "$3"), "
                 ON CONFLICT (", $scope, ", user_id)
                 DO UPDATE SET role = 'owner', updated_at = excluded.created_at,
                               updated_by_id = excluded.created_by_id
                  WHERE ", $members, ".role <> 'owner'"
        )
    };
}

macro_rules! set_owners {
    ($engine:ident) => {
        concat!(
            "UPDATE organizations
                SET owner_id = $2, created_by_id = coalesce($3, created_by_id),
                    updated_at = $4, updated_by_id = $5
              WHERE id IN ",
            list_items!($engine, ids "$1")
        )
    };
}

statements! {
    DEMOTE_OWNER = demote_owner!(sqlite), postgres = demote_owner!(postgres);
    DEMOTE_OWNER_IN_WORKSPACES = demote_owner_in_workspaces!(sqlite, ""),
        postgres = demote_owner_in_workspaces!(postgres, "::jsonb");
    DEMOTE_OWNER_IN_PROJECTS = demote_owner_in_projects!(sqlite, ""),
        postgres = demote_owner_in_projects!(postgres, "::jsonb");
    PROMOTE_OWNER = promote_owner!(sqlite, organization), postgres = promote_owner!(postgres, organization);
    PROMOTE_OWNER_IN_WORKSPACES = promote_owner!(sqlite, workspace), postgres = promote_owner!(postgres, workspace);
    PROMOTE_OWNER_IN_PROJECTS = promote_owner!(sqlite, project), postgres = promote_owner!(postgres, project);
    SET_OWNERS = set_owners!(sqlite), postgres = set_owners!(postgres);
}

impl Tx {
    /// Makes `to` the owner instead of `from`, on all three levels. `from` gets
    /// the role that `to` has there, where both are members and roles are
    /// exchanged, and is `owner` nowhere; `to` is `owner` in the organizations
    /// and in every workspace and project of them, whether or not they were a
    /// member before. Queues seven statements. `seeds` are newly generated ids.
    pub fn transfer_ownership(&mut self, transfer: &OwnershipTransfer, seeds: [Uuid; 3]) {
        let OwnershipTransfer {
            organizations,
            from,
            to,
            transferable_roles,
            fallback_role,
            workspaces,
            projects,
            new_creator,
            actor,
            now,
        } = transfer;
        let (from, to, actor, now) = (*from, *to, *actor, *now);
        let organization_ids = || ids(organizations);
        let demotion = |filter: Value| {
            let fallback_role = fallback_role.clone();
            values![
                organization_ids(),
                from,
                to,
                filter,
                fallback_role,
                now,
                actor
            ]
        };
        // The previous owner first: there is never more than one owner.
        self.write(&DEMOTE_OWNER, demotion(texts(transferable_roles)));
        let filter = workspaces.as_deref().map_or(Value::Null, ids);
        self.write(&DEMOTE_OWNER_IN_WORKSPACES, demotion(filter));
        let filter = projects.as_deref().map_or(Value::Null, ids);
        self.write(&DEMOTE_OWNER_IN_PROJECTS, demotion(filter));
        let [organization_prefix, workspace_prefix, project_prefix] = seeds.map(id_prefix);
        let promotion = |id: Value| values![id, to, organization_ids(), now, actor];
        self.write(&PROMOTE_OWNER, promotion(organization_prefix));
        self.write(&PROMOTE_OWNER_IN_WORKSPACES, promotion(workspace_prefix));
        self.write(&PROMOTE_OWNER_IN_PROJECTS, promotion(project_prefix));
        self.write(
            &SET_OWNERS,
            values![organization_ids(), to, *new_creator, now, actor],
        );
    }
}
