//! Reads everything that exists of what graphs refer to, with a handful of
//! statements for any number of graphs. What will be changed is locked first:
//! users before organizations, each by id.

use std::collections::{HashMap, HashSet};

use freehold_domain::{Id, Level, Membership, Organization, Project, User, Workspace};
use freehold_store::{EntityReferences, ExistingEntity, ExistingUser};
use uuid::Uuid;

use super::graph::ExistingUserPolicy;
use super::prepare::{PreparedGraph, PreparedUser};
use super::references::EntityReference;
use crate::command::{Outcome, UnitOfWork};
use crate::runtime::App;

/// The level, the scope's id and the user.
pub(super) type MembershipKey = (Level, Uuid, Id<User>);

/// The existing entities.
#[derive(Debug, Default)]
pub(crate) struct ExistingEntities {
    users: Vec<ExistingUser>,
    by_email: HashMap<String, usize>,
    by_id: HashMap<Id<User>, usize>,
    /// The owners of organizations.
    pub(super) owners: HashMap<Id<Organization>, Id<User>>,
    pub(super) slugs: HashMap<String, Id<Organization>>,
    pub(super) workspaces: HashMap<Id<Workspace>, ExistingEntity>,
    pub(super) projects: HashMap<Id<Project>, ExistingEntity>,
    pub(super) members: HashMap<MembershipKey, (Id<Membership>, String)>,
    /// The projects of workspaces in which users get a role.
    pub(super) projects_in: HashMap<Id<Workspace>, Vec<Id<Project>>>,
    /// The members of workspaces that get a new project.
    pub(super) members_in: HashMap<Id<Workspace>, Vec<(Id<User>, String)>>,
}

impl ExistingEntities {
    /// Whether a user has this normalized address.
    pub(crate) fn has_email(&self, email: &str) -> bool {
        self.by_email.contains_key(email)
    }

    /// Whether an organization has this slug.
    pub(crate) fn has_slug(&self, slug: &str) -> bool {
        self.slugs.contains_key(slug)
    }

    pub(super) fn by_email(&self, email: &str) -> Option<&ExistingUser> {
        self.users.get(*self.by_email.get(email)?)
    }

    pub(super) fn by_id(&self, id: Id<User>) -> Option<&ExistingUser> {
        self.users.get(*self.by_id.get(&id)?)
    }

    fn add_users(&mut self, users: Vec<ExistingUser>) {
        for user in users {
            let index = self.users.len();
            self.by_email.insert(user.user.email.clone(), index);
            self.by_id.insert(user.user.id, index);
            self.users.push(user);
        }
    }

    fn add_entities(&mut self, entities: Vec<ExistingEntity>) {
        for entity in entities {
            self.owners.insert(entity.organization, entity.owner);
            match entity.level {
                Level::Organization => {
                    if let Some(slug) = entity.slug {
                        self.slugs.insert(slug, entity.organization);
                    }
                }
                Level::Workspace => {
                    self.workspaces.insert(Id::new(entity.id), entity);
                }
                Level::Project => {
                    self.projects.insert(Id::new(entity.id), entity);
                }
            }
        }
    }

    /// The id of an existing user.
    fn user(&self, graph: &PreparedGraph, reference: &EntityReference) -> Option<Id<User>> {
        let user = match reference {
            EntityReference::InGraph(index) => {
                match graph.users.get(*index).map(|(_, user)| user)? {
                    PreparedUser::Existing(reference) => return self.user(graph, reference),
                    PreparedUser::New(email, _) => self.by_email(email.as_str()),
                }
            }
            EntityReference::Id(id) => self.by_id(Id::new(*id)),
            EntityReference::Email(email) => self.by_email(email.as_str()),
            EntityReference::Slug(_) => None,
        };
        user.map(|user| user.user.id)
    }

    fn organization(&self, reference: &EntityReference) -> Option<Id<Organization>> {
        match reference {
            EntityReference::Id(id) => Some(Id::new(*id)).filter(|id| self.owners.contains_key(id)),
            EntityReference::Slug(slug) => self.slugs.get(slug).copied(),
            EntityReference::InGraph(_) | EntityReference::Email(_) => None,
        }
    }

    fn workspace(&self, reference: &EntityReference) -> Option<&ExistingEntity> {
        match reference {
            EntityReference::Id(id) => self.workspaces.get(&Id::new(*id)),
            EntityReference::InGraph(_) | EntityReference::Slug(_) | EntityReference::Email(_) => {
                None
            }
        }
    }

    /// The organization of a scope, if it exists; the scope itself may not
    /// exist.
    fn organization_of(
        &self,
        graph: &PreparedGraph,
        level: Level,
        reference: &EntityReference,
    ) -> Option<Id<Organization>> {
        match (level, reference) {
            (Level::Organization, reference) => self.organization(reference),
            (Level::Workspace, EntityReference::InGraph(index)) => {
                self.organization(&graph.workspaces.get(*index)?.1.organization)
            }
            (Level::Workspace, reference) => Some(self.workspace(reference)?.organization),
            (Level::Project, EntityReference::InGraph(index)) => {
                let project = &graph.projects.get(*index)?.1;
                self.organization_of(graph, Level::Workspace, &project.workspace)
            }
            (Level::Project, EntityReference::Id(id)) => {
                Some(self.projects.get(&Id::new(*id))?.organization)
            }
            (Level::Project, EntityReference::Slug(_) | EntityReference::Email(_)) => None,
        }
    }
}

/// Everything that the graphs of a request refer to, by kind.
#[derive(Default)]
struct ReferencedEntities<'a> {
    emails: Vec<&'a freehold_domain::Email>,
    users: Vec<Id<User>>,
    scopes: EntityReferences,
    /// Whether there may be users to lock.
    locks_users: bool,
    /// Whether there may be organizations to lock.
    locks_organizations: bool,
}

impl<'a> ReferencedEntities<'a> {
    fn of(prepared: &'a [PreparedGraph]) -> Self {
        let mut referenced = Self::default();
        for graph in prepared {
            referenced.add_graph(graph);
        }
        referenced
    }

    fn add_graph(&mut self, graph: &'a PreparedGraph) {
        for (_, user) in &graph.users {
            match user {
                PreparedUser::Existing(reference) => self.add_user(reference),
                PreparedUser::New(email, _) => {
                    self.emails.push(email);
                    self.locks_users |= graph.options.existing == ExistingUserPolicy::Reuse;
                }
            }
        }
        for (_, login) in &graph.identities {
            self.add_user(&login.user);
        }
        for (_, organization) in &graph.organizations {
            self.add_user(&organization.owner);
            // Only to know whether the slug is taken.
            self.scopes.slugs.extend(organization.slug.clone());
        }
        for (_, workspace) in &graph.workspaces {
            self.add_scope(Level::Organization, &workspace.organization);
        }
        for (_, project) in &graph.projects {
            self.add_scope(Level::Organization, &project.organization);
            self.add_scope(Level::Workspace, &project.workspace);
        }
        for level in Level::ALL {
            for (_, member) in graph.members(level) {
                self.add_scope(level, &member.scope);
                self.add_user(&member.user);
            }
        }
        for (_, key) in &graph.api_keys {
            self.add_scope(Level::Project, &key.project);
            self.add_user(&key.user);
        }
    }

    fn add_user(&mut self, reference: &'a EntityReference) {
        match reference {
            EntityReference::Id(id) => self.users.push(Id::new(*id)),
            EntityReference::Email(email) => self.emails.push(email),
            EntityReference::InGraph(_) | EntityReference::Slug(_) => return,
        }
        self.locks_users = true;
    }

    fn add_scope(&mut self, level: Level, reference: &EntityReference) {
        match (level, reference) {
            (Level::Organization, EntityReference::Id(id)) => {
                self.scopes.organizations.push(Id::new(*id));
            }
            (Level::Workspace, EntityReference::Id(id)) => {
                self.scopes.workspaces.push(Id::new(*id));
            }
            (Level::Project, EntityReference::Id(id)) => self.scopes.projects.push(Id::new(*id)),
            (_, EntityReference::Slug(slug)) => self.scopes.slugs.push(slug.clone()),
            (_, EntityReference::InGraph(_) | EntityReference::Email(_)) => return,
        }
        self.locks_organizations = true;
    }
}

/// The memberships that have to be read.
#[derive(Default)]
struct MembershipLookup {
    pairs: HashSet<(Id<User>, Id<Organization>)>,
    /// Workspaces whose projects have to be read.
    joined_workspaces: HashSet<Id<Workspace>>,
    /// Workspaces whose members have to be read.
    extended_workspaces: HashSet<Id<Workspace>>,
}

impl MembershipLookup {
    fn of(prepared: &[PreparedGraph], existing: &ExistingEntities) -> Self {
        let mut lookup = Self::default();
        for graph in prepared {
            lookup.add_graph(graph, existing);
        }
        lookup
    }

    fn add_graph(&mut self, graph: &PreparedGraph, existing: &ExistingEntities) {
        for level in Level::ALL {
            for (_, member) in graph.members(level) {
                self.add_pair(graph, existing, level, &member.scope, &member.user);
                if level == Level::Workspace
                    && let Some(workspace) = existing.workspace(&member.scope)
                {
                    self.joined_workspaces.insert(workspace.workspace);
                }
            }
        }
        for (_, key) in &graph.api_keys {
            self.add_pair(graph, existing, Level::Project, &key.project, &key.user);
        }
        // The owner is a member of everything that is created.
        let organizations = graph
            .workspaces
            .iter()
            .map(|(_, workspace)| &workspace.organization);
        let organizations = organizations.filter_map(|reference| existing.organization(reference));
        let workspaces = graph.projects.iter().map(|(_, project)| &project.workspace);
        let workspaces = workspaces.filter_map(|reference| existing.workspace(reference));
        for organization in
            organizations.chain(workspaces.clone().map(|workspace| workspace.organization))
        {
            let owner = existing.owners.get(&organization);
            self.pairs.extend(owner.map(|owner| (*owner, organization)));
        }
        self.extended_workspaces
            .extend(workspaces.map(|workspace| workspace.workspace));
    }

    fn add_pair(
        &mut self,
        graph: &PreparedGraph,
        existing: &ExistingEntities,
        level: Level,
        scope: &EntityReference,
        user: &EntityReference,
    ) {
        let organization = existing.organization_of(graph, level, scope);
        if let (Some(user), Some(organization)) = (existing.user(graph, user), organization) {
            self.pairs.insert((user, organization));
        }
    }
}

impl App {
    /// Reads everything that `prepared` refers to. This is a single statement
    /// if only new users with new organizations are to be created.
    pub(crate) async fn look_up_existing(
        &self,
        work: &mut UnitOfWork<'_>,
        prepared: &[PreparedGraph],
    ) -> Outcome<ExistingEntities> {
        let referenced = ReferencedEntities::of(prepared);
        let mut existing = ExistingEntities::default();
        let tx = &mut work.tx;
        if referenced.locks_users {
            tx.lock_users(referenced.emails.iter().copied(), &referenced.users);
        }
        if referenced.locks_organizations {
            tx.lock_organizations(&referenced.scopes);
        }
        if !referenced.emails.is_empty() {
            let users = tx
                .existing_users_by_email(referenced.emails.iter().copied())
                .await?;
            existing.add_users(users);
        }
        if !referenced.users.is_empty() {
            existing.add_users(tx.existing_users_by_id(&referenced.users).await?);
        }
        if !referenced.scopes.is_empty() {
            existing.add_entities(tx.existing_entities(&referenced.scopes).await?);
        }
        let lookup = MembershipLookup::of(prepared, &existing);
        if !lookup.pairs.is_empty() {
            for row in tx.existing_memberships(lookup.pairs.into_iter()).await? {
                let key = (row.level, row.scope_id, row.user);
                existing.members.insert(key, (row.id, row.role));
            }
        }
        if !lookup.joined_workspaces.is_empty() {
            let joined_workspaces: Vec<_> = lookup.joined_workspaces.into_iter().collect();
            for (workspace, project) in tx.projects_in(&joined_workspaces).await? {
                existing
                    .projects_in
                    .entry(workspace)
                    .or_default()
                    .push(project);
            }
        }
        if !lookup.extended_workspaces.is_empty() {
            let extended_workspaces: Vec<_> = lookup.extended_workspaces.into_iter().collect();
            for (workspace, user, role) in tx.members_in(&extended_workspaces).await? {
                let members = existing.members_in.entry(workspace).or_default();
                members.push((user, role));
            }
        }
        Ok(existing)
    }
}
