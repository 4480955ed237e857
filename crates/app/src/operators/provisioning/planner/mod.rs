//! The plan of a request: all rows and events that its graphs need, and the
//! output, or the refusal. Nothing is read or written here.
//!
//! Users are planned in `users`, organizations, workspaces and projects in
//! `scopes`, memberships in `memberships`, logins and API keys in
//! `credentials`.

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
use scopes::OwnedScope;

/// A user that the request refers to or creates.
#[derive(Debug)]
pub(super) struct PlannedUser {
    pub(super) record: UserRecord,
    /// Whether the user existed before the request.
    pub(super) existed: bool,
    has_password: bool,
    /// Whether the request marks the address as verified.
    pub(super) email_verified: bool,
}

/// The plan of one graph.
#[derive(Debug, Default)]
pub(super) struct PlannedGraph {
    /// The graph's users, as indexes into [`Planner::users`].
    users: Vec<usize>,
    organizations: Vec<OwnedScope>,
    workspaces: Vec<OwnedScope>,
    projects: Vec<OwnedScope>,
    /// The outcome and the organization of each membership, by level, in the
    /// order of the output.
    membership_outcomes: [Vec<(MembershipOutcome, Id<Organization>)>; 3],
    /// The organization of each API key.
    api_key_organizations: Vec<Id<Organization>>,
    pub(super) account: ProvisionedAccount,
}

impl PlannedGraph {
    /// A level's memberships in the output, and their outcomes.
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

    /// The same, for reading.
    fn membership_outcomes_at(
        &self,
        level: Level,
    ) -> impl Iterator<Item = (&MembershipView, &MembershipOutcome, Id<Organization>)> {
        let [organization, workspace, project] = &self.membership_outcomes;
        let account = &self.account;
        let (views, outcomes) = match level {
            Level::Organization => (&account.organization_members, organization),
            Level::Workspace => (&account.workspace_members, workspace),
            Level::Project => (&account.project_members, project),
        };
        let views = views.iter().map(|(_, view)| view);
        views
            .zip(outcomes)
            .map(|(view, (outcome, organization))| (view, outcome, *organization))
    }
}

/// Plans graphs, and collects the rows.
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
    /// Workspaces that get another default project.
    pub(super) cleared_defaults: Vec<Id<Workspace>>,
    pub(super) identities: Vec<IdentityRow>,
    pub(super) passwords: Vec<(Id<User>, String)>,
    pub(super) api_keys: Vec<ApiKeyRow>,
    /// Existing users without a `uid` who get one.
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

    /// Plans all graphs.
    ///
    /// # Errors
    /// The refusal of the first part that cannot be created.
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

/// A failure that means a bug: all indexes come from the same plan.
fn inconsistent_plan() -> Failure {
    crate::command::Fault::Internal("a part of a graph is missing in its plan".to_owned()).into()
}
