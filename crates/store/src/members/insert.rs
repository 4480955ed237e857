//! Inserting memberships, many at a time.
//!
//! The caller gives every row. Not here: joining, where the database computes
//! the rows (`join`).

use std::borrow::Cow;

use freehold_domain::{Id, Membership, Timestamp, User};
use uuid::Uuid;

use crate::engine::value::values;
use crate::engine::{Insert, Value};

/// A new membership of an organization, a workspace or a project.
#[derive(Clone, Debug)]
pub struct MemberRow {
    /// Its id.
    pub id: Id<Membership>,
    /// The user.
    pub user: Id<User>,
    /// The organization, workspace or project.
    pub scope_id: Uuid,
    /// Its parent: a workspace's organization, a project's workspace. Ignored
    /// for an organization.
    pub parent_id: Uuid,
    /// The role.
    pub role: Cow<'static, str>,
    /// When it is created.
    pub now: Timestamp,
    /// The user who adds the member; none if an operator does.
    pub actor: Option<Id<User>>,
}

/// A text value that is not copied if it is static.
pub(crate) fn static_or_owned(text: Cow<'static, str>) -> Value {
    match text {
        Cow::Borrowed(text) => Value::Static(text),
        Cow::Owned(text) => Value::Text(text),
    }
}

/// The rows as they are inserted; an organization is in nothing.
pub(crate) fn member_rows(rows: Vec<MemberRow>, has_parent: bool) -> Vec<Vec<Value>> {
    rows.into_iter()
        .map(|row| {
            let MemberRow {
                id,
                user,
                scope_id,
                parent_id,
                role,
                now,
                actor,
            } = row;
            let role = static_or_owned(role);
            if has_parent {
                values![id, user, scope_id, parent_id, role, now, actor]
            } else {
                values![id, user, scope_id, role, now, actor]
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
