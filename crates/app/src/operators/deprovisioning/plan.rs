//! The plan of a deletion: which targets exist, what is deleted with them, and
//! whether it is refused. Pure; reads nothing from the database.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use freehold_domain::{
    Decision, Email, EntityKind, Id, Organization, Project, Refusal, Trace, User, Workspace,
};
use freehold_store::{EntityLocation, LockedOrganization, LockedUser};
use uuid::Uuid;

use super::{Deleted, DeletionTargets, Skipped};

/// Everything that a deletion does.
#[derive(Clone, Debug, Default)]
pub(super) struct DeletionPlan {
    /// The output of the command.
    pub(super) deleted: Deleted,
    /// The addresses of the users.
    pub(super) emails: Vec<String>,
    /// The projects, each with its organization.
    pub(super) projects: Vec<(Id<Project>, Id<Organization>)>,
    /// The workspaces, each with its organization.
    pub(super) workspaces: Vec<(Id<Workspace>, Id<Organization>)>,
    /// The deleted users who are members of a remaining organization.
    pub(super) members: Vec<(Id<User>, Id<Organization>)>,
    /// Remaining workspaces that lose projects.
    pub(super) reduced_workspaces: Vec<Id<Workspace>>,
}

/// The refusal of a deletion.
#[derive(Debug)]
pub(super) struct RefusedDeletion {
    pub(super) organization: Option<Id<Organization>>,
    pub(super) target: Option<Uuid>,
    pub(super) decision: Decision,
}

/// Separates `named` into those that exist (`found`, each once, in order) and
/// those that do not (`missing`).
fn partition_found<K: Clone + Eq + Hash, T: Copy + Eq + Hash>(
    named: &[K],
    find: impl Fn(&K) -> Option<T>,
    found: &mut Vec<T>,
    missing: &mut Vec<K>,
) {
    let mut seen: HashSet<T> = found.iter().copied().collect();
    let mut seen_missing: HashSet<&K> = HashSet::new();
    for name in named {
        match find(name) {
            Some(entity) if seen.insert(entity) => found.push(entity),
            Some(_) => {}
            None if seen_missing.insert(name) => missing.push(name.clone()),
            None => {}
        }
    }
}

impl DeletionPlan {
    pub(super) fn of(
        targets: &DeletionTargets,
        users: Vec<LockedUser>,
        organizations: &[LockedOrganization],
        locations: &[EntityLocation],
    ) -> Result<Self, Box<RefusedDeletion>> {
        let mut plan = Self::default();
        let (deleted, skipped) = (&mut plan.deleted, &mut Skipped::default());

        let by_id: HashSet<Id<User>> = users.iter().map(|user| user.id).collect();
        let by_email: HashMap<&str, Id<User>> = users
            .iter()
            .map(|user| (user.email.as_str(), user.id))
            .collect();
        let find = |id: &Id<User>| by_id.get(id).copied();
        partition_found(&targets.users, find, &mut deleted.users, &mut skipped.users);
        let find = |email: &Email| by_email.get(email.as_str()).copied();
        partition_found(
            &targets.emails,
            find,
            &mut deleted.users,
            &mut skipped.emails,
        );

        let owners: HashMap<Id<Organization>, Id<User>> = organizations
            .iter()
            .map(|organization| (organization.id, organization.owner))
            .collect();
        let find = |id: &Id<Organization>| owners.contains_key(id).then_some(*id);
        partition_found(
            &targets.organizations,
            find,
            &mut deleted.organizations,
            &mut skipped.organizations,
        );
        if targets.only_users() {
            let owned = organizations
                .iter()
                .filter(|organization| by_id.contains(&organization.owner));
            deleted
                .organizations
                .extend(owned.map(|organization| organization.id));
        }

        let mut workspaces = HashMap::new();
        let mut projects = HashMap::new();
        for location in locations {
            match *location {
                EntityLocation::Workspace(id, organization) => {
                    workspaces.insert(id, organization);
                }
                EntityLocation::Project(id, workspace, organization) => {
                    projects.insert(id, (workspace, organization));
                }
                EntityLocation::Member(..) => {}
            }
        }
        let find = |id: &Id<Workspace>| workspaces.contains_key(id).then_some(*id);
        partition_found(
            &targets.workspaces,
            find,
            &mut deleted.workspaces,
            &mut skipped.workspaces,
        );
        let find = |id: &Id<Project>| projects.contains_key(id).then_some(*id);
        partition_found(
            &targets.projects,
            find,
            &mut deleted.projects,
            &mut skipped.projects,
        );

        let trace = all_exist(targets, skipped)?;
        check_ownership(&users, organizations, deleted, trace)?;

        let deleted_organizations: HashSet<Id<Organization>> =
            deleted.organizations.iter().copied().collect();
        let deleted_workspaces: HashSet<Id<Workspace>> =
            deleted.workspaces.iter().copied().collect();
        let mut reduced_workspaces = HashSet::new();
        for id in &deleted.projects {
            let (workspace, organization) = projects[id];
            plan.projects.push((*id, organization));
            let workspace_remains = !deleted_organizations.contains(&organization)
                && !deleted_workspaces.contains(&workspace);
            if workspace_remains && reduced_workspaces.insert(workspace) {
                plan.reduced_workspaces.push(workspace);
            }
        }
        for id in &deleted.workspaces {
            plan.workspaces.push((*id, workspaces[id]));
        }
        for location in locations {
            if let EntityLocation::Member(user, organization) = *location
                && !deleted_organizations.contains(&organization)
            {
                plan.members.push((user, organization));
            }
        }
        deleted.skipped = std::mem::take(skipped);
        plan.emails = users.into_iter().map(|user| user.email).collect();
        Ok(plan)
    }
}

/// Checks that all targets exist, if the request demands it. The refusal names
/// the first one that does not.
fn all_exist(targets: &DeletionTargets, skipped: &Skipped) -> Result<Trace, Box<RefusedDeletion>> {
    let mut trace = Trace::new();
    if !targets.all_must_exist {
        return Ok(trace);
    }
    let first = [
        (EntityKind::User, skipped.users.first().map(|id| id.uuid())),
        (
            EntityKind::Organization,
            skipped.organizations.first().map(|id| id.uuid()),
        ),
        (
            EntityKind::Workspace,
            skipped.workspaces.first().map(|id| id.uuid()),
        ),
        (
            EntityKind::Project,
            skipped.projects.first().map(|id| id.uuid()),
        ),
    ];
    let missing = first.into_iter().find_map(|(kind, id)| Some((kind, id?)));
    let Some((kind, id)) = missing else {
        trace.step("all_exist", "", true);
        return Ok(trace);
    };
    trace.step("all_exist", format!("{kind} {id}"), false);
    let refusal = Refusal::EntityNotFound {
        kind,
        named: id.to_string(),
    };
    Err(Box::new(RefusedDeletion {
        organization: None,
        target: Some(id),
        decision: Decision::refused(refusal, trace),
    }))
}

/// Checks that every organization of a deleted user is deleted too.
fn check_ownership(
    users: &[LockedUser],
    organizations: &[LockedOrganization],
    deleted: &Deleted,
    mut trace: Trace,
) -> Result<(), Box<RefusedDeletion>> {
    let deleted_organizations: HashSet<Id<Organization>> =
        deleted.organizations.iter().copied().collect();
    let emails: HashMap<Id<User>, &str> = users
        .iter()
        .map(|user| (user.id, user.email.as_str()))
        .collect();
    let remaining = organizations
        .iter()
        .filter(|organization| !deleted_organizations.contains(&organization.id))
        .find_map(|organization| Some((organization, *emails.get(&organization.owner)?)));
    let Some((organization, email)) = remaining else {
        return Ok(());
    };
    let id = organization.id;
    trace.step("owns_no_remaining_organization", id.to_string(), false);
    let name = organization.slug.as_ref().or(organization.name.as_ref());
    let name = name.map_or_else(String::new, |name| format!(" '{name}'"));
    let refusal = Refusal::AccountsConflict(format!(
        "User '{email}' still owns the organization{name} ({id}), which is not to be deleted. \
         Delete it too, or transfer it first."
    ));
    Err(Box::new(RefusedDeletion {
        organization: Some(id),
        target: Some(organization.owner.uuid()),
        decision: Decision::refused(refusal, trace),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id<T>(number: u128) -> Id<T> {
        Id::new(Uuid::from_u128(number))
    }

    fn user(number: u128) -> LockedUser {
        LockedUser {
            id: id(number),
            email: format!("user{number}@acme.test"),
        }
    }

    fn organization(number: u128, owner: u128) -> LockedOrganization {
        LockedOrganization {
            id: id(number),
            slug: None,
            name: Some(format!("Number {number}")),
            owner: id(owner),
        }
    }

    #[test]
    fn owned_organizations_are_deleted_and_others_kept() {
        let targets = DeletionTargets {
            users: vec![id(1), id(9), id(1)],
            emails: vec!["user1@acme.test".parse().unwrap()],
            ..DeletionTargets::default()
        };
        let locations = [
            EntityLocation::Member(id(1), id(10)),
            EntityLocation::Member(id(1), id(20)),
        ];
        let organizations = [organization(10, 1), organization(20, 2)];
        let plan = DeletionPlan::of(&targets, vec![user(1)], &organizations, &locations).unwrap();
        assert_eq!(plan.deleted.users, [id(1)]);
        assert_eq!(plan.deleted.organizations, [id(10)]);
        assert_eq!(plan.deleted.skipped.users, [id(9)]);
        assert_eq!(plan.members, [(id(1), id(20))]);
    }

    #[test]
    fn owner_of_a_kept_organization_is_refused() {
        let targets = DeletionTargets {
            users: vec![id(1)],
            organizations: vec![id(10)],
            ..DeletionTargets::default()
        };
        let organizations = [organization(10, 1), organization(11, 1)];
        let refused = DeletionPlan::of(&targets, vec![user(1)], &organizations, &[]).unwrap_err();
        let Some(Refusal::AccountsConflict(message)) = refused.decision.refusal else {
            panic!("{refused:?}");
        };
        assert!(message.contains("'Number 11'"), "{message}");
    }

    #[test]
    fn deleted_workspace_needs_no_default_project() {
        let targets = DeletionTargets {
            workspaces: vec![id(30)],
            projects: vec![id(40), id(41), id(42)],
            ..DeletionTargets::default()
        };
        let locations = [
            EntityLocation::Workspace(id(30), id(10)),
            EntityLocation::Project(id(40), id(30), id(10)),
            EntityLocation::Project(id(41), id(31), id(10)),
        ];
        let organizations = [organization(10, 1)];
        let plan = DeletionPlan::of(&targets, Vec::new(), &organizations, &locations).unwrap();
        assert_eq!(plan.reduced_workspaces, [id(31)]);
        assert_eq!(plan.deleted.projects, [id(40), id(41)]);
        assert_eq!(plan.deleted.skipped.projects, [id(42)]);
        let all = DeletionTargets {
            all_must_exist: true,
            ..targets
        };
        let refused = DeletionPlan::of(&all, Vec::new(), &organizations, &locations).unwrap_err();
        assert_eq!(refused.target, Some(Uuid::from_u128(42)));
    }
}
