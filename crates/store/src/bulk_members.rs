//! Many memberships at once: new rows, and other roles for those that are
//! there.
//!
//! Here nothing follows from anything: whoever calls knows every row. Joining
//! by what the database knows is in `joining`.

use std::borrow::Cow;

use freehold_domain::{Id, Level, Membership, Timestamp, User};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::seam::statement::statements;
use crate::seam::value::values;
use crate::seam::{Insert, Tx, Value};

/// A new membership of an organization, a workspace or a project.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Its id.
    pub id: Id<Membership>,
    /// Who.
    pub user: Id<User>,
    /// Where.
    pub place: Uuid,
    /// What the place is in: a workspace's organization, a project's
    /// workspace. Of no meaning for an organization.
    pub within: Uuid,
    /// As what.
    pub role: Cow<'static, str>,
    /// When.
    pub now: Timestamp,
    /// Who let them in; nobody is the operator.
    pub by: Option<Id<User>>,
}

/// The rows as they are inserted; an organization is in nothing.
pub(crate) fn member_rows(rows: Vec<MemberRow>, is_within: bool) -> Vec<Vec<Value>> {
    rows.into_iter()
        .map(|row| {
            let MemberRow {
                id,
                user,
                place,
                within,
                role,
                now,
                by,
            } = row;
            let role = match role {
                Cow::Borrowed(role) => Value::Static(role),
                Cow::Owned(role) => Value::Text(role),
            };
            if is_within {
                values![id, user, place, within, role, now, by]
            } else {
                values![id, user, place, role, now, by]
            }
        })
        .collect()
}

pub(crate) static ORGANIZATION_MEMBERS: Insert = Insert {
    table: "organization_members",
    columns: &[
        "id",
        "user_id",
        "organization_id",
        "role",
        "created_at",
        "created_by_id",
    ],
};
pub(crate) static WORKSPACE_MEMBERS: Insert = Insert {
    table: "workspace_members",
    columns: &[
        "id",
        "user_id",
        "workspace_id",
        "organization_id",
        "role",
        "created_at",
        "created_by_id",
    ],
};
pub(crate) static PROJECT_MEMBERS: Insert = Insert {
    table: "project_members",
    columns: &[
        "id",
        "user_id",
        "project_id",
        "workspace_id",
        "role",
        "created_at",
        "created_by_id",
    ],
};

/// The inserts of this file.
pub(crate) static INSERTS: &[&Insert] =
    &[&ORGANIZATION_MEMBERS, &WORKSPACE_MEMBERS, &PROJECT_MEMBERS];

// A list of texts: the id in 32 hexadecimal digits, and behind it the role.
macro_rules! set_roles {
    (sqlite, $table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET role = substr(a.value, 33), updated_at = $2, updated_by_id = NULL
               FROM json_each($1) a
              WHERE ",
            $table,
            ".id = unhex(substr(a.value, 1, 32))"
        )
    };
    (postgres, $table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET role = substr(a.value, 33), updated_at = $2, updated_by_id = NULL
               FROM jsonb_array_elements_text($1) a
              WHERE ",
            $table,
            ".id = substr(a.value, 1, 32)::uuid"
        )
    };
}

statements! {
    SET_ORGANIZATION_ROLES = set_roles!(sqlite, "organization_members"),
        postgres = set_roles!(postgres, "organization_members");
    SET_WORKSPACE_ROLES = set_roles!(sqlite, "workspace_members"),
        postgres = set_roles!(postgres, "workspace_members");
    SET_PROJECT_ROLES = set_roles!(sqlite, "project_members"),
        postgres = set_roles!(postgres, "project_members");
}

impl Tx {
    /// Gives memberships of a level other roles, in an operator's name. One
    /// statement, queued; none if there are none.
    pub fn set_roles(
        &mut self,
        level: Level,
        roles: &[(Id<Membership>, Cow<'static, str>)],
        now: Timestamp,
    ) {
        if roles.is_empty() {
            return;
        }
        let sql = match level {
            Level::Organization => &SET_ORGANIZATION_ROLES,
            Level::Workspace => &SET_WORKSPACE_ROLES,
            Level::Project => &SET_PROJECT_ROLES,
        };
        let roles = roles
            .iter()
            .map(|(id, role)| Json::from(format!("{}{role}", id.uuid().simple())));
        self.write(sql, values![Json::from_iter(roles), now]);
    }
}
