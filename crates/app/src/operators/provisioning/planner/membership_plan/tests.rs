//! What follows from a membership, without a database.

use super::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicU8, Ordering};

struct Counting(AtomicU8);

impl RandomSource for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn number<T>(number: u128) -> Id<T> {
    Id::new(Uuid::from_u128(number))
}

/// Level, place, user and role.
type Row = (Level, u128, u128, String);

const ORGANIZATION: u128 = 1;
const WORKSPACE: u128 = 2;

fn organization() -> Where {
    Where {
        level: Level::Organization,
        place: Uuid::from_u128(ORGANIZATION),
        within: Uuid::from_u128(ORGANIZATION),
    }
}

fn workspace() -> Where {
    Where {
        level: Level::Workspace,
        place: Uuid::from_u128(WORKSPACE),
        within: Uuid::from_u128(ORGANIZATION),
    }
}

fn project(of: u128) -> Where {
    in_workspace(number(of), number(WORKSPACE))
}

/// Somebody who is in the workspace and its one project, 10, as `editor`.
fn town(user: u128) -> Known {
    let mut known = Known::default();
    let id = Cell::new(100);
    let mut sit = |at: Where, role: &str| {
        id.set(id.get() + 1);
        let key = (at.level, at.place, number(user));
        known
            .members
            .insert(key, (number(id.get()), role.to_owned()));
    };
    sit(organization(), "viewer");
    sit(workspace(), "editor");
    sit(project(10), "editor");
    known
        .projects_in
        .insert(number(WORKSPACE), vec![number(10)]);
    known
        .members_in
        .insert(number(WORKSPACE), vec![(number(user), "editor".to_owned())]);
    known
}

/// What is written after `asked`: new rows as level, place, user and role,
/// and the roles of those that are there.
fn written(
    known: &Known,
    made: &[u128],
    asked: impl FnOnce(&mut Seats<'_>),
) -> (Vec<Row>, Vec<(Level, String)>) {
    let chance = Counting(AtomicU8::new(0));
    let mut seats = Seats::new(known, &chance, Timestamp::from_micros(1));
    asked(&mut seats);
    let made = made.iter().map(|id| number(*id)).collect();
    seats.settle(&HashMap::from([(number(WORKSPACE), made)]));
    let mut ground = CreationRows::default();
    let changes = seats.into_rows(&mut ground);
    let levels = [
        (Level::Organization, ground.organization_members),
        (Level::Workspace, ground.workspace_members),
        (Level::Project, ground.project_members),
    ];
    let rows = levels.into_iter().flat_map(|(level, rows)| {
        rows.into_iter().map(move |row| {
            let (place, user) = (row.scope_id.as_u128(), row.user.uuid().as_u128());
            (level, place, user, row.role.into_owned())
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
fn a_role_in_a_workspace_is_one_in_its_projects_but_where_another_is_said() {
    let known = town(7);
    let (rows, changes) = written(&known, &[11], |seats| {
        let (user, new) = (number(7), number(8));
        let changed = seats.give(workspace(), user, "admin").unwrap();
        assert_eq!(changed.1, Given::Changed("editor".to_owned()));
        seats.ensure(organization(), new, Role::Viewer);
        assert_eq!(
            seats.give(workspace(), new, "developer").unwrap().1,
            Given::Added
        );
        seats.give(project(11), new, "viewer").unwrap();
    });
    assert_eq!(
        rows,
        [
            (Level::Organization, 1, 8, "viewer".to_owned()),
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
fn whoever_has_the_role_already_keeps_what_was_said_of_single_projects() {
    let mut known = town(7);
    let key = (Level::Project, Uuid::from_u128(10), number(7));
    known.members.insert(key, (number(99), "viewer".to_owned()));
    let (rows, changes) = written(&known, &[], |seats| {
        let same = seats.give(workspace(), number(7), "editor").unwrap();
        assert_eq!(same.1, Given::Same);
    });
    assert!(
        rows.is_empty() && changes.is_empty(),
        "{rows:?} {changes:?}"
    );
}

#[test]
fn whoever_is_put_into_one_project_is_in_no_other() {
    let known = town(7);
    let (rows, _) = written(&known, &[11, 12], |seats| {
        let new = number(8);
        seats.ensure(organization(), new, Role::Viewer);
        seats.ensure(workspace(), new, Role::Viewer);
        seats.give(project(11), new, "admin").unwrap();
    });
    let of_new: Vec<_> = rows.iter().filter(|row| row.2 == 8).collect();
    assert_eq!(of_new.len(), 3, "{rows:?}");
    let of_member: Vec<_> = rows.iter().filter(|row| row.2 == 7).collect();
    assert_eq!(of_member.len(), 2, "members are in each new project");
}

#[test]
fn one_request_says_one_role() {
    let known = town(7);
    written(&known, &[], |seats| {
        let first = seats.give(project(10), number(7), "admin").unwrap();
        let again = seats.give(project(10), number(7), "admin").unwrap();
        assert_eq!((first.0, Given::Same), again);
        assert_eq!(
            seats.give(project(10), number(7), "viewer"),
            Err(Contradiction)
        );
    });
}
