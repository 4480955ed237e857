//! The audit events of a graph: one for each created part. An organization that
//! a new user gets with its scaffold has two events in all, for the user and
//! for the organization.

use std::collections::{HashMap, HashSet};

use freehold_domain::{AuditAction, Id, Level, Organization, User};
use serde_json::{Value, json};

use super::super::prepare::PreparedGraph;
use super::membership_plan::MembershipOutcome;
use super::{PlannedGraph, Planner};
use crate::command::{Event, Outcome};
use crate::extension::{CreationCause, TypedEvent};

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
            api_key_events(graph_plan, &scaffolds, &mut events);
        }
        Ok(events)
    }
}

/// The organizations of a graph that are created with a scaffold, and the parts
/// whose events are merged into theirs.
#[derive(Default)]
struct Scaffolds<'a> {
    organizations: HashSet<Id<Organization>>,
    /// The first scaffolded organization of each new user.
    first_of_user: HashMap<Id<User>, Id<Organization>>,
    /// The methods of the logins of these users.
    logins: HashMap<Id<User>, Vec<&'a str>>,
    /// The prefixes of the API keys in these organizations.
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
        for ((_, key), organization) in account
            .api_keys
            .iter()
            .zip(&graph_plan.api_key_organizations)
        {
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
        let event = Event::new(AuditAction::UserCreated, user.uuid());
        let mut event = event.heard_as(TypedEvent::UserCreated { user });
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
    for ((_, draft), (_, organization)) in graph.organizations.iter().zip(&account.organizations) {
        let mut details = json!({ "owner": organization.owner });
        if let Some(plan) = &draft.plan {
            details["plan"] = json!(plan);
        }
        if let Some(prefixes) = scaffolds.keys.get(&organization.id) {
            details["api_keys"] = json!(prefixes);
        }
        let event = Event::new(AuditAction::OrganizationCreated, organization.id.uuid())
            .in_organization(organization.id)
            .heard_as(TypedEvent::OrganizationCreated {
                organization: organization.id,
                owner: organization.owner,
                plan: draft.plan.clone(),
                cause: CreationCause::Operator,
            });
        events.push(event.with_details(details));
    }
    let workspaces = account.workspaces.iter().map(|(_, workspace)| workspace);
    for workspace in workspaces.filter(|workspace| !scaffolds.contains(workspace.organization)) {
        let event = Event::new(AuditAction::WorkspaceCreated, workspace.id.uuid());
        let details = json!({ "name": workspace.name });
        events.push(
            event
                .in_organization(workspace.organization)
                .with_details(details),
        );
    }
    let projects = account.projects.iter().map(|(_, project)| project);
    for project in projects.filter(|project| !scaffolds.contains(project.organization)) {
        let event = Event::new(AuditAction::ProjectCreated, project.id.uuid());
        let details = json!({
            "name": project.name, "workspace": project.workspace, "is_default": project.is_default,
        });
        events.push(
            event
                .in_organization(project.organization)
                .with_details(details),
        );
    }
}

fn membership_events(graph_plan: &PlannedGraph, events: &mut Vec<Event>) {
    for level in Level::ALL {
        for (membership, outcome, organization) in graph_plan.membership_outcomes_at(level) {
            let (action, from) = match outcome {
                MembershipOutcome::Added => (AuditAction::MemberAdded, None),
                MembershipOutcome::Changed(from) => (AuditAction::MemberRoleChanged, Some(from)),
                MembershipOutcome::Unchanged => continue,
            };
            let mut details = match from {
                None => json!({ "role": membership.role }),
                Some(from) => json!({ "from": from, "to": membership.role }),
            };
            if level != Level::Organization {
                details[level.as_str()] = Value::String(membership.scope_id.to_string());
            }
            let mut event =
                Event::new(action, membership.user.uuid()).in_organization(organization);
            if action == AuditAction::MemberAdded {
                event = event.heard_as(TypedEvent::MemberAdded {
                    organization,
                    user: membership.user,
                });
            }
            events.push(event.with_details(details));
        }
    }
}

fn api_key_events(graph_plan: &PlannedGraph, scaffolds: &Scaffolds<'_>, events: &mut Vec<Event>) {
    for ((_, key), organization) in graph_plan
        .account
        .api_keys
        .iter()
        .zip(&graph_plan.api_key_organizations)
    {
        if scaffolds.contains(*organization) {
            continue;
        }
        let event =
            Event::new(AuditAction::ApiKeyCreated, key.id.uuid()).in_organization(*organization);
        let details = json!({ "prefix": key.prefix, "project": key.project, "user": key.user });
        events.push(event.with_details(details));
    }
}
