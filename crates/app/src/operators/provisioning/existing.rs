//! What is there already of all that graphs name, looked up at once: a handful
//! of statements, however many graphs. What is going to be changed is held
//! first, users before organizations, each in the order of their ids.

use std::collections::{HashMap, HashSet};

use freehold_domain::{Id, Level, Membership, Organization, Project, User, Workspace};
use freehold_store::{EntityReferences, ExistingEntity, ExistingUser};
use uuid::Uuid;

use super::graph::Existing;
use super::prepare::{Person, Prepared};
use super::references::Pick;
use crate::command::{Outcome, UnitOfWork};
use crate::runtime::App;

/// Which place, and who.
pub(super) type SeatKey = (Level, Uuid, Id<User>);

/// What is there.
#[derive(Debug, Default)]
pub(crate) struct Known {
    users: Vec<ExistingUser>,
    by_email: HashMap<String, usize>,
    by_id: HashMap<Id<User>, usize>,
    /// Organizations and their owners.
    pub(super) owners: HashMap<Id<Organization>, Id<User>>,
    pub(super) slugs: HashMap<String, Id<Organization>>,
    pub(super) workspaces: HashMap<Id<Workspace>, ExistingEntity>,
    pub(super) projects: HashMap<Id<Project>, ExistingEntity>,
    pub(super) members: HashMap<SeatKey, (Id<Membership>, String)>,
    /// Of those workspaces in which somebody gets a role.
    pub(super) projects_in: HashMap<Id<Workspace>, Vec<Id<Project>>>,
    /// Of those workspaces in which a project is made.
    pub(super) members_in: HashMap<Id<Workspace>, Vec<(Id<User>, String)>>,
}

impl Known {
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

    fn add_places(&mut self, places: Vec<ExistingEntity>) {
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
    fn user(&self, graph: &Prepared, pick: &Pick) -> Option<Id<User>> {
        let known = match pick {
            Pick::Part(number) => match graph.people.get(*number).map(|(_, person)| person)? {
                Person::Known(pick) => return self.user(graph, pick),
                Person::Given(email, _) => self.by_email(email.as_str()),
            },
            Pick::Id(id) => self.by_id(Id::new(*id)),
            Pick::Email(email) => self.by_email(email.as_str()),
            Pick::Slug(_) => None,
        };
        known.map(|known| known.user.id)
    }

    fn organization(&self, pick: &Pick) -> Option<Id<Organization>> {
        match pick {
            Pick::Id(id) => Some(Id::new(*id)).filter(|id| self.owners.contains_key(id)),
            Pick::Slug(slug) => self.slugs.get(slug).copied(),
            Pick::Part(_) | Pick::Email(_) => None,
        }
    }

    fn workspace(&self, pick: &Pick) -> Option<&ExistingEntity> {
        match pick {
            Pick::Id(id) => self.workspaces.get(&Id::new(*id)),
            Pick::Part(_) | Pick::Slug(_) | Pick::Email(_) => None,
        }
    }

    /// The organization, if it is there, of a place that may not be.
    fn organization_of(
        &self,
        graph: &Prepared,
        level: Level,
        pick: &Pick,
    ) -> Option<Id<Organization>> {
        match (level, pick) {
            (Level::Organization, pick) => self.organization(pick),
            (Level::Workspace, Pick::Part(number)) => {
                self.organization(&graph.workspaces.get(*number)?.1.organization)
            }
            (Level::Workspace, pick) => Some(self.workspace(pick)?.organization),
            (Level::Project, Pick::Part(number)) => {
                let project = &graph.projects.get(*number)?.1;
                self.organization_of(graph, Level::Workspace, &project.workspace)
            }
            (Level::Project, Pick::Id(id)) => Some(self.projects.get(&Id::new(*id))?.organization),
            (Level::Project, Pick::Slug(_) | Pick::Email(_)) => None,
        }
    }
}

/// All names of a request, by kind.
#[derive(Default)]
struct Asked<'a> {
    emails: Vec<&'a freehold_domain::Email>,
    users: Vec<Id<User>>,
    places: EntityReferences,
    /// Whether there may be users to hold.
    holds_users: bool,
    /// Whether there may be organizations to hold.
    holds_places: bool,
}

impl<'a> Asked<'a> {
    fn of(prepared: &'a [Prepared]) -> Self {
        let mut asked = Self::default();
        for graph in prepared {
            asked.graph(graph);
        }
        asked
    }

    fn graph(&mut self, graph: &'a Prepared) {
        for (_, person) in &graph.people {
            match person {
                Person::Known(pick) => self.user(pick),
                Person::Given(email, _) => {
                    self.emails.push(email);
                    self.holds_users |= graph.wanted.existing == Existing::Reused;
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
                self.place(level, &member.place);
                self.user(&member.user);
            }
        }
        for (_, key) in &graph.api_keys {
            self.place(Level::Project, &key.project);
            self.user(&key.user);
        }
    }

    fn user(&mut self, pick: &'a Pick) {
        match pick {
            Pick::Id(id) => self.users.push(Id::new(*id)),
            Pick::Email(email) => self.emails.push(email),
            Pick::Part(_) | Pick::Slug(_) => return,
        }
        self.holds_users = true;
    }

    fn place(&mut self, level: Level, pick: &Pick) {
        match (level, pick) {
            (Level::Organization, Pick::Id(id)) => self.places.organizations.push(Id::new(*id)),
            (Level::Workspace, Pick::Id(id)) => self.places.workspaces.push(Id::new(*id)),
            (Level::Project, Pick::Id(id)) => self.places.projects.push(Id::new(*id)),
            (_, Pick::Slug(slug)) => self.places.slugs.push(slug.clone()),
            (_, Pick::Part(_) | Pick::Email(_)) => return,
        }
        self.holds_places = true;
    }
}

/// What has to be known of who is where.
#[derive(Default)]
struct Inside {
    pairs: HashSet<(Id<User>, Id<Organization>)>,
    /// Whose projects have to be known.
    joined: HashSet<Id<Workspace>>,
    /// Whose members have to be known.
    filled: HashSet<Id<Workspace>>,
}

impl Inside {
    fn of(prepared: &[Prepared], known: &Known) -> Self {
        let mut inside = Self::default();
        for graph in prepared {
            inside.graph(graph, known);
        }
        inside
    }

    fn graph(&mut self, graph: &Prepared, known: &Known) {
        for level in Level::ALL {
            for (_, member) in graph.members(level) {
                self.pair(graph, known, level, &member.place, &member.user);
                if level == Level::Workspace
                    && let Some(workspace) = known.workspace(&member.place)
                {
                    self.joined.insert(workspace.workspace);
                }
            }
        }
        for (_, key) in &graph.api_keys {
            self.pair(graph, known, Level::Project, &key.project, &key.user);
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
        self.filled.extend(workspaces.map(|it| it.workspace));
    }

    fn pair(&mut self, graph: &Prepared, known: &Known, level: Level, place: &Pick, user: &Pick) {
        let organization = known.organization_of(graph, level, place);
        if let (Some(user), Some(organization)) = (known.user(graph, user), organization) {
            self.pairs.insert((user, organization));
        }
    }
}

impl App {
    /// Looks up all that `prepared` names. One read where only new people with
    /// new organizations are asked for.
    pub(crate) async fn look_up_accounts(
        &self,
        work: &mut UnitOfWork<'_>,
        prepared: &[Prepared],
    ) -> Outcome<Known> {
        let asked = Asked::of(prepared);
        let mut known = Known::default();
        let tx = &mut work.tx;
        if asked.holds_users {
            tx.lock_users(asked.emails.iter().copied(), &asked.users);
        }
        if asked.holds_places {
            tx.lock_organizations(&asked.places);
        }
        if !asked.emails.is_empty() {
            let users = tx
                .existing_users_by_email(asked.emails.iter().copied())
                .await?;
            known.add_users(users);
        }
        if !asked.users.is_empty() {
            known.add_users(tx.existing_users_by_id(&asked.users).await?);
        }
        if !asked.places.is_empty() {
            known.add_places(tx.existing_entities(&asked.places).await?);
        }
        let inside = Inside::of(prepared, &known);
        if !inside.pairs.is_empty() {
            for row in tx.existing_memberships(inside.pairs.into_iter()).await? {
                let key = (row.level, row.scope_id, row.user);
                known.members.insert(key, (row.id, row.role));
            }
        }
        if !inside.joined.is_empty() {
            let joined: Vec<_> = inside.joined.into_iter().collect();
            for (workspace, project) in tx.projects_in(&joined).await? {
                known
                    .projects_in
                    .entry(workspace)
                    .or_default()
                    .push(project);
            }
        }
        if !inside.filled.is_empty() {
            let filled: Vec<_> = inside.filled.into_iter().collect();
            for (workspace, user, role) in tx.members_in(&filled).await? {
                let members = known.members_in.entry(workspace).or_default();
                members.push((user, role));
            }
        }
        Ok(known)
    }
}
