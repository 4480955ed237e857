//! What is there already of all that graphs name, looked up at once: a handful
//! of statements, however many graphs. What is going to be changed is held
//! first, users before organizations, each in the order of their ids.

use std::collections::{HashMap, HashSet};

use freehold_domain::{Id, Level, Membership, Organization, Project, User, Workspace};
use freehold_store::{EntityReferences, ExistingEntity, ExistingUser};
use uuid::Uuid;

use super::graph::ExistingUserPolicy;
use super::prepare::{PreparedGraph, PreparedUser};
use super::references::EntityReference;
use crate::command::{Outcome, UnitOfWork};
use crate::runtime::App;

/// Which place, and who.
pub(super) type MembershipKey = (Level, Uuid, Id<User>);

/// What is there.
#[derive(Debug, Default)]
pub(crate) struct ExistingEntities {
    users: Vec<ExistingUser>,
    by_email: HashMap<String, usize>,
    by_id: HashMap<Id<User>, usize>,
    /// Organizations and their owners.
    pub(super) owners: HashMap<Id<Organization>, Id<User>>,
    pub(super) slugs: HashMap<String, Id<Organization>>,
    pub(super) workspaces: HashMap<Id<Workspace>, ExistingEntity>,
    pub(super) projects: HashMap<Id<Project>, ExistingEntity>,
    pub(super) members: HashMap<MembershipKey, (Id<Membership>, String)>,
    /// Of those workspaces in which somebody gets a role.
    pub(super) projects_in: HashMap<Id<Workspace>, Vec<Id<Project>>>,
    /// Of those workspaces in which a project is made.
    pub(super) members_in: HashMap<Id<Workspace>, Vec<(Id<User>, String)>>,
}

impl ExistingEntities {
    /// Whether a user has this normalised address.
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
        for known in users {
            let number = self.users.len();
            self.by_email.insert(known.user.email.clone(), number);
            self.by_id.insert(known.user.id, number);
            self.users.push(known);
        }
    }

    fn add_entities(&mut self, places: Vec<ExistingEntity>) {
        for place in places {
            self.owners.insert(place.organization, place.owner);
            match place.level {
                Level::Organization => {
                    if let Some(slug) = place.slug {
                        self.slugs.insert(slug, place.organization);
                    }
                }
                Level::Workspace => {
                    self.workspaces.insert(Id::new(place.id), place);
                }
                Level::Project => {
                    self.projects.insert(Id::new(place.id), place);
                }
            }
        }
    }

    /// Somebody who is there.
    fn user(&self, graph: &PreparedGraph, pick: &EntityReference) -> Option<Id<User>> {
        let known = match pick {
            EntityReference::InGraph(number) => {
                match graph.users.get(*number).map(|(_, user)| user)? {
                    PreparedUser::Existing(pick) => return self.user(graph, pick),
                    PreparedUser::New(email, _) => self.by_email(email.as_str()),
                }
            }
            EntityReference::Id(id) => self.by_id(Id::new(*id)),
            EntityReference::Email(email) => self.by_email(email.as_str()),
            EntityReference::Slug(_) => None,
        };
        known.map(|known| known.user.id)
    }

    fn organization(&self, pick: &EntityReference) -> Option<Id<Organization>> {
        match pick {
            EntityReference::Id(id) => Some(Id::new(*id)).filter(|id| self.owners.contains_key(id)),
            EntityReference::Slug(slug) => self.slugs.get(slug).copied(),
            EntityReference::InGraph(_) | EntityReference::Email(_) => None,
        }
    }

    fn workspace(&self, pick: &EntityReference) -> Option<&ExistingEntity> {
        match pick {
            EntityReference::Id(id) => self.workspaces.get(&Id::new(*id)),
            EntityReference::InGraph(_) | EntityReference::Slug(_) | EntityReference::Email(_) => {
                None
            }
        }
    }

    /// The organization, if it is there, of a place that may not be.
    fn organization_of(
        &self,
        graph: &PreparedGraph,
        level: Level,
        pick: &EntityReference,
    ) -> Option<Id<Organization>> {
        match (level, pick) {
            (Level::Organization, pick) => self.organization(pick),
            (Level::Workspace, EntityReference::InGraph(number)) => {
                self.organization(&graph.workspaces.get(*number)?.1.organization)
            }
            (Level::Workspace, pick) => Some(self.workspace(pick)?.organization),
            (Level::Project, EntityReference::InGraph(number)) => {
                let project = &graph.projects.get(*number)?.1;
                self.organization_of(graph, Level::Workspace, &project.workspace)
            }
            (Level::Project, EntityReference::Id(id)) => {
                Some(self.projects.get(&Id::new(*id))?.organization)
            }
            (Level::Project, EntityReference::Slug(_) | EntityReference::Email(_)) => None,
        }
    }
}

/// All names of a request, by kind.
#[derive(Default)]
struct ReferencedEntities<'a> {
    emails: Vec<&'a freehold_domain::Email>,
    users: Vec<Id<User>>,
    places: EntityReferences,
    /// Whether there may be users to hold.
    locks_users: bool,
    /// Whether there may be organizations to hold.
    locks_organizations: bool,
}

impl<'a> ReferencedEntities<'a> {
    fn of(prepared: &'a [PreparedGraph]) -> Self {
        let mut referenced = Self::default();
        for graph in prepared {
            referenced.graph(graph);
        }
        referenced
    }

    fn graph(&mut self, graph: &'a PreparedGraph) {
        for (_, user) in &graph.users {
            match user {
                PreparedUser::Existing(pick) => self.user(pick),
                PreparedUser::New(email, _) => {
                    self.emails.push(email);
                    self.locks_users |= graph.options.existing == ExistingUserPolicy::Reuse;
                }
            }
        }
        for (_, login) in &graph.identities {
            self.user(&login.user);
        }
        for (_, organization) in &graph.organizations {
            self.user(&organization.owner);
            // Only to know whether it is taken.
            self.places.slugs.extend(organization.slug.clone());
        }
        for (_, workspace) in &graph.workspaces {
            self.place(Level::Organization, &workspace.organization);
        }
        for (_, project) in &graph.projects {
            self.place(Level::Organization, &project.organization);
            self.place(Level::Workspace, &project.workspace);
        }
        for level in Level::ALL {
            for (_, member) in graph.members(level) {
                self.place(level, &member.scope);
                self.user(&member.user);
            }
        }
        for (_, key) in &graph.api_keys {
            self.place(Level::Project, &key.project);
            self.user(&key.user);
        }
    }

    fn user(&mut self, pick: &'a EntityReference) {
        match pick {
            EntityReference::Id(id) => self.users.push(Id::new(*id)),
            EntityReference::Email(email) => self.emails.push(email),
            EntityReference::InGraph(_) | EntityReference::Slug(_) => return,
        }
        self.locks_users = true;
    }

    fn place(&mut self, level: Level, pick: &EntityReference) {
        match (level, pick) {
            (Level::Organization, EntityReference::Id(id)) => {
                self.places.organizations.push(Id::new(*id))
            }
            (Level::Workspace, EntityReference::Id(id)) => {
                self.places.workspaces.push(Id::new(*id))
            }
            (Level::Project, EntityReference::Id(id)) => self.places.projects.push(Id::new(*id)),
            (_, EntityReference::Slug(slug)) => self.places.slugs.push(slug.clone()),
            (_, EntityReference::InGraph(_) | EntityReference::Email(_)) => return,
        }
        self.locks_organizations = true;
    }
}

/// What has to be known of who is where.
#[derive(Default)]
struct MembershipLookup {
    pairs: HashSet<(Id<User>, Id<Organization>)>,
    /// Whose projects have to be known.
    joined_workspaces: HashSet<Id<Workspace>>,
    /// Whose members have to be known.
    extended_workspaces: HashSet<Id<Workspace>>,
}

impl MembershipLookup {
    fn of(prepared: &[PreparedGraph], known: &ExistingEntities) -> Self {
        let mut lookup = Self::default();
        for graph in prepared {
            lookup.graph(graph, known);
        }
        lookup
    }

    fn graph(&mut self, graph: &PreparedGraph, known: &ExistingEntities) {
        for level in Level::ALL {
            for (_, member) in graph.members(level) {
                self.add_pair(graph, known, level, &member.scope, &member.user);
                if level == Level::Workspace
                    && let Some(workspace) = known.workspace(&member.scope)
                {
                    self.joined_workspaces.insert(workspace.workspace);
                }
            }
        }
        for (_, key) in &graph.api_keys {
            self.add_pair(graph, known, Level::Project, &key.project, &key.user);
        }
        // The owner is in all that is made.
        let organizations = graph.workspaces.iter().map(|(_, it)| &it.organization);
        let organizations = organizations.filter_map(|pick| known.organization(pick));
        let workspaces = graph.projects.iter().map(|(_, it)| &it.workspace);
        let workspaces = workspaces.filter_map(|pick| known.workspace(pick));
        for organization in organizations.chain(workspaces.clone().map(|it| it.organization)) {
            let owner = known.owners.get(&organization);
            self.pairs.extend(owner.map(|owner| (*owner, organization)));
        }
        self.extended_workspaces
            .extend(workspaces.map(|it| it.workspace));
    }

    fn add_pair(
        &mut self,
        graph: &PreparedGraph,
        known: &ExistingEntities,
        level: Level,
        place: &EntityReference,
        user: &EntityReference,
    ) {
        let organization = known.organization_of(graph, level, place);
        if let (Some(user), Some(organization)) = (known.user(graph, user), organization) {
            self.pairs.insert((user, organization));
        }
    }
}

impl App {
    /// Looks up all that `prepared` names. One read where only new people with
    /// new organizations are asked for.
    pub(crate) async fn look_up_existing(
        &self,
        work: &mut UnitOfWork<'_>,
        prepared: &[PreparedGraph],
    ) -> Outcome<ExistingEntities> {
        let referenced = ReferencedEntities::of(prepared);
        let mut known = ExistingEntities::default();
        let tx = &mut work.tx;
        if referenced.locks_users {
            tx.lock_users(referenced.emails.iter().copied(), &referenced.users);
        }
        if referenced.locks_organizations {
            tx.lock_organizations(&referenced.places);
        }
        if !referenced.emails.is_empty() {
            let users = tx
                .existing_users_by_email(referenced.emails.iter().copied())
                .await?;
            known.add_users(users);
        }
        if !referenced.users.is_empty() {
            known.add_users(tx.existing_users_by_id(&referenced.users).await?);
        }
        if !referenced.places.is_empty() {
            known.add_entities(tx.existing_entities(&referenced.places).await?);
        }
        let lookup = MembershipLookup::of(prepared, &known);
        if !lookup.pairs.is_empty() {
            for row in tx.existing_memberships(lookup.pairs.into_iter()).await? {
                let key = (row.level, row.scope_id, row.user);
                known.members.insert(key, (row.id, row.role));
            }
        }
        if !lookup.joined_workspaces.is_empty() {
            let joined_workspaces: Vec<_> = lookup.joined_workspaces.into_iter().collect();
            for (workspace, project) in tx.projects_in(&joined_workspaces).await? {
                known
                    .projects_in
                    .entry(workspace)
                    .or_default()
                    .push(project);
            }
        }
        if !lookup.extended_workspaces.is_empty() {
            let extended_workspaces: Vec<_> = lookup.extended_workspaces.into_iter().collect();
            for (workspace, user, role) in tx.members_in(&extended_workspaces).await? {
                let members = known.members_in.entry(workspace).or_default();
                members.push((user, role));
            }
        }
        Ok(known)
    }
}
