//! Plans organizations, workspaces and projects, existing and new ones, with
//! the memberships of their owners.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use freehold_domain::{Id, Level, Organization, Role, User, Workspace};
use uuid::Uuid;

use super::super::prepare::PreparedGraph;
use super::super::references::{EntityReference, ORGANIZATIONS, PROJECTS, entity_kind};
use super::super::result::{OrganizationView, ProjectView, WorkspaceView};
use super::membership_plan::{MembershipScope, project_scope};
use super::{PlannedGraph, Planner, inconsistent_plan};
use crate::command::Outcome;
use crate::organizations::{
    DEFAULT_TYPE, InitialContentChoice, OrganizationToCreate, ProjectToCreate, WorkspaceToCreate,
};

/// A scope with its organization and owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnedScope {
    pub(super) organization: Id<Organization>,
    pub(super) owner: Id<User>,
    /// The scope itself, and the one that contains it.
    pub(super) scope: MembershipScope,
}

impl OwnedScope {
    /// The scope of the organization.
    pub(super) fn organization_scope(&self) -> MembershipScope {
        organization_scope(self.organization, self.owner).scope
    }

    /// The scope of the workspace that contains this project.
    pub(super) fn workspace_scope(&self) -> MembershipScope {
        let workspace = Id::new(self.scope.parent_id);
        workspace_scope(workspace, self.organization, self.owner).scope
    }
}

impl<'a> Planner<'a> {
    pub(super) fn plan_organizations(
        &mut self,
        graph: &'a PreparedGraph,
        graph_plan: &mut PlannedGraph,
    ) -> Outcome<()> {
        for (name, new) in &graph.organizations {
            let owner = self.user_index(graph_plan, &new.owner)?;
            let owner = self.user(owner)?.record.id;
            if let Some(slug) = new.slug.as_deref()
                && (self.existing.slugs.contains_key(slug) || !self.claimed_slugs.insert(slug))
            {
                let field_path = graph.field_path(ORGANIZATIONS, name);
                let problem = format!("Organization with slug '{slug}' already exists.");
                return Err(field_path.conflict("slug", problem).into());
            }
            let (id, membership) = self.creations.organization(OrganizationToCreate {
                name: Some(new.name.clone()),
                slug: new.slug.clone(),
                description: None,
                owner,
            });
            let owned = organization_scope(id, owner);
            self.membership_plan
                .add_owner(owned.scope, owner, membership);
            graph_plan.organizations.push(owned);
            let view = OrganizationView {
                id,
                name: Some(new.name.clone()),
                slug: new.slug.clone(),
                owner,
                created_at: Some(self.now),
                updated_at: Some(self.now),
            };
            graph_plan.account.organizations.push((name.clone(), view));
        }
        Ok(())
    }

    pub(super) fn plan_workspaces(
        &mut self,
        graph: &PreparedGraph,
        graph_plan: &mut PlannedGraph,
    ) -> Outcome<()> {
        let mut scaffolded = HashSet::new();
        for (name, new) in &graph.workspaces {
            let parent = self.find_scope(graph_plan, Level::Organization, &new.organization)?;
            let OwnedScope {
                organization,
                owner,
                ..
            } = parent;
            let scaffold = match &new.organization {
                EntityReference::InGraph(index) => graph.organizations.get(*index),
                _ => None,
            };
            let first = scaffold.is_some_and(|(_, draft)| draft.scaffold)
                && scaffolded.insert(organization);
            self.membership_plan
                .ensure(parent.scope, owner, Role::Owner.as_str());
            let (id, membership) = self.creations.workspace(WorkspaceToCreate {
                name: new.name.clone(),
                kind: first.then_some(Cow::Borrowed(DEFAULT_TYPE)),
                description: first.then(String::new),
                organization,
                owner,
            });
            let owned = workspace_scope(id, organization, owner);
            self.membership_plan
                .add_owner(owned.scope, owner, membership);
            graph_plan.workspaces.push(owned);
            let view = WorkspaceView {
                id,
                name: Some(new.name.clone()),
                organization,
                created_at: Some(self.now),
                updated_at: Some(self.now),
            };
            graph_plan.account.workspaces.push((name.clone(), view));
        }
        Ok(())
    }

    /// Plans the projects of all graphs at once, because a workspace has one
    /// default project.
    pub(super) fn plan_projects(
        &mut self,
        prepared: &[PreparedGraph],
        planned: &mut [PlannedGraph],
    ) -> Outcome<()> {
        let mut defaults = DefaultProjects::default();
        let mut parents = Vec::new();
        for (graph, graph_plan) in prepared.iter().zip(&*planned) {
            for (name, new) in &graph.projects {
                let field_path = graph.field_path(PROJECTS, name);
                let organization =
                    self.find_scope(graph_plan, Level::Organization, &new.organization)?;
                let workspace = self.find_scope(graph_plan, Level::Workspace, &new.workspace)?;
                if organization.organization != workspace.organization {
                    let reason = "the workspace is in another organization".to_owned();
                    return Err(field_path.invalid_reference("workspace_ref", reason).into());
                }
                if !defaults.add(workspace.scope, new.is_default) {
                    let problem = "the workspace has one default project, and another project of this request is it.";
                    return Err(field_path.invalid("is_default", problem).into());
                }
                parents.push(workspace);
            }
        }
        let mut parents = parents.into_iter();
        for (graph, graph_plan) in prepared.iter().zip(planned) {
            let first = graph_plan.users.first().copied();
            let first = first.filter(|_| graph.options.seeds);
            let initial_content = match first {
                Some(index) => InitialContentChoice::FurtherProject(self.user(index)?.record.id),
                None => InitialContentChoice::Empty,
            };
            for ((name, new), workspace) in graph.projects.iter().zip(&mut parents) {
                let OwnedScope {
                    organization,
                    owner,
                    scope,
                } = workspace;
                let workspace = Id::new(scope.scope_id);
                let existing = self.existing.workspaces.get(&workspace);
                let had_default = existing.is_some_and(|existing| existing.has_default);
                let is_default = defaults.is_default(scope, new.is_default, had_default);
                if is_default && had_default {
                    self.cleared_defaults.push(workspace);
                }
                self.membership_plan
                    .ensure(scope, owner, Role::Owner.as_str());
                let (id, membership) = self.creations.project(ProjectToCreate {
                    name: new.name.clone(),
                    is_default,
                    workspace,
                    organization,
                    creator: owner,
                    initial_content,
                });
                self.new_projects.entry(workspace).or_default().push(id);
                let owned = OwnedScope {
                    organization,
                    owner,
                    scope: project_scope(id, workspace),
                };
                self.membership_plan
                    .add_owner(owned.scope, owner, membership);
                graph_plan.projects.push(owned);
                let view = ProjectView {
                    id,
                    name: new.name.clone(),
                    organization,
                    workspace,
                    is_default,
                    created_at: Some(self.now),
                    updated_at: Some(self.now),
                };
                graph_plan.account.projects.push((name.clone(), view));
            }
        }
        Ok(())
    }

    /// An existing scope, or a new one of the same graph.
    pub(super) fn find_scope(
        &self,
        graph_plan: &PlannedGraph,
        level: Level,
        reference: &EntityReference,
    ) -> Outcome<OwnedScope> {
        let created = match level {
            Level::Organization => &graph_plan.organizations,
            Level::Workspace => &graph_plan.workspaces,
            Level::Project => &graph_plan.projects,
        };
        if let EntityReference::InGraph(index) = reference {
            return created.get(*index).copied().ok_or_else(inconsistent_plan);
        }
        let existing = self.existing;
        let id = match (level, reference) {
            (Level::Organization, EntityReference::Slug(slug)) => {
                existing.slugs.get(slug).map(|id| id.uuid())
            }
            (_, EntityReference::Id(id)) => Some(*id),
            _ => None,
        };
        let scope = id.and_then(|id| match level {
            Level::Organization => {
                let organization = Id::new(id);
                let owner = existing.owners.get(&organization)?;
                Some(organization_scope(organization, *owner))
            }
            Level::Workspace => {
                let workspace = existing.workspaces.get(&Id::new(id))?;
                Some(workspace_scope(
                    workspace.workspace,
                    workspace.organization,
                    workspace.owner,
                ))
            }
            Level::Project => {
                let project = existing.projects.get(&Id::new(id))?;
                Some(OwnedScope {
                    organization: project.organization,
                    owner: project.owner,
                    scope: project_scope(Id::new(id), project.workspace),
                })
            }
        });
        scope.ok_or_else(|| reference.not_found(entity_kind(level)).into())
    }
}

fn organization_scope(organization: Id<Organization>, owner: Id<User>) -> OwnedScope {
    let scope_id = organization.uuid();
    OwnedScope {
        organization,
        owner,
        scope: MembershipScope {
            level: Level::Organization,
            scope_id,
            parent_id: scope_id,
        },
    }
}

fn workspace_scope(
    workspace: Id<Workspace>,
    organization: Id<Organization>,
    owner: Id<User>,
) -> OwnedScope {
    OwnedScope {
        organization,
        owner,
        scope: MembershipScope {
            level: Level::Workspace,
            scope_id: workspace.uuid(),
            parent_id: organization.uuid(),
        },
    }
}

/// Which projects of a request become the default of their workspace.
#[derive(Default)]
struct DefaultProjects {
    /// Workspaces for which the request names a default project.
    requested: HashMap<Uuid, bool>,
    /// Workspaces whose first new project was seen.
    seen: HashSet<Uuid>,
}

impl DefaultProjects {
    /// Adds a project of the request. Returns false if the request names a second default
    /// project.
    fn add(&mut self, workspace: MembershipScope, is_requested: bool) -> bool {
        let requested = self.requested.entry(workspace.scope_id).or_default();
        let is_valid = !(*requested && is_requested);
        *requested |= is_requested;
        is_valid
    }

    /// Whether a project becomes the default: the requested one, or else the
    /// first of a workspace without a default project.
    fn is_default(
        &mut self,
        workspace: MembershipScope,
        is_requested: bool,
        had_default: bool,
    ) -> bool {
        let is_first = self.seen.insert(workspace.scope_id);
        let another = self.requested.get(&workspace.scope_id).copied();
        is_requested || (is_first && !another.unwrap_or(false) && !had_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(requested: &[bool], had_default: bool) -> Option<Vec<bool>> {
        let scope = project_scope(Id::new(Uuid::nil()), Id::new(Uuid::nil()));
        let mut defaults = DefaultProjects::default();
        if !requested
            .iter()
            .all(|requested| defaults.add(scope, *requested))
        {
            return None;
        }
        let is = requested
            .iter()
            .map(|requested| defaults.is_default(scope, *requested, had_default));
        Some(is.collect())
    }

    #[test]
    fn a_workspace_has_one_default_project() {
        assert_eq!(defaults(&[false, false], false), Some(vec![true, false]));
        assert_eq!(defaults(&[false, true], false), Some(vec![false, true]));
        assert_eq!(defaults(&[false, false], true), Some(vec![false, false]));
        assert_eq!(defaults(&[false, true], true), Some(vec![false, true]));
        assert_eq!(defaults(&[true, true], true), None);
    }
}
