//! Transferring ownership: owners, roles and missing memberships on all three
//! levels. The number of statements does not depend on that of organizations.

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::engine::generated_id::id_prefix;
use crate::engine::json_list::{ids, texts};
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

statements! {
    DEMOTE_OWNER = "
        UPDATE organization_members
           SET role = coalesce((SELECT t.role FROM organization_members t
                                 WHERE t.organization_id = organization_members.organization_id
                                   AND t.user_id = $3 AND t.role IN {texts $4}), $5),
               updated_at = $6, updated_by_id = $7
         WHERE user_id = $2 AND organization_id IN {ids $1}";
    DEMOTE_OWNER_IN_WORKSPACES = "
        UPDATE workspace_members SET role = x.role, updated_at = $6, updated_by_id = $7
          FROM (SELECT s.id,
                       CASE WHEN t.role NOT IN ('owner', 'none')
                                 AND ({jsonb $4} IS NULL OR s.workspace_id IN {ids $4}) THEN t.role
                            WHEN s.role = 'owner' THEN $5
                            ELSE s.role END AS role
                  FROM workspace_members s
                  LEFT JOIN workspace_members t ON t.workspace_id = s.workspace_id
                                               AND t.user_id = $3
                 WHERE s.user_id = $2 AND s.organization_id IN {ids $1}) AS x
         WHERE workspace_members.id = x.id AND workspace_members.role <> x.role";
    DEMOTE_OWNER_IN_PROJECTS = "
        UPDATE project_members SET role = x.role, updated_at = $6, updated_by_id = $7
          FROM (SELECT s.id,
                       CASE WHEN t.role NOT IN ('owner', 'none')
                                 AND ({jsonb $4} IS NULL OR s.project_id IN {ids $4}) THEN t.role
                            WHEN s.role = 'owner' THEN $5
                            ELSE s.role END AS role
                  FROM project_members s
                  JOIN projects p ON p.id = s.project_id
                  LEFT JOIN project_members t ON t.project_id = s.project_id AND t.user_id = $3
                 WHERE s.user_id = $2 AND p.organization_id IN {ids $1}) AS x
         WHERE project_members.id = x.id AND project_members.role <> x.role";
    // Whether or not the new owner was a member there.
    PROMOTE_OWNER = "
        INSERT INTO organization_members
               (id, user_id, role, created_at, created_by_id, organization_id)
        SELECT {generate_id $1}, {uuid $2}, 'owner', {timestamptz $4}, {uuid $5}, o.id
          FROM organizations o WHERE o.id IN {ids $3}
            ON CONFLICT (organization_id, user_id)
            DO UPDATE SET role = 'owner', updated_at = excluded.created_at,
                          updated_by_id = excluded.created_by_id
             WHERE organization_members.role <> 'owner'";
    PROMOTE_OWNER_IN_WORKSPACES = "
        INSERT INTO workspace_members
               (id, user_id, role, created_at, created_by_id, workspace_id, organization_id)
        SELECT {generate_id $1}, {uuid $2}, 'owner', {timestamptz $4}, {uuid $5},
               w.id, w.organization_id
          FROM workspaces w WHERE w.organization_id IN {ids $3}
            ON CONFLICT (workspace_id, user_id)
            DO UPDATE SET role = 'owner', updated_at = excluded.created_at,
                          updated_by_id = excluded.created_by_id
             WHERE workspace_members.role <> 'owner'";
    PROMOTE_OWNER_IN_PROJECTS = "
        INSERT INTO project_members
               (id, user_id, role, created_at, created_by_id, project_id, workspace_id)
        SELECT {generate_id $1}, {uuid $2}, 'owner', {timestamptz $4}, {uuid $5},
               p.id, p.workspace_id
          FROM projects p WHERE p.organization_id IN {ids $3}
            ON CONFLICT (project_id, user_id)
            DO UPDATE SET role = 'owner', updated_at = excluded.created_at,
                          updated_by_id = excluded.created_by_id
             WHERE project_members.role <> 'owner'";
    SET_OWNERS = "
        UPDATE organizations
           SET owner_id = $2, created_by_id = coalesce($3, created_by_id),
               updated_at = $4, updated_by_id = $5
         WHERE id IN {ids $1}";
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
