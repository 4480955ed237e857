//! Plans the memberships of graphs.

use freehold_domain::{Id, Level, NO_ROLE, Role, User};

use super::super::prepare::PreparedGraph;
use super::super::references::{FieldPath, memberships_collection};
use super::super::result::MembershipView;
use super::scopes::OwnedScope;
use super::{PlannedGraph, Planner};
use crate::command::{Failure, Outcome};

impl Planner<'_> {
    pub(super) fn plan_memberships(
        &mut self,
        graph: &PreparedGraph,
        graph_plan: &mut PlannedGraph,
        level: Level,
    ) -> Outcome<()> {
        for (name, member) in graph.members(level) {
            let field_path = graph.field_path(memberships_collection(level), name);
            let scope = self.find_scope(graph_plan, level, &member.scope)?;
            let index = self.user_index(graph_plan, &member.user)?;
            let user = self.user(index)?.record.id;
            let role = member.role.as_str();
            check_owner_role(&field_path, user == scope.owner, role)?;
            self.ensure_parent_memberships(level, &scope, user);
            let (id, outcome) = self
                .membership_plan
                .assign(scope.scope, user, role)
                .map_err(|_| {
                    field_path.invalid(
                        "role",
                        "the same request gives another role for this membership.",
                    )
                })?;
            let view = MembershipView {
                id,
                scope_id: scope.scope.scope_id,
                user,
                role: member.role.clone(),
            };
            let (views, outcomes) = graph_plan.memberships_mut(level);
            views.push((name.clone(), view));
            outcomes.push((outcome, scope.organization));
        }
        Ok(())
    }

    /// Adds rows in the scopes that contain this one. Other users than the owner get no role there.
    fn ensure_parent_memberships(&mut self, level: Level, scope: &OwnedScope, user: Id<User>) {
        let role = if user == scope.owner {
            Role::Owner.as_str()
        } else {
            NO_ROLE
        };
        if level != Level::Organization {
            self.membership_plan
                .ensure(scope.organization_scope(), user, role);
        }
        if level == Level::Project {
            self.membership_plan
                .ensure(scope.workspace_scope(), user, role);
        }
    }
}

/// Checks that exactly the owner of the organization has the role `owner`.
fn check_owner_role(field_path: &FieldPath<'_>, is_owner: bool, role: &str) -> Result<(), Failure> {
    let owner = Role::Owner.as_str();
    match (is_owner, role == owner) {
        (true, true) | (false, false) => Ok(()),
        (true, false) => {
            let problem = "the owner of the organization has the role 'owner'.";
            Err(field_path.conflict("role", problem).into())
        }
        (false, true) => {
            let problem = "only the owner of the organization has the role 'owner'. Transfer the ownership instead.";
            Err(field_path.conflict("role", problem).into())
        }
    }
}
