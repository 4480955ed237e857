//! What the audit trail and the extensions hear of a graph: one event for each
//! part that was made. An organization that comes with all that belongs to it,
//! for a new user, is told of in two.

use std::collections::{HashMap, HashSet};

use freehold_domain::{AuditAction, Id, Level, Organization, User};
use serde_json::{Value, json};

use super::super::prepare::Prepared;
use super::membership_plan::Given;
use super::{Deciding, Drawn};
use crate::command::{Event, Outcome};

impl Deciding<'_> {
    /// The events of all graphs, in their order.
    pub(in crate::operators::provisioning) fn events(
        &self,
        prepared: &[Prepared],
        drawn: &[Drawn],
    ) -> Outcome<Vec<Event>> {
        let mut events = Vec::with_capacity(2 * prepared.len());
        let mut told = HashSet::new();
        for (graph, one) in prepared.iter().zip(drawn) {
            let mut new = HashSet::new();
            for number in &one.people {
                let somebody = self.somebody(*number)?;
                if !somebody.existed {
                    new.insert(somebody.record.id);
                }
            }
            let scaffolds = Scaffolds::of(graph, one, &new);
            for (_, user) in &one.account.users {
                if new.contains(&user.id) && told.insert(user.id) {
                    events.push(scaffolds.user_created(user.id));
                }
            }
            for (_, login) in &one.account.identities {
                if !scaffolds.logins.contains_key(&login.user) {
                    let event = Event::on(AuditAction::IdentityCreated, login.user.uuid());
                    let details = json!({ "identity": login.id, "method": login.method });
                    events.push(event.with(details));
                }
            }
            places(graph, one, &scaffolds, &mut events);
            members(one, &mut events);
            keys(one, &scaffolds, &mut events);
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
    own: HashMap<Id<User>, Id<Organization>>,
    /// The logins of such a user.
    logins: HashMap<Id<User>, Vec<&'a str>>,
    /// The keys that are good there.
    keys: HashMap<Id<Organization>, Vec<&'a str>>,
}

impl<'a> Scaffolds<'a> {
    fn of(graph: &Prepared, one: &'a Drawn, new: &HashSet<Id<User>>) -> Self {
        let mut scaffolds = Self::default();
        let account = &one.account;
        let organizations = graph.organizations.iter().zip(&account.organizations);
        for ((_, wanted), (_, made)) in organizations {
            if wanted.scaffold {
                scaffolds.organizations.insert(made.id);
                if new.contains(&made.owner) {
                    scaffolds.own.entry(made.owner).or_insert(made.id);
                }
            }
        }
        for (_, login) in &account.identities {
            if scaffolds.own.contains_key(&login.user) {
                let methods = scaffolds.logins.entry(login.user).or_default();
                methods.push(&login.method);
            }
        }
        for ((_, key), organization) in account.api_keys.iter().zip(&one.count_api_keys_in) {
            if scaffolds.hold(*organization) {
                let prefixes = scaffolds.keys.entry(*organization).or_default();
                prefixes.push(&key.prefix);
            }
        }
        scaffolds
    }

    fn hold(&self, organization: Id<Organization>) -> bool {
        self.organizations.contains(&organization)
    }

    fn user_created(&self, user: Id<User>) -> Event {
        let mut event = Event::on(AuditAction::UserCreated, user.uuid());
        if let Some(organization) = self.own.get(&user) {
            event = event.within(*organization);
        }
        if let Some(methods) = self.logins.get(&user) {
            event = event.with(json!({ "identities": methods }));
        }
        event
    }
}

fn places(graph: &Prepared, one: &Drawn, scaffolds: &Scaffolds<'_>, events: &mut Vec<Event>) {
    let account = &one.account;
    for ((_, new), (_, it)) in graph.organizations.iter().zip(&account.organizations) {
        let mut details = json!({ "owner": it.owner });
        if let Some(plan) = &new.plan {
            details["plan"] = json!(plan);
        }
        if let Some(prefixes) = scaffolds.keys.get(&it.id) {
            details["api_keys"] = json!(prefixes);
        }
        let event = Event::on(AuditAction::OrganizationCreated, it.id.uuid()).within(it.id);
        events.push(event.with(details));
    }
    let workspaces = account.workspaces.iter().map(|(_, it)| it);
    for it in workspaces.filter(|it| !scaffolds.hold(it.organization)) {
        let event = Event::on(AuditAction::WorkspaceCreated, it.id.uuid());
        let details = json!({ "name": it.name });
        events.push(event.within(it.organization).with(details));
    }
    let projects = account.projects.iter().map(|(_, it)| it);
    for it in projects.filter(|it| !scaffolds.hold(it.organization)) {
        let event = Event::on(AuditAction::ProjectCreated, it.id.uuid());
        let details = json!({
            "name": it.name, "workspace": it.workspace, "is_default": it.is_default,
        });
        events.push(event.within(it.organization).with(details));
    }
}

fn members(one: &Drawn, events: &mut Vec<Event>) {
    for level in Level::ALL {
        for (it, given, organization) in one.told_members(level) {
            let (action, from) = match given {
                Given::Added => (AuditAction::MemberAdded, None),
                Given::Changed(from) => (AuditAction::MemberRoleChanged, Some(from)),
                Given::Same => continue,
            };
            let mut details = match from {
                None => json!({ "role": it.role }),
                Some(from) => json!({ "from": from, "to": it.role }),
            };
            if level != Level::Organization {
                details[level.as_str()] = Value::String(it.place.to_string());
            }
            let event = Event::on(action, it.user.uuid()).within(organization);
            events.push(event.with(details));
        }
    }
}

fn keys(one: &Drawn, scaffolds: &Scaffolds<'_>, events: &mut Vec<Event>) {
    for ((_, it), organization) in one.account.api_keys.iter().zip(&one.count_api_keys_in) {
        if scaffolds.hold(*organization) {
            continue;
        }
        let event = Event::on(AuditAction::ApiKeyCreated, it.id.uuid()).within(*organization);
        let details = json!({ "prefix": it.prefix, "project": it.project, "user": it.user });
        events.push(event.with(details));
    }
}
