//! The memberships that a request creates or changes, with those that follow
//! from each.
//!
//! * A member of a project needs a row in its workspace, and a member of a
//!   workspace one in its organization: missing rows are added without a role
//!   (`NO_ROLE`).
//! * A user who gets a role in a workspace gets it in all of its projects,
//!   unless the request gives another role in the project.
//! * A member of a workspace becomes a member of its new projects.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use freehold_domain::{
    Id, Level, Membership, NO_ROLE, Organization, Project, RandomSource, Role, Timestamp, User,
    Workspace,
};
use freehold_store::{CreationRows, MemberRow};
use uuid::Uuid;

use super::super::existing::{ExistingEntities, MembershipKey};

/// A planned membership.
#[derive(Debug)]
struct PlannedMembership {
    level: Level,
    id: Id<Membership>,
    user: Id<User>,
    scope_id: Uuid,
    /// The id of the scope that contains this one.
    parent_id: Uuid,
    role: Cow<'static, str>,
    origin: Origin,
    /// Whether the request itself gives the role.
    is_explicit: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Origin {
    /// It is stored with this role.
    Stored(String),
    /// Its row is created with the scope.
    CreatedWithScope,
    /// Its row has to be created.
    New,
}

/// The result of a requested membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MembershipOutcome {
    /// It is created.
    Added,
    /// It existed with this role.
    Changed(String),
    /// It existed with the requested role.
    Unchanged,
}

/// The same request gives two roles for one membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConflictingRoles;

/// A scope and the one that contains it.
#[derive(Clone, Copy, Debug)]
pub(super) struct MembershipScope {
    pub(super) level: Level,
    pub(super) scope_id: Uuid,
    /// The organization itself, for an organization.
    pub(super) parent_id: Uuid,
}

/// New roles of existing memberships.
pub(in crate::operators::provisioning) type RoleUpdates = Vec<(Id<Membership>, Cow<'static, str>)>;

pub(in crate::operators::provisioning) struct MembershipPlan<'a> {
    existing: &'a ExistingEntities,
    random: &'a dyn RandomSource,
    now: Timestamp,
    memberships: Vec<PlannedMembership>,
    index: HashMap<MembershipKey, usize>,
    /// The workspace roles that the request gives.
    workspace_joins: Vec<WorkspaceJoin>,
}

struct WorkspaceJoin {
    workspace: Id<Workspace>,
    user: Id<User>,
    role: String,
    /// Whether the user had another role in the workspace, or none.
    changed: bool,
}

impl<'a> MembershipPlan<'a> {
    pub(super) fn new(
        existing: &'a ExistingEntities,
        random: &'a dyn RandomSource,
        now: Timestamp,
    ) -> Self {
        Self {
            existing,
            random,
            now,
            memberships: Vec::new(),
            index: HashMap::new(),
            workspace_joins: Vec::new(),
        }
    }

    /// The index of the membership, if it exists or is planned.
    fn find(&mut self, scope: MembershipScope, user: Id<User>) -> Option<usize> {
        let key = (scope.level, scope.scope_id, user);
        if let Some(index) = self.index.get(&key) {
            return Some(*index);
        }
        let (id, role) = self.existing.members.get(&key)?;
        Some(self.push(PlannedMembership {
            level: scope.level,
            id: *id,
            user,
            scope_id: scope.scope_id,
            parent_id: scope.parent_id,
            role: Cow::Owned(role.clone()),
            origin: Origin::Stored(role.clone()),
            is_explicit: false,
        }))
    }

    fn push(&mut self, membership: PlannedMembership) -> usize {
        let index = self.memberships.len();
        self.index.insert(
            (membership.level, membership.scope_id, membership.user),
            index,
        );
        self.memberships.push(membership);
        index
    }

    fn add(&mut self, scope: MembershipScope, user: Id<User>, role: Cow<'static, str>) -> usize {
        self.push(PlannedMembership {
            level: scope.level,
            id: Id::generate(self.random, self.now),
            user,
            scope_id: scope.scope_id,
            parent_id: scope.parent_id,
            role,
            origin: Origin::New,
            is_explicit: false,
        })
    }

    /// Whether the user is or will be a member.
    pub(super) fn has(&mut self, scope: MembershipScope, user: Id<User>) -> bool {
        self.find(scope, user).is_some()
    }

    /// Adds the membership of the owner, whose row is created with the scope.
    pub(super) fn add_owner(&mut self, scope: MembershipScope, user: Id<User>, id: Id<Membership>) {
        self.push(PlannedMembership {
            level: scope.level,
            id,
            user,
            scope_id: scope.scope_id,
            parent_id: scope.parent_id,
            role: Cow::Borrowed(Role::Owner.as_str()),
            origin: Origin::CreatedWithScope,
            is_explicit: false,
        });
    }

    /// Adds a row with this role, if the user has none in the scope.
    pub(super) fn ensure(&mut self, scope: MembershipScope, user: Id<User>, role: &'static str) {
        if !self.has(scope, user) {
            self.add(scope, user, Cow::Borrowed(role));
        }
    }

    /// Gives the user a role, whether they are a member already or not.
    pub(super) fn assign(
        &mut self,
        scope: MembershipScope,
        user: Id<User>,
        role: &str,
    ) -> Result<(Id<Membership>, MembershipOutcome), ConflictingRoles> {
        let index = self.find(scope, user);
        let index = index.unwrap_or_else(|| self.add(scope, user, Cow::Owned(role.to_owned())));
        let Some(membership) = self.memberships.get_mut(index) else {
            return Err(ConflictingRoles);
        };
        if membership.is_explicit {
            return if membership.role == role {
                Ok((membership.id, MembershipOutcome::Unchanged))
            } else {
                Err(ConflictingRoles)
            };
        }
        membership.is_explicit = true;
        let outcome = match &membership.origin {
            Origin::New => MembershipOutcome::Added,
            Origin::Stored(stored_role) if stored_role == NO_ROLE => MembershipOutcome::Added,
            Origin::Stored(stored_role) if stored_role != role => {
                MembershipOutcome::Changed(stored_role.clone())
            }
            Origin::Stored(_) | Origin::CreatedWithScope => MembershipOutcome::Unchanged,
        };
        if membership.role != role {
            membership.role = Cow::Owned(role.to_owned());
        }
        let id = membership.id;
        if scope.level == Level::Workspace {
            self.workspace_joins.push(WorkspaceJoin {
                workspace: Id::new(scope.scope_id),
                user,
                role: role.to_owned(),
                changed: outcome != MembershipOutcome::Unchanged,
            });
        }
        Ok((id, outcome))
    }

    /// Adds what follows from the requested memberships; `new_projects` are the
    /// new projects of each workspace.
    pub(super) fn propagate(&mut self, new_projects: &HashMap<Id<Workspace>, Vec<Id<Project>>>) {
        let existing = self.existing;
        let no_projects = Vec::new();
        for join in std::mem::take(&mut self.workspace_joins) {
            let existing_projects = existing
                .projects_in
                .get(&join.workspace)
                .unwrap_or(&no_projects);
            let new_projects = new_projects.get(&join.workspace).unwrap_or(&no_projects);
            for project in existing_projects.iter().chain(new_projects) {
                self.join(&join, *project);
            }
        }
        for (workspace, projects) in new_projects {
            let Some(members) = existing.members_in.get(workspace) else {
                continue;
            };
            for (user, stored_role) in members {
                let key = (Level::Workspace, workspace.uuid(), *user);
                let role = match self
                    .index
                    .get(&key)
                    .and_then(|index| self.memberships.get(*index))
                {
                    Some(membership) => membership.role.clone(),
                    None => Cow::Owned(stored_role.clone()),
                };
                for project in projects {
                    let scope = project_scope(*project, *workspace);
                    if !self.has(scope, *user) {
                        self.add(scope, *user, role.clone());
                    }
                }
            }
        }
    }

    fn join(&mut self, join: &WorkspaceJoin, project: Id<Project>) {
        let scope = project_scope(project, join.workspace);
        let Some(index) = self.find(scope, join.user) else {
            self.add(scope, join.user, Cow::Owned(join.role.clone()));
            return;
        };
        let Some(membership) = self.memberships.get_mut(index) else {
            return;
        };
        let is_implied = match membership.origin {
            Origin::Stored(_) => join.changed,
            Origin::New => true,
            Origin::CreatedWithScope => false,
        };
        if is_implied && !membership.is_explicit {
            membership.role = Cow::Owned(join.role.clone());
        }
    }

    /// The number of users who become members of each organization, or of something in it, besides
    /// the owners of new ones.
    pub(in crate::operators::provisioning) fn new_members(
        &self,
    ) -> BTreeMap<Id<Organization>, usize> {
        let mut counts = BTreeMap::new();
        for membership in &self.memberships {
            if membership.level == Level::Organization && membership.origin == Origin::New {
                *counts.entry(Id::new(membership.scope_id)).or_default() += 1;
            }
        }
        counts
    }

    /// Adds the rows to create to `rows`. Returns the role updates of existing
    /// memberships, for each level.
    pub(in crate::operators::provisioning) fn into_rows(
        self,
        rows: &mut CreationRows,
    ) -> Vec<(Level, RoleUpdates)> {
        let mut changes: Vec<_> = Level::ALL.map(|level| (level, RoleUpdates::new())).into();
        let now = self.now;
        for membership in self.memberships {
            match membership.origin {
                Origin::CreatedWithScope => {}
                Origin::Stored(stored_role) => {
                    let changes = changes
                        .iter_mut()
                        .find(|(level, _)| *level == membership.level);
                    if let Some((_, changes)) = changes.filter(|_| stored_role != membership.role) {
                        changes.push((membership.id, membership.role));
                    }
                }
                Origin::New => {
                    let rows = match membership.level {
                        Level::Organization => &mut rows.organization_members,
                        Level::Workspace => &mut rows.workspace_members,
                        Level::Project => &mut rows.project_members,
                    };
                    rows.push(MemberRow {
                        id: membership.id,
                        user: membership.user,
                        scope_id: membership.scope_id,
                        parent_id: membership.parent_id,
                        role: membership.role,
                        now,
                        actor: None,
                    });
                }
            }
        }
        changes
    }
}

/// The scope of a project in its workspace.
pub(super) fn project_scope(project: Id<Project>, workspace: Id<Workspace>) -> MembershipScope {
    MembershipScope {
        level: Level::Project,
        scope_id: project.uuid(),
        parent_id: workspace.uuid(),
    }
}

#[cfg(test)]
mod tests;
