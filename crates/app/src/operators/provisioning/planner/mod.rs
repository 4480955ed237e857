//! What is going to be, of all that graphs ask for: every row, every event and
//! the answer, or the refusal. Nothing is written here, and nothing is read
//! that was not looked up before.
//!
//! Who is meant is in `users`, where it is in `places`; who gets in is in
//! `memberships`, with what they sign in in `credentials`.

mod credentials;
mod events;
mod membership_plan;
mod memberships;
mod scopes;
mod users;

use std::collections::{HashMap, HashSet};

use freehold_domain::{Id, Level, Organization, Project, Timestamp, User, Workspace};
use freehold_store::{ApiKeyRow, IdentityRow, UserRecord};

use super::existing::Known;
use super::graph::Parts;
use super::prepare::Prepared;
use super::result::{Account, MembershipView};
use crate::command::{Failure, Outcome};
use crate::operators::Operator;
use crate::organizations::CreationBatch;
use crate::runtime::App;
use membership_plan::{Given, Seats};
use scopes::CreationRows;

/// A user of the request.
#[derive(Debug)]
pub(super) struct Somebody {
    pub(super) record: UserRecord,
    /// Whether they were there before the request.
    pub(super) existed: bool,
    has_password: bool,
    /// Whether the request says that the address is theirs.
    pub(super) proven: bool,
}

/// One graph, as far as it is decided.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// Its people, by their numbers in [`Deciding::people`].
    people: Vec<usize>,
    organizations: Vec<CreationRows>,
    workspaces: Vec<CreationRows>,
    projects: Vec<CreationRows>,
    /// What became of its memberships, level by level, in the order of the
    /// answer; and in which organizations they are.
    given: [Vec<(Given, Id<Organization>)>; 3],
    /// Where its keys are good.
    count_api_keys_in: Vec<Id<Organization>>,
    pub(super) account: Account,
}

impl Drawn {
    /// A level's memberships in the answer, and what became of them.
    fn members(
        &mut self,
        level: Level,
    ) -> (
        &mut Parts<MembershipView>,
        &mut Vec<(Given, Id<Organization>)>,
    ) {
        let [organization, workspace, project] = &mut self.given;
        let account = &mut self.account;
        match level {
            Level::Organization => (&mut account.organization_members, organization),
            Level::Workspace => (&mut account.workspace_members, workspace),
            Level::Project => (&mut account.project_members, project),
        }
    }

    /// The same, to be told of.
    fn told_members(
        &self,
        level: Level,
    ) -> impl Iterator<Item = (&MembershipView, &Given, Id<Organization>)> {
        let [organization, workspace, project] = &self.given;
        let account = &self.account;
        let (views, given) = match level {
            Level::Organization => (&account.organization_members, organization),
            Level::Workspace => (&account.workspace_members, workspace),
            Level::Project => (&account.project_members, project),
        };
        let views = views.iter().map(|(_, view)| view);
        views
            .zip(given)
            .map(|(view, (given, organization))| (view, given, *organization))
    }
}

/// Deciding, and what is decided.
pub(super) struct Deciding<'a> {
    app: &'a App,
    now: Timestamp,
    operator: &'a Operator,
    known: &'a Known,
    pub(super) people: Vec<Somebody>,
    by_email: HashMap<String, usize>,
    by_id: HashMap<Id<User>, usize>,
    slugs: HashSet<&'a str>,
    made: HashMap<Id<Workspace>, Vec<Id<Project>>>,
    pub(super) places: CreationBatch<'a>,
    pub(super) seats: Seats<'a>,
    /// Workspaces whose default project is another one now.
    pub(super) cleared: Vec<Id<Workspace>>,
    pub(super) identities: Vec<IdentityRow>,
    pub(super) passwords: Vec<(Id<User>, String)>,
    pub(super) keys: Vec<ApiKeyRow>,
    /// Users of others' making who become their own provider's.
    pub(super) linked: Vec<Id<User>>,
}

impl<'a> Deciding<'a> {
    pub(super) fn new(
        app: &'a App,
        now: Timestamp,
        operator: &'a Operator,
        known: &'a Known,
    ) -> Self {
        Self {
            app,
            now,
            operator,
            known,
            people: Vec::new(),
            by_email: HashMap::new(),
            by_id: HashMap::new(),
            slugs: HashSet::new(),
            made: HashMap::new(),
            places: app.new_places(now),
            seats: Seats::new(known, app.chance(), now),
            cleared: Vec::new(),
            identities: Vec::new(),
            passwords: Vec::new(),
            keys: Vec::new(),
            linked: Vec::new(),
        }
    }

    /// Decides all of it.
    ///
    /// # Errors
    /// The first thing that cannot be.
    pub(super) fn decide(&mut self, prepared: &'a [Prepared]) -> Outcome<Vec<Drawn>> {
        let mut drawn: Vec<Drawn> = Vec::with_capacity(prepared.len());
        for graph in prepared {
            let mut one = Drawn::default();
            self.people_of(graph, &mut one)?;
            drawn.push(one);
        }
        for (graph, one) in prepared.iter().zip(&mut drawn) {
            self.organizations_of(graph, one)?;
            self.workspaces_of(graph, one)?;
        }
        self.projects_of_all(prepared, &mut drawn)?;
        for (graph, one) in prepared.iter().zip(&mut drawn) {
            self.logins_of(graph, one)?;
            for level in Level::ALL {
                self.members_of(graph, one, level)?;
            }
        }
        self.seats.settle(&self.made);
        for (graph, one) in prepared.iter().zip(&mut drawn) {
            self.keys_of(graph, one)?;
            for ((name, _), number) in graph.people.iter().zip(&one.people) {
                let somebody = self.somebody(*number)?;
                let record = somebody.record.clone();
                one.account.users.push((name.clone(), record));
            }
        }
        Ok(drawn)
    }

    fn somebody(&self, number: usize) -> Outcome<&Somebody> {
        self.people.get(number).ok_or_else(lost)
    }
}

/// Numbers lead to what was counted.
fn lost() -> Failure {
    crate::command::Fault::Internal("a part of a graph was lost".to_owned()).into()
}
