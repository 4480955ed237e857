//! What is going to be, of all that graphs ask for: every row, every event and
//! the answer, or the refusal. Nothing is written here, and nothing is read
//! that was not looked up before.
//!
//! Who is meant is in `users`, where it is in `creations`; who gets in is in
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

use super::existing::ExistingEntities;
use super::graph::Parts;
use super::prepare::PreparedGraph;
use super::result::{MembershipView, ProvisionedAccount};
use crate::command::{Failure, Outcome};
use crate::operators::Operator;
use crate::organizations::CreationBatch;
use crate::runtime::App;
use membership_plan::{MembershipOutcome, MembershipPlan};
use scopes::CreationRows;

/// A user of the request.
#[derive(Debug)]
pub(super) struct PlannedUser {
    pub(super) record: UserRecord,
    /// Whether they were there before the request.
    pub(super) existed: bool,
    has_password: bool,
    /// Whether the request says that the address is theirs.
    pub(super) email_verified: bool,
}

/// One graph, as far as it is decided.
#[derive(Debug, Default)]
pub(super) struct PlannedGraph {
    /// Its people, by their numbers in [`Planner::users`].
    users: Vec<usize>,
    organizations: Vec<CreationRows>,
    workspaces: Vec<CreationRows>,
    projects: Vec<CreationRows>,
    /// What became of its memberships, level by level, in the order of the
    /// answer; and in which organizations they are.
    membership_outcomes: [Vec<(MembershipOutcome, Id<Organization>)>; 3],
    /// Where its keys are good.
    count_api_keys_in: Vec<Id<Organization>>,
    pub(super) account: ProvisionedAccount,
}

impl PlannedGraph {
    /// A level's memberships in the answer, and what became of them.
    fn memberships_mut(
        &mut self,
        level: Level,
    ) -> (
        &mut Parts<MembershipView>,
        &mut Vec<(MembershipOutcome, Id<Organization>)>,
    ) {
        let [organization, workspace, project] = &mut self.membership_outcomes;
        let account = &mut self.account;
        match level {
            Level::Organization => (&mut account.organization_members, organization),
            Level::Workspace => (&mut account.workspace_members, workspace),
            Level::Project => (&mut account.project_members, project),
        }
    }

    /// The same, to be told of.
    fn membership_outcomes_at(
        &self,
        level: Level,
    ) -> impl Iterator<Item = (&MembershipView, &MembershipOutcome, Id<Organization>)> {
        let [organization, workspace, project] = &self.membership_outcomes;
        let account = &self.account;
        let (views, membership_outcomes) = match level {
            Level::Organization => (&account.organization_members, organization),
            Level::Workspace => (&account.workspace_members, workspace),
            Level::Project => (&account.project_members, project),
        };
        let views = views.iter().map(|(_, view)| view);
        views
            .zip(membership_outcomes)
            .map(|(view, (membership_outcomes, organization))| {
                (view, membership_outcomes, *organization)
            })
    }
}

/// Deciding, and what is decided.
pub(super) struct Planner<'a> {
    app: &'a App,
    now: Timestamp,
    operator: &'a Operator,
    existing: &'a ExistingEntities,
    pub(super) users: Vec<PlannedUser>,
    by_email: HashMap<String, usize>,
    by_id: HashMap<Id<User>, usize>,
    claimed_slugs: HashSet<&'a str>,
    new_projects: HashMap<Id<Workspace>, Vec<Id<Project>>>,
    pub(super) creations: CreationBatch<'a>,
    pub(super) membership_plan: MembershipPlan<'a>,
    /// Workspaces whose default project is another one now.
    pub(super) cleared_defaults: Vec<Id<Workspace>>,
    pub(super) identities: Vec<IdentityRow>,
    pub(super) passwords: Vec<(Id<User>, String)>,
    pub(super) api_keys: Vec<ApiKeyRow>,
    /// Users of others' making who become their own provider's.
    pub(super) users_without_uid: Vec<Id<User>>,
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        app: &'a App,
        now: Timestamp,
        operator: &'a Operator,
        existing: &'a ExistingEntities,
    ) -> Self {
        Self {
            app,
            now,
            operator,
            existing,
            users: Vec::new(),
            by_email: HashMap::new(),
            by_id: HashMap::new(),
            claimed_slugs: HashSet::new(),
            new_projects: HashMap::new(),
            creations: app.creation_batch(now),
            membership_plan: MembershipPlan::new(existing, app.random(), now),
            cleared_defaults: Vec::new(),
            identities: Vec::new(),
            passwords: Vec::new(),
            api_keys: Vec::new(),
            users_without_uid: Vec::new(),
        }
    }

    /// Decides all of it.
    ///
    /// # Errors
    /// The first thing that cannot be.
    pub(super) fn plan(&mut self, prepared: &'a [PreparedGraph]) -> Outcome<Vec<PlannedGraph>> {
        let mut planned: Vec<PlannedGraph> = Vec::with_capacity(prepared.len());
        for graph in prepared {
            let mut graph_plan = PlannedGraph::default();
            self.plan_users(graph, &mut graph_plan)?;
            planned.push(graph_plan);
        }
        for (graph, graph_plan) in prepared.iter().zip(&mut planned) {
            self.plan_organizations(graph, graph_plan)?;
            self.plan_workspaces(graph, graph_plan)?;
        }
        self.plan_projects(prepared, &mut planned)?;
        for (graph, graph_plan) in prepared.iter().zip(&mut planned) {
            self.plan_logins(graph, graph_plan)?;
            for level in Level::ALL {
                self.plan_memberships(graph, graph_plan, level)?;
            }
        }
        self.membership_plan.propagate(&self.new_projects);
        for (graph, graph_plan) in prepared.iter().zip(&mut planned) {
            self.plan_api_keys(graph, graph_plan)?;
            for ((name, _), index) in graph.users.iter().zip(&graph_plan.users) {
                let user = self.user(*index)?;
                let record = user.record.clone();
                graph_plan.account.users.push((name.clone(), record));
            }
        }
        Ok(planned)
    }

    fn user(&self, index: usize) -> Outcome<&PlannedUser> {
        self.users.get(index).ok_or_else(inconsistent_plan)
    }
}

/// Numbers lead to what was counted.
fn inconsistent_plan() -> Failure {
    crate::command::Fault::Internal("a part of a graph was lost".to_owned()).into()
}
