//! Who is where once a request is through: the memberships that are there, with
//! the roles that they get, and those that are added, with what follows from
//! each.
//!
//! * Whoever is in a project is in its workspace, and whoever is in a workspace
//!   is in its organization: what is missing there is added with the weakest
//!   role.
//! * Whoever gets a role in a workspace is in all of its projects with it,
//!   unless the request says something else of the project.
//! * Whoever is in a workspace is in its new projects.

use std::borrow::Cow;
use std::collections::HashMap;

use freehold_domain::{
    Id, Level, Membership, Project, RandomSource, Role, Timestamp, User, Workspace,
};
use freehold_store::{CreationRows, MemberRow};
use uuid::Uuid;

use super::super::existing::{Known, SeatKey};

/// One membership.
#[derive(Debug)]
struct Seat {
    level: Level,
    id: Id<Membership>,
    user: Id<User>,
    place: Uuid,
    /// What the place is in.
    within: Uuid,
    role: Cow<'static, str>,
    origin: Origin,
    /// Whether the request itself says the role.
    said: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Origin {
    /// It is there, with this role.
    Stored(String),
    /// Its row is made with its place.
    WithPlace,
    /// Its row is to be made.
    New,
}

/// What became of a membership that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// It is new.
    Added,
    /// It was there with this role.
    Changed(String),
    /// It was there just so.
    Same,
}

/// The same request says two roles of one membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contradiction;

/// A place and the one that it is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Where {
    pub(super) level: Level,
    pub(super) place: Uuid,
    /// Of no meaning for an organization.
    pub(super) within: Uuid,
}

/// Other roles for memberships that are there.
pub(in crate::operators::provisioning) type NewRoles = Vec<(Id<Membership>, Cow<'static, str>)>;

pub(in crate::operators::provisioning) struct Seats<'a> {
    known: &'a Known,
    chance: &'a dyn RandomSource,
    now: Timestamp,
    list: Vec<Seat>,
    index: HashMap<SeatKey, usize>,
    /// Who got which role in which workspace.
    joins: Vec<Join>,
}

struct Join {
    workspace: Id<Workspace>,
    user: Id<User>,
    role: String,
    /// Whether they were in it with another role.
    changed: bool,
}

impl<'a> Seats<'a> {
    pub(super) fn new(known: &'a Known, chance: &'a dyn RandomSource, now: Timestamp) -> Self {
        Self {
            known,
            chance,
            now,
            list: Vec::new(),
            index: HashMap::new(),
            joins: Vec::new(),
        }
    }

    /// The membership, if there is or will be one.
    fn find(&mut self, at: Where, user: Id<User>) -> Option<usize> {
        let key = (at.level, at.place, user);
        if let Some(number) = self.index.get(&key) {
            return Some(*number);
        }
        let (id, role) = self.known.members.get(&key)?;
        Some(self.take(Seat {
            level: at.level,
            id: *id,
            user,
            place: at.place,
            within: at.within,
            role: Cow::Owned(role.clone()),
            origin: Origin::Stored(role.clone()),
            said: false,
        }))
    }

    fn take(&mut self, seat: Seat) -> usize {
        let number = self.list.len();
        self.index
            .insert((seat.level, seat.place, seat.user), number);
        self.list.push(seat);
        number
    }

    fn add(&mut self, at: Where, user: Id<User>, role: Cow<'static, str>) -> usize {
        self.take(Seat {
            level: at.level,
            id: Id::draw(self.chance, self.now),
            user,
            place: at.place,
            within: at.within,
            role,
            origin: Origin::New,
            said: false,
        })
    }

    /// Whether somebody is or will be there.
    pub(super) fn has(&mut self, at: Where, user: Id<User>) -> bool {
        self.find(at, user).is_some()
    }

    /// The owner's, which is made with its place.
    pub(super) fn owner(&mut self, at: Where, user: Id<User>, id: Id<Membership>) {
        self.take(Seat {
            level: at.level,
            id,
            user,
            place: at.place,
            within: at.within,
            role: Cow::Borrowed(Role::Owner.as_str()),
            origin: Origin::WithPlace,
            said: false,
        });
    }

    /// Somebody has to be there; `role` counts for those who are not yet.
    pub(super) fn ensure(&mut self, at: Where, user: Id<User>, role: Role) {
        if !self.has(at, user) {
            self.add(at, user, Cow::Borrowed(role.as_str()));
        }
    }

    /// Gives somebody a role where they may be already.
    pub(super) fn give(
        &mut self,
        at: Where,
        user: Id<User>,
        role: &str,
    ) -> Result<(Id<Membership>, Given), Contradiction> {
        let found = self.find(at, user);
        let number = found.unwrap_or_else(|| self.add(at, user, Cow::Owned(role.to_owned())));
        let Some(seat) = self.list.get_mut(number) else {
            return Err(Contradiction);
        };
        if seat.said {
            return if seat.role == role {
                Ok((seat.id, Given::Same))
            } else {
                Err(Contradiction)
            };
        }
        seat.said = true;
        let given = match &seat.origin {
            Origin::New => Given::Added,
            Origin::Stored(former) if former != role => Given::Changed(former.clone()),
            Origin::Stored(_) | Origin::WithPlace => Given::Same,
        };
        if seat.role != role {
            seat.role = Cow::Owned(role.to_owned());
        }
        let id = seat.id;
        if at.level == Level::Workspace {
            self.joins.push(Join {
                workspace: Id::new(at.place),
                user,
                role: role.to_owned(),
                changed: matches!(given, Given::Changed(_)),
            });
        }
        Ok((id, given))
    }

    /// Lets everything follow that follows, once all is said; `made` are the
    /// new projects of each workspace.
    pub(super) fn settle(&mut self, made: &HashMap<Id<Workspace>, Vec<Id<Project>>>) {
        let known = self.known;
        let none = Vec::new();
        for join in std::mem::take(&mut self.joins) {
            let there = known.projects_in.get(&join.workspace).unwrap_or(&none);
            let made = made.get(&join.workspace).unwrap_or(&none);
            for project in there.iter().chain(made) {
                self.join(&join, *project);
            }
        }
        for (workspace, projects) in made {
            let Some(members) = known.members_in.get(workspace) else {
                continue;
            };
            for (user, stored) in members {
                let key = (Level::Workspace, workspace.uuid(), *user);
                let role = match self.index.get(&key).and_then(|it| self.list.get(*it)) {
                    Some(seat) => seat.role.clone(),
                    None => Cow::Owned(stored.clone()),
                };
                for project in projects {
                    let at = in_workspace(*project, *workspace);
                    if !self.has(at, *user) {
                        self.add(at, *user, role.clone());
                    }
                }
            }
        }
    }

    fn join(&mut self, join: &Join, project: Id<Project>) {
        let at = in_workspace(project, join.workspace);
        let Some(number) = self.find(at, join.user) else {
            self.add(at, join.user, Cow::Owned(join.role.clone()));
            return;
        };
        let Some(seat) = self.list.get_mut(number) else {
            return;
        };
        let follows = match seat.origin {
            Origin::Stored(_) => join.changed,
            Origin::New => true,
            Origin::WithPlace => false,
        };
        if follows && !seat.said {
            seat.role = Cow::Owned(join.role.clone());
        }
    }

    /// The rows that are to be made, added to `ground`; and the roles of those
    /// that are there, for each level.
    pub(in crate::operators::provisioning) fn into_rows(
        self,
        ground: &mut CreationRows,
    ) -> Vec<(Level, NewRoles)> {
        let mut changes: Vec<_> = Level::ALL.map(|level| (level, NewRoles::new())).into();
        let now = self.now;
        for seat in self.list {
            match seat.origin {
                Origin::WithPlace => {}
                Origin::Stored(former) => {
                    let changes = changes.iter_mut().find(|(level, _)| *level == seat.level);
                    if let Some((_, changes)) = changes.filter(|_| former != seat.role) {
                        changes.push((seat.id, seat.role));
                    }
                }
                Origin::New => {
                    let rows = match seat.level {
                        Level::Organization => &mut ground.organization_members,
                        Level::Workspace => &mut ground.workspace_members,
                        Level::Project => &mut ground.project_members,
                    };
                    rows.push(MemberRow {
                        id: seat.id,
                        user: seat.user,
                        scope_id: seat.place,
                        parent_id: seat.within,
                        role: seat.role,
                        now,
                        actor: None,
                    });
                }
            }
        }
        changes
    }
}

/// A project, in its workspace.
pub(super) fn in_workspace(project: Id<Project>, workspace: Id<Workspace>) -> Where {
    Where {
        level: Level::Project,
        place: project.uuid(),
        within: workspace.uuid(),
    }
}

#[cfg(test)]
mod tests;
