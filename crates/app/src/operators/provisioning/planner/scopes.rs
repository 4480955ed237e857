//! Where things are: places that are there, and places that the request makes,
//! with their owner in each of them.

use std::collections::{HashMap, HashSet};

use freehold_domain::{Id, Level, Organization, Role, User, Workspace};
use uuid::Uuid;

use super::super::prepare::Prepared;
use super::super::references::{ORGANIZATIONS, PROJECTS, Pick, kind};
use super::super::result::{OrganizationView, ProjectView, WorkspaceView};
use super::membership_plan::{Where, in_workspace};
use super::{Deciding, Drawn, lost};
use crate::command::Outcome;
use crate::organizations::{
    Content, DEFAULT_TYPE, NewOrganizationPlace, NewProjectPlace, NewWorkspacePlace,
};

/// Where a place is, whose, and what is to be known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CreationRows {
    pub(super) organization: Id<Organization>,
    pub(super) owner: Id<User>,
    /// Of a place of the level, and of what it is in.
    pub(super) at: Where,
}

impl CreationRows {
    /// The organization.
    pub(super) fn outermost(&self) -> Where {
        ground_of_organization(self.organization, self.owner).at
    }

    /// What a project is in.
    pub(super) fn around(&self) -> Where {
        let workspace = Id::new(self.at.within);
        ground_of_workspace(workspace, self.organization, self.owner).at
    }
}

impl<'a> Deciding<'a> {
    pub(super) fn organizations_of(&mut self, graph: &'a Prepared, one: &mut Drawn) -> Outcome<()> {
        for (name, new) in &graph.organizations {
            let owner = self.person(one, &new.owner)?;
            let owner = self.somebody(owner)?.record.id;
            if let Some(slug) = new.slug.as_deref()
                && (self.known.slugs.contains_key(slug) || !self.slugs.insert(slug))
            {
                let spot = graph.spot(ORGANIZATIONS, name);
                let problem = format!("Organization with slug '{slug}' already exists.");
                return Err(spot.conflict("slug", problem).into());
            }
            let (id, membership) = self.places.organization(NewOrganizationPlace {
                name: Some(new.name.clone()),
                slug: new.slug.clone(),
                description: None,
                owner,
            });
            let ground = ground_of_organization(id, owner);
            self.seats.owner(ground.at, owner, membership);
            one.organizations.push(ground);
            let view = OrganizationView {
                id,
                name: Some(new.name.clone()),
                slug: new.slug.clone(),
                owner,
                created_at: Some(self.now),
                updated_at: Some(self.now),
            };
            one.account.organizations.push((name.clone(), view));
        }
        Ok(())
    }

    pub(super) fn workspaces_of(&mut self, graph: &Prepared, one: &mut Drawn) -> Outcome<()> {
        let mut scaffolded = HashSet::new();
        for (name, new) in &graph.workspaces {
            let within = self.place(one, Level::Organization, &new.organization)?;
            let CreationRows {
                organization,
                owner,
                ..
            } = within;
            let scaffold = match &new.organization {
                Pick::Part(number) => graph.organizations.get(*number),
                _ => None,
            };
            let first =
                scaffold.is_some_and(|(_, it)| it.scaffold) && scaffolded.insert(organization);
            self.seats.ensure(within.at, owner, Role::Owner);
            let (id, membership) = self.places.workspace(NewWorkspacePlace {
                name: new.name.clone(),
                kind: first.then_some(DEFAULT_TYPE),
                organization,
                owner,
            });
            let ground = ground_of_workspace(id, organization, owner);
            self.seats.owner(ground.at, owner, membership);
            one.workspaces.push(ground);
            let view = WorkspaceView {
                id,
                name: Some(new.name.clone()),
                organization,
                created_at: Some(self.now),
                updated_at: Some(self.now),
            };
            one.account.workspaces.push((name.clone(), view));
        }
        Ok(())
    }

    /// All graphs at once: a workspace has one default project, whoever asks.
    pub(super) fn projects_of_all(
        &mut self,
        prepared: &[Prepared],
        drawn: &mut [Drawn],
    ) -> Outcome<()> {
        let mut defaults = Defaults::default();
        let mut within = Vec::new();
        for (graph, one) in prepared.iter().zip(&*drawn) {
            for (name, new) in &graph.projects {
                let spot = graph.spot(PROJECTS, name);
                let organization = self.place(one, Level::Organization, &new.organization)?;
                let workspace = self.place(one, Level::Workspace, &new.workspace)?;
                if organization.organization != workspace.organization {
                    let reason = "the workspace is in another organization".to_owned();
                    return Err(spot.invalid_reference("workspace_ref", reason).into());
                }
                if !defaults.note(workspace.at, new.is_default) {
                    let problem =
                        "the workspace has one default project; another one of this request is it.";
                    return Err(spot.invalid("is_default", problem).into());
                }
                within.push(workspace);
            }
        }
        let mut within = within.into_iter();
        for (graph, one) in prepared.iter().zip(drawn) {
            let first = one.people.first().copied();
            let first = first.filter(|_| graph.wanted.seeds);
            let content = match first {
                Some(number) => Content::OfFurther(self.somebody(number)?.record.id),
                None => Content::Empty,
            };
            for ((name, new), workspace) in graph.projects.iter().zip(&mut within) {
                let CreationRows {
                    organization,
                    owner,
                    at,
                } = workspace;
                let workspace = Id::new(at.place);
                let there = self.known.workspaces.get(&workspace);
                let had_default = there.is_some_and(|it| it.has_default);
                let is_default = defaults.is(at, new.is_default, had_default);
                if is_default && had_default {
                    self.cleared.push(workspace);
                }
                self.seats.ensure(at, owner, Role::Owner);
                let (id, membership) = self.places.project(NewProjectPlace {
                    name: new.name.clone(),
                    is_default,
                    workspace,
                    organization,
                    owner,
                    content,
                });
                self.made.entry(workspace).or_default().push(id);
                let ground = CreationRows {
                    organization,
                    owner,
                    at: in_workspace(id, workspace),
                };
                self.seats.owner(ground.at, owner, membership);
                one.projects.push(ground);
                let view = ProjectView {
                    id,
                    name: new.name.clone(),
                    organization,
                    workspace,
                    is_default,
                    created_at: Some(self.now),
                    updated_at: Some(self.now),
                };
                one.account.projects.push((name.clone(), view));
            }
        }
        Ok(())
    }

    /// A place that is there, or that is made by the same graph.
    pub(super) fn place(&self, one: &Drawn, level: Level, pick: &Pick) -> Outcome<CreationRows> {
        let made = match level {
            Level::Organization => &one.organizations,
            Level::Workspace => &one.workspaces,
            Level::Project => &one.projects,
        };
        if let Pick::Part(number) = pick {
            return made.get(*number).copied().ok_or_else(lost);
        }
        let known = self.known;
        let id = match (level, pick) {
            (Level::Organization, Pick::Slug(slug)) => known.slugs.get(slug).map(|id| id.uuid()),
            (_, Pick::Id(id)) => Some(*id),
            _ => None,
        };
        let found = id.and_then(|id| match level {
            Level::Organization => {
                let organization = Id::new(id);
                let owner = known.owners.get(&organization)?;
                Some(ground_of_organization(organization, *owner))
            }
            Level::Workspace => {
                let it = known.workspaces.get(&Id::new(id))?;
                Some(ground_of_workspace(it.workspace, it.organization, it.owner))
            }
            Level::Project => {
                let it = known.projects.get(&Id::new(id))?;
                Some(CreationRows {
                    organization: it.organization,
                    owner: it.owner,
                    at: in_workspace(Id::new(id), it.workspace),
                })
            }
        });
        found.ok_or_else(|| pick.missing(kind(level)).into())
    }
}

fn ground_of_organization(organization: Id<Organization>, owner: Id<User>) -> CreationRows {
    let place = organization.uuid();
    CreationRows {
        organization,
        owner,
        at: Where {
            level: Level::Organization,
            place,
            within: place,
        },
    }
}

fn ground_of_workspace(
    workspace: Id<Workspace>,
    organization: Id<Organization>,
    owner: Id<User>,
) -> CreationRows {
    CreationRows {
        organization,
        owner,
        at: Where {
            level: Level::Workspace,
            place: workspace.uuid(),
            within: organization.uuid(),
        },
    }
}

/// Which of a request's projects become the defaults of their workspaces.
#[derive(Default)]
struct Defaults {
    /// Whether one of the request is said to be it.
    said: HashMap<Uuid, bool>,
    /// Workspaces whose first project was seen.
    begun: HashSet<Uuid>,
}

impl Defaults {
    /// Whether this can be beside what was noted before.
    fn note(&mut self, workspace: Where, said: bool) -> bool {
        let known = self.said.entry(workspace.place).or_default();
        let fits = !(*known && said);
        *known |= said;
        fits
    }

    /// The one that is said to be it; without one, the first of a workspace
    /// that has none.
    fn is(&mut self, workspace: Where, said: bool, had_default: bool) -> bool {
        let first = self.begun.insert(workspace.place);
        let some = self.said.get(&workspace.place).copied().unwrap_or(false);
        said || (first && !some && !had_default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults(said: &[bool], had_default: bool) -> Option<Vec<bool>> {
        let at = in_workspace(Id::new(Uuid::nil()), Id::new(Uuid::nil()));
        let mut defaults = Defaults::default();
        if !said.iter().all(|said| defaults.note(at, *said)) {
            return None;
        }
        let is = said.iter().map(|said| defaults.is(at, *said, had_default));
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
