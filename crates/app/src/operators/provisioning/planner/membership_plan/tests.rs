//! Tests of planned memberships, without a database.

use super::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};

struct CountingRandom(AtomicU8);

impl RandomSource for CountingRandom {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn id_of<T>(number: u128) -> Id<T> {
    Id::new(Uuid::from_u128(number))
}

/// Level, scope, user and role.
type Row = (Level, u128, u128, String);

const ORGANIZATION: u128 = 1;
const WORKSPACE: u128 = 2;

fn organization() -> MembershipScope {
    MembershipScope {
        level: Level::Organization,
        scope_id: Uuid::from_u128(ORGANIZATION),
        parent_id: Uuid::from_u128(ORGANIZATION),
    }
}

fn workspace() -> MembershipScope {
    MembershipScope {
        level: Level::Workspace,
        scope_id: Uuid::from_u128(WORKSPACE),
        parent_id: Uuid::from_u128(ORGANIZATION),
    }
}

fn project(project_number: u128) -> MembershipScope {
    project_scope(id_of(project_number), id_of(WORKSPACE))
}

/// The user is a member of the workspace and its only project, 10, as `editor`.
fn existing_member(user: u128) -> ExistingEntities {
    let mut existing = ExistingEntities::default();
    let id = Cell::new(100);
    let mut add_membership = |scope: MembershipScope, role: &str| {
        id.set(id.get() + 1);
        let key = (scope.level, scope.scope_id, id_of(user));
        existing
            .members
            .insert(key, (id_of(id.get()), role.to_owned()));
    };
    add_membership(organization(), "viewer");
    add_membership(workspace(), "editor");
    add_membership(project(10), "editor");
    existing
        .projects_in
        .insert(id_of(WORKSPACE), vec![id_of(10)]);
    existing
        .members_in
        .insert(id_of(WORKSPACE), vec![(id_of(user), "editor".to_owned())]);
    existing
}

/// What is written after `change`: new rows as level, scope, user and role, and
/// the new roles of existing memberships.
fn planned_rows(
    existing: &ExistingEntities,
    new_projects: &[u128],
    change: impl FnOnce(&mut MembershipPlan<'_>),
) -> (Vec<Row>, Vec<(Level, String)>) {
    let random = CountingRandom(AtomicU8::new(0));
    let mut plan = MembershipPlan::new(existing, &random, Timestamp::from_micros(1));
    change(&mut plan);
    let new_projects = new_projects.iter().map(|id| id_of(*id)).collect();
    plan.propagate(&HashMap::from([(id_of(WORKSPACE), new_projects)]));
    let mut rows = CreationRows::default();
    let changes = plan.into_rows(&mut rows);
    let levels = [
        (Level::Organization, rows.organization_members),
        (Level::Workspace, rows.workspace_members),
        (Level::Project, rows.project_members),
    ];
    let rows = levels.into_iter().flat_map(|(level, rows)| {
        rows.into_iter().map(move |row| {
            let (scope_id, user) = (row.scope_id.as_u128(), row.user.uuid().as_u128());
            (level, scope_id, user, row.role.into_owned())
        })
    });
    let changes = changes.into_iter().flat_map(|(level, roles)| {
        roles
            .into_iter()
            .map(move |(_, role)| (level, role.into_owned()))
    });
    (rows.collect(), changes.collect())
}

#[test]
fn workspace_role_applies_to_projects_without_an_explicit_role() {
    let existing = existing_member(7);
    let (rows, changes) = planned_rows(&existing, &[11], |plan| {
        let (user, new) = (id_of(7), id_of(8));
        let changed = plan.assign(workspace(), user, "admin").unwrap();
        assert_eq!(changed.1, MembershipOutcome::Changed("editor".to_owned()));
        plan.ensure(organization(), new, NO_ROLE);
        assert_eq!(
            plan.assign(workspace(), new, "developer").unwrap().1,
            MembershipOutcome::Added
        );
        plan.assign(project(11), new, "viewer").unwrap();
    });
    assert_eq!(
        rows,
        [
            (Level::Organization, 1, 8, NO_ROLE.to_owned()),
            (Level::Workspace, 2, 8, "developer".to_owned()),
            (Level::Project, 11, 8, "viewer".to_owned()),
            (Level::Project, 11, 7, "admin".to_owned()),
            (Level::Project, 10, 8, "developer".to_owned()),
        ]
    );
    assert_eq!(
        changes,
        [
            (Level::Workspace, "admin".to_owned()),
            (Level::Project, "admin".to_owned()),
        ]
    );
}

#[test]
fn unchanged_workspace_role_keeps_project_roles() {
    let mut existing = existing_member(7);
    let key = (Level::Project, Uuid::from_u128(10), id_of(7));
    existing
        .members
        .insert(key, (id_of(99), "viewer".to_owned()));
    let (rows, changes) = planned_rows(&existing, &[], |plan| {
        let same = plan.assign(workspace(), id_of(7), "editor").unwrap();
        assert_eq!(same.1, MembershipOutcome::Unchanged);
    });
    assert!(
        rows.is_empty() && changes.is_empty(),
        "{rows:?} {changes:?}"
    );
}

#[test]
fn member_of_one_project_is_in_no_other() {
    let existing = existing_member(7);
    let (rows, _) = planned_rows(&existing, &[11, 12], |plan| {
        let new = id_of(8);
        plan.ensure(organization(), new, NO_ROLE);
        plan.ensure(workspace(), new, NO_ROLE);
        plan.assign(project(11), new, "admin").unwrap();
    });
    let of_new: Vec<_> = rows.iter().filter(|row| row.2 == 8).collect();
    assert_eq!(of_new.len(), 3, "{rows:?}");
    let of_member: Vec<_> = rows.iter().filter(|row| row.2 == 7).collect();
    assert_eq!(of_member.len(), 2, "members are in each new project");
}

#[test]
fn one_request_gives_one_role_per_membership() {
    let existing = existing_member(7);
    planned_rows(&existing, &[], |plan| {
        let first = plan.assign(project(10), id_of(7), "admin").unwrap();
        let again = plan.assign(project(10), id_of(7), "admin").unwrap();
        assert_eq!((first.0, MembershipOutcome::Unchanged), again);
        assert_eq!(
            plan.assign(project(10), id_of(7), "viewer"),
            Err(ConflictingRoles)
        );
    });
}
