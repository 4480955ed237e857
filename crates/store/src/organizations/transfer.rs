//! Other owners for organizations: owners, roles and missing memberships on all
//! three levels, in as many statements for a thousand organizations as for one.

use freehold_domain::{Id, Organization, Project, Timestamp, User, Workspace};
use uuid::Uuid;

use crate::engine::generated_id::{beginning, drawn_id};
use crate::engine::json_list::{ids, listed, texts};
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Tx, Value};

/// Who takes whose place, see [`Tx::hand_over`].
#[derive(Clone, Debug)]
pub struct Handover {
    /// Where. Held, and owned by `from`.
    pub organizations: Vec<Id<Organization>>,
    /// The owner so far.
    pub from: Id<User>,
    /// The owner from now on: somebody else.
    pub to: Id<User>,
    /// The roles in an organization that the old owner may take over.
    pub known: Vec<String>,
    /// What the old owner becomes where there is nothing to take over.
    pub fallback: String,
    /// The workspaces in which roles are exchanged, if not in all of them.
    pub workspaces: Option<Vec<Id<Workspace>>>,
    /// The projects in which roles are exchanged, if not in all of them.
    pub projects: Option<Vec<Id<Project>>>,
    /// Who has made the organizations from now on, if that changes.
    pub creator: Option<Id<User>>,
    /// Who changes it.
    pub by: Id<User>,
    /// When.
    pub now: Timestamp,
}

macro_rules! step_down {
    ($engine:ident) => {
        concat!(
            "UPDATE organization_members
                SET role = coalesce((SELECT t.role FROM organization_members t
                                      WHERE t.organization_id = organization_members.organization_id
                                        AND t.user_id = $3 AND t.role IN ",
            listed!($engine, texts "$4"),
            "), $5), updated_at = $6, updated_by_id = $7
              WHERE user_id = $2 AND organization_id IN ",
            listed!($engine, ids "$1")
        )
    };
}

macro_rules! step_down_in_workspaces {
    ($engine:ident, $json:literal) => {
        concat!(
            "UPDATE workspace_members SET role = x.role, updated_at = $6, updated_by_id = $7
               FROM (SELECT s.id,
                            CASE WHEN t.role <> 'owner' AND ($4", $json, " IS NULL OR s.workspace_id IN ",
            listed!($engine, ids "$4"),
            ") THEN t.role WHEN s.role = 'owner' THEN $5 ELSE s.role END AS role
                       FROM workspace_members s
                       LEFT JOIN workspace_members t ON t.workspace_id = s.workspace_id AND t.user_id = $3
                      WHERE s.user_id = $2 AND s.organization_id IN ",
            listed!($engine, ids "$1"),
            ") AS x
              WHERE workspace_members.id = x.id AND workspace_members.role <> x.role"
        )
    };
}

macro_rules! step_down_in_projects {
    ($engine:ident, $json:literal) => {
        concat!(
            "UPDATE project_members SET role = x.role, updated_at = $6, updated_by_id = $7
               FROM (SELECT s.id,
                            CASE WHEN t.role <> 'owner' AND ($4", $json, " IS NULL OR s.project_id IN ",
            listed!($engine, ids "$4"),
            ") THEN t.role WHEN s.role = 'owner' THEN $5 ELSE s.role END AS role
                       FROM project_members s
                       JOIN projects p ON p.id = s.project_id
                       LEFT JOIN project_members t ON t.project_id = s.project_id AND t.user_id = $3
                      WHERE s.user_id = $2 AND p.organization_id IN ",
            listed!($engine, ids "$1"),
            ") AS x
              WHERE project_members.id = x.id AND project_members.role <> x.role"
        )
    };
}

// `owner` wherever the organizations are, of somebody who was something else
// there or nothing.
macro_rules! step_up {
    ($engine:ident, organization) => {
        step_up!($engine, "organization_members", "organization_id", "",
                 "o.id FROM organizations o WHERE o.id")
    };
    ($engine:ident, workspace) => {
        step_up!($engine, "workspace_members", "workspace_id", ", organization_id",
                 "w.id, w.organization_id FROM workspaces w WHERE w.organization_id")
    };
    ($engine:ident, project) => {
        step_up!($engine, "project_members", "project_id", ", workspace_id",
                 "p.id, p.workspace_id FROM projects p WHERE p.organization_id")
    };
    (sqlite, $($level:literal),*) => {
        step_up!(@sqlite, "", "", $($level),*)
    };
    (postgres, $($level:literal),*) => {
        step_up!(@postgres, "::uuid", "::timestamptz", $($level),*)
    };
    (@$engine:ident, $uuid:literal, $time:literal,
      $members:literal, $place:literal, $above:literal, $places:literal) => {
        concat!(
            "INSERT INTO ", $members, "
                (id, user_id, role, created_at, created_by_id, ", $place, $above, ")
             SELECT ", drawn_id!($engine, "$1"), ", $2", $uuid, ", 'owner', $4", $time, ", $5", $uuid,
            ", ", $places, " IN ", listed!($engine, ids "$3"), "
                 ON CONFLICT (", $place, ", user_id)
                 DO UPDATE SET role = 'owner', updated_at = excluded.created_at,
                               updated_by_id = excluded.created_by_id
                  WHERE ", $members, ".role <> 'owner'"
        )
    };
}

macro_rules! set_owners {
    ($engine:ident) => {
        concat!(
            "UPDATE organizations
                SET owner_id = $2, created_by_id = coalesce($3, created_by_id),
                    updated_at = $4, updated_by_id = $5
              WHERE id IN ",
            listed!($engine, ids "$1")
        )
    };
}

statements! {
    STEP_DOWN = step_down!(sqlite), postgres = step_down!(postgres);
    STEP_DOWN_IN_WORKSPACES = step_down_in_workspaces!(sqlite, ""),
        postgres = step_down_in_workspaces!(postgres, "::jsonb");
    STEP_DOWN_IN_PROJECTS = step_down_in_projects!(sqlite, ""),
        postgres = step_down_in_projects!(postgres, "::jsonb");
    STEP_UP = step_up!(sqlite, organization), postgres = step_up!(postgres, organization);
    STEP_UP_IN_WORKSPACES = step_up!(sqlite, workspace), postgres = step_up!(postgres, workspace);
    STEP_UP_IN_PROJECTS = step_up!(sqlite, project), postgres = step_up!(postgres, project);
    SET_OWNERS = set_owners!(sqlite), postgres = set_owners!(postgres);
}

impl Tx {
    /// Makes `to` the owner in the place of `from`, on all three levels: `from`
    /// takes over the role that `to` has there, where both are members and
    /// roles are exchanged, and is `owner` nowhere; `to` is `owner` in the
    /// organizations and in every workspace and project of them, whether or
    /// not they were a member before. Seven statements, all queued. `seeds` are
    /// freshly drawn ids.
    pub fn hand_over(&mut self, handover: &Handover, seeds: [Uuid; 3]) {
        let Handover {
            organizations,
            from,
            to,
            known,
            fallback,
            workspaces,
            projects,
            creator,
            by,
            now,
        } = handover;
        let (from, to, by, now) = (*from, *to, *by, *now);
        let places = || ids(organizations);
        let down = |which: Value| {
            let fallback = fallback.clone();
            values![places(), from, to, which, fallback, now, by]
        };
        // First down, then up: there is never more than one owner.
        self.write(&STEP_DOWN, down(texts(known)));
        let which = workspaces.as_deref().map_or(Value::Null, ids);
        self.write(&STEP_DOWN_IN_WORKSPACES, down(which));
        let which = projects.as_deref().map_or(Value::Null, ids);
        self.write(&STEP_DOWN_IN_PROJECTS, down(which));
        let [outer, middle, inner] = seeds.map(beginning);
        let up = |id: Value| values![id, to, places(), now, by];
        self.write(&STEP_UP, up(outer));
        self.write(&STEP_UP_IN_WORKSPACES, up(middle));
        self.write(&STEP_UP_IN_PROJECTS, up(inner));
        self.write(&SET_OWNERS, values![places(), to, *creator, now, by]);
    }
}
