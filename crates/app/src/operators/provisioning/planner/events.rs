//! What the audit trail and the extensions hear of a graph: one event for each
//! part that was made. An organization that comes with all that belongs to it,
//! for a new user, is told of in two.

use std::collections::{HashMap, HashSet};

use freehold_domain::{AuditAction, Id, Level, Organization, User};
use serde_json::{Value, json};

use super::super::prepare::PreparedGraph;
use super::membership_plan::MembershipOutcome;
use super::{PlannedGraph, Planner};
use crate::command::{Event, Outcome};

impl Planner<'_> {
    /// The events of all graphs, in their order.
    pub(in crate::operators::provisioning) fn events(
        &self,
        prepared: &[PreparedGraph],
        planned: &[PlannedGraph],
    ) -> Outcome<Vec<Event>> {
        let mut events = Vec::with_capacity(2 * prepared.len());
        let mut announced_users = HashSet::new();
        for (graph, graph_plan) in prepared.iter().zip(planned) {
            let mut new = HashSet::new();
            for index in &graph_plan.users {
                let user = self.user(*index)?;
                if !user.existed {
                    new.insert(user.record.id);
                }
            }
            let scaffolds = Scaffolds::of(graph, graph_plan, &new);
            for (_, user) in &graph_plan.account.users {
                if new.contains(&user.id) && announced_users.insert(user.id) {
                    events.push(scaffolds.user_created(user.id));
                }
            }
            for (_, login) in &graph_plan.account.identities {
                if !scaffolds.logins.contains_key(&login.user) {
                    let event = Event::new(AuditAction::IdentityCreated, login.user.uuid());
                    let details = json!({ "identity": login.id, "method": login.method });
                    events.push(event.with_details(details));
                }
            }
            scope_events(graph, graph_plan, &scaffolds, &mut events);
            membership_events(graph_plan, &mut events);
            keys(graph_plan, &scaffolds, &mut events);
        }
        Ok(events)
    }
}

/// A graph's organizations that come with all that belongs to them, and what
/// is told of together with them.
#[derive(Default)]
struct Scaffolds<'a> {
    organizations: HashSet<Id<Organization>>,
    /// The first one of each new user.
    first_of_user: HashMap<Id<User>, Id<Organization>>,
    /// The logins of such a user.
    logins: HashMap<Id<User>, Vec<&'a str>>,
    /// The keys that are good there.
    keys: HashMap<Id<Organization>, Vec<&'a str>>,
}

impl<'a> Scaffolds<'a> {
    fn of(graph: &PreparedGraph, graph_plan: &'a PlannedGraph, new: &HashSet<Id<User>>) -> Self {
        let mut scaffolds = Self::default();
        let account = &graph_plan.account;
        let organizations = graph.organizations.iter().zip(&account.organizations);
        for ((_, draft), (_, created)) in organizations {
            if draft.scaffold {
                scaffolds.organizations.insert(created.id);
                if new.contains(&created.owner) {
                    scaffolds
                        .first_of_user
                        .entry(created.owner)
                        .or_insert(created.id);
                }
            }
        }
        for (_, login) in &account.identities {
            if scaffolds.first_of_user.contains_key(&login.user) {
                let methods = scaffolds.logins.entry(login.user).or_default();
                methods.push(&login.method);
            }
        }
        for ((_, key), organization) in account.api_keys.iter().zip(&graph_plan.count_api_keys_in) {
            if scaffolds.contains(*organization) {
                let prefixes = scaffolds.keys.entry(*organization).or_default();
                prefixes.push(&key.prefix);
            }
        }
        scaffolds
    }

    fn contains(&self, organization: Id<Organization>) -> bool {
        self.organizations.contains(&organization)
    }

    fn user_created(&self, user: Id<User>) -> Event {
        let mut event = Event::new(AuditAction::UserCreated, user.uuid());
        if let Some(organization) = self.first_of_user.get(&user) {
            event = event.in_organization(*organization);
        }
        if let Some(methods) = self.logins.get(&user) {
            event = event.with_details(json!({ "identities": methods }));
        }
        event
    }
}

fn scope_events(
    graph: &PreparedGraph,
    graph_plan: &PlannedGraph,
    scaffolds: &Scaffolds<'_>,
    events: &mut Vec<Event>,
) {
    let account = &graph_plan.account;
    for ((_, new), (_, it)) in graph.organizations.iter().zip(&account.organizations) {
        let mut details = json!({ "owner": it.owner });
        if let Some(plan) = &new.plan {
            details["plan"] = json!(plan);
        }
        if let Some(prefixes) = scaffolds.keys.get(&it.id) {
            details["api_keys"] = json!(prefixes);
        }
        let event =
            Event::new(AuditAction::OrganizationCreated, it.id.uuid()).in_organization(it.id);
        events.push(event.with_details(details));
    }
    let workspaces = account.workspaces.iter().map(|(_, it)| it);
    for it in workspaces.filter(|it| !scaffolds.contains(it.organization)) {
        let event = Event::new(AuditAction::WorkspaceCreated, it.id.uuid());
        let details = json!({ "name": it.name });
        events.push(event.in_organization(it.organization).with_details(details));
    }
    let projects = account.projects.iter().map(|(_, it)| it);
    for it in projects.filter(|it| !scaffolds.contains(it.organization)) {
        let event = Event::new(AuditAction::ProjectCreated, it.id.uuid());
        let details = json!({
            "name": it.name, "workspace": it.workspace, "is_default": it.is_default,
        });
        events.push(event.in_organization(it.organization).with_details(details));
    }
}

fn membership_events(graph_plan: &PlannedGraph, events: &mut Vec<Event>) {
    for level in Level::ALL {
        for (it, outcome, organization) in graph_plan.membership_outcomes_at(level) {
            let (action, from) = match outcome {
                MembershipOutcome::Added => (AuditAction::MemberAdded, None),
                MembershipOutcome::Changed(from) => (AuditAction::MemberRoleChanged, Some(from)),
                MembershipOutcome::Unchanged => continue,
            };
            let mut details = match from {
                None => json!({ "role": it.role }),
                Some(from) => json!({ "from": from, "to": it.role }),
            };
            if level != Level::Organization {
                details[level.as_str()] = Value::String(it.scope_id.to_string());
            }
            let event = Event::new(action, it.user.uuid()).in_organization(organization);
            events.push(event.with_details(details));
        }
    }
}

fn keys(graph_plan: &PlannedGraph, scaffolds: &Scaffolds<'_>, events: &mut Vec<Event>) {
    for ((_, it), organization) in graph_plan
        .account
        .api_keys
        .iter()
        .zip(&graph_plan.count_api_keys_in)
    {
        if scaffolds.contains(*organization) {
            continue;
        }
        let event =
            Event::new(AuditAction::ApiKeyCreated, it.id.uuid()).in_organization(*organization);
        let details = json!({ "prefix": it.prefix, "project": it.project, "user": it.user });
        events.push(event.with_details(details));
    }
}
