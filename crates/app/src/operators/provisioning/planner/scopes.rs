//! Where things are: places that are there, and places that the request makes,
//! with their owner in each of them.

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
    DEFAULT_TYPE, InitialContentChoice, OrganizationFields, ProjectFields, WorkspaceFields,
};

/// Where a place is, whose, and what is to be known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CreationRows {
    pub(super) organization: Id<Organization>,
    pub(super) owner: Id<User>,
    /// Of a place of the level, and of what it is in.
    pub(super) scope: MembershipScope,
}

impl CreationRows {
    /// The organization.
    pub(super) fn outermost(&self) -> MembershipScope {
        organization_scope(self.organization, self.owner).scope
    }

    /// What a project is in.
    pub(super) fn around(&self) -> MembershipScope {
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
            let (id, membership) = self.creations.organization(OrganizationFields {
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
            let CreationRows {
                organization,
                owner,
                ..
            } = parent;
            let scaffold = match &new.organization {
                EntityReference::InGraph(index) => graph.organizations.get(*index),
                _ => None,
            };
            let first =
                scaffold.is_some_and(|(_, it)| it.scaffold) && scaffolded.insert(organization);
            self.membership_plan
                .ensure(parent.scope, owner, Role::Owner);
            let (id, membership) = self.creations.workspace(WorkspaceFields {
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

    /// All graphs at once: a workspace has one default project, whoever asks.
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
                if !defaults.note(workspace.scope, new.is_default) {
                    let problem =
                        "the workspace has one default project; another one of this request is it.";
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
                let CreationRows {
                    organization,
                    owner,
                    scope,
                } = workspace;
                let workspace = Id::new(scope.scope_id);
                let there = self.existing.workspaces.get(&workspace);
                let had_default = there.is_some_and(|it| it.has_default);
                let is_default = defaults.is(scope, new.is_default, had_default);
                if is_default && had_default {
                    self.cleared_defaults.push(workspace);
                }
                self.membership_plan.ensure(scope, owner, Role::Owner);
                let (id, membership) = self.creations.project(ProjectFields {
                    name: new.name.clone(),
                    is_default,
                    workspace,
                    organization,
                    creator: owner,
                    initial_content,
                });
                self.new_projects.entry(workspace).or_default().push(id);
                let owned = CreationRows {
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

    /// A place that is there, or that is made by the same graph.
    pub(super) fn find_scope(
        &self,
        graph_plan: &PlannedGraph,
        level: Level,
        pick: &EntityReference,
    ) -> Outcome<CreationRows> {
        let made = match level {
            Level::Organization => &graph_plan.organizations,
            Level::Workspace => &graph_plan.workspaces,
            Level::Project => &graph_plan.projects,
        };
        if let EntityReference::InGraph(index) = pick {
            return made.get(*index).copied().ok_or_else(inconsistent_plan);
        }
        let known = self.existing;
        let id = match (level, pick) {
            (Level::Organization, EntityReference::Slug(slug)) => {
                known.slugs.get(slug).map(|id| id.uuid())
            }
            (_, EntityReference::Id(id)) => Some(*id),
            _ => None,
        };
        let found = id.and_then(|id| match level {
            Level::Organization => {
                let organization = Id::new(id);
                let owner = known.owners.get(&organization)?;
                Some(organization_scope(organization, *owner))
            }
            Level::Workspace => {
                let it = known.workspaces.get(&Id::new(id))?;
                Some(workspace_scope(it.workspace, it.organization, it.owner))
            }
            Level::Project => {
                let it = known.projects.get(&Id::new(id))?;
                Some(CreationRows {
                    organization: it.organization,
                    owner: it.owner,
                    scope: project_scope(Id::new(id), it.workspace),
                })
            }
        });
        found.ok_or_else(|| pick.not_found(entity_kind(level)).into())
    }
}

fn organization_scope(organization: Id<Organization>, owner: Id<User>) -> CreationRows {
    let scope_id = organization.uuid();
    CreationRows {
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
) -> CreationRows {
    CreationRows {
        organization,
        owner,
        scope: MembershipScope {
            level: Level::Workspace,
            scope_id: workspace.uuid(),
            parent_id: organization.uuid(),
        },
    }
}

/// Which of a request's projects become the defaults of their workspaces.
#[derive(Default)]
struct DefaultProjects {
    /// Whether one of the request is said to be it.
    said: HashMap<Uuid, bool>,
    /// Workspaces whose first project was seen.
    seen: HashSet<Uuid>,
}

impl DefaultProjects {
    /// Whether this can be beside what was noted before.
    fn note(&mut self, workspace: MembershipScope, said: bool) -> bool {
        let known = self.said.entry(workspace.scope_id).or_default();
        let fits = !(*known && said);
        *known |= said;
        fits
    }

    /// The one that is said to be it; without one, the first of a workspace
    /// that has none.
    fn is(&mut self, workspace: MembershipScope, said: bool, had_default: bool) -> bool {
        let first = self.seen.insert(workspace.scope_id);
        let some = self.said.get(&workspace.scope_id).copied().unwrap_or(false);
        said || (first && !some && !had_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(said: &[bool], had_default: bool) -> Option<Vec<bool>> {
        let scope = project_scope(Id::new(Uuid::nil()), Id::new(Uuid::nil()));
        let mut defaults = DefaultProjects::default();
        if !said.iter().all(|said| defaults.note(scope, *said)) {
            return None;
        }
        let is = said
            .iter()
            .map(|said| defaults.is(scope, *said, had_default));
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
