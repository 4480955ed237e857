//! Workspaces and the people in them as the API shows them.

use std::collections::HashMap;

use freehold_app::{MemberRecord, MembershipState, WorkspaceDetails, WorkspaceRecord};
use freehold_domain::{Id, Level, Organization, RoleCatalog, RoleDefinition, Timestamp, Workspace};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A workspace in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListedWorkspaceView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<Workspace>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    /// `default` for the one that came with its organization.
    r#type: Option<&'a str>,
}

impl<'a> From<&'a WorkspaceRecord> for ListedWorkspaceView<'a> {
    fn from(workspace: &'a WorkspaceRecord) -> Self {
        let WorkspaceRecord {
            id,
            name,
            kind,
            description,
            organization: _,
            created_at: _,
            updated_at: _,
            default_project: _,
            is_demo: _,
        } = workspace;
        Self {
            id: *id,
            name: name.as_deref(),
            description: description.as_deref(),
            r#type: kind.as_deref(),
        }
    }
}

/// A workspace and who is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceView<'a> {
    created_at: Option<String>,
    updated_at: Option<String>,
    #[schema(value_type = String, format = "uuid")]
    id: Id<Workspace>,
    name: Option<&'a str>,
    description: Option<&'a str>,
    r#type: Option<&'a str>,
    #[schema(value_type = String, format = "uuid")]
    organization: Id<Organization>,
    /// Those who are invited, then those who are members.
    members: Vec<MemberView<'a>>,
}

impl<'a> WorkspaceView<'a> {
    pub(crate) fn new(details: &'a WorkspaceDetails, roles: &'a RoleDescriptions<'a>) -> Self {
        let WorkspaceDetails {
            workspace,
            members: people,
            at,
        } = details;
        let WorkspaceRecord {
            id,
            name,
            kind,
            description,
            organization,
            created_at,
            updated_at,
            default_project: _,
            is_demo: _,
        } = workspace;
        Self {
            created_at: created_at.map(Timestamp::blank_offset),
            updated_at: updated_at.map(Timestamp::blank_offset),
            id: *id,
            name: name.as_deref(),
            description: description.as_deref(),
            r#type: kind.as_deref(),
            organization: *organization,
            members: people
                .iter()
                .map(|member| MemberView::new(member, roles, *at))
                .collect(),
        }
    }
}

/// What is said of each role, written out once: there may be ten thousand members.
#[derive(Debug)]
pub(crate) struct RoleDescriptions<'a> {
    known: HashMap<&'a str, RoleDescription<'a>>,
    /// What a role may do that nobody knows.
    no_permissions: Option<Box<RawValue>>,
}

#[derive(Debug)]
struct RoleDescription<'a> {
    description: &'a str,
    permissions: Option<Box<RawValue>>,
}

impl<'a> RoleDescriptions<'a> {
    pub(crate) fn of(roles: &'a RoleCatalog) -> Self {
        let described = |role: &'a RoleDefinition| {
            let permissions = role.permissions_in_order().iter();
            let permissions: Vec<_> = permissions.map(|it| it.as_str()).collect();
            let described = RoleDescription {
                description: role.description(),
                permissions: to_raw_value(&permissions).ok(),
            };
            (role.slug(), described)
        };
        Self {
            known: roles.roles(Level::Project).iter().map(described).collect(),
            no_permissions: to_raw_value(&[(); 0]).ok(),
        }
    }
}

/// Somebody in a workspace.
#[derive(Debug, Serialize, ToSchema)]
struct MemberView<'a> {
    user: MemberUserView<'a>,
    /// Exactly one; a list because it once could be more.
    roles: [MemberRoleView<'a>; 1],
}

#[derive(Debug, Serialize, ToSchema)]
struct MemberUserView<'a> {
    #[schema(value_type = String)]
    id: MemberId<'a>,
    email: &'a str,
    username: Option<&'a str>,
    /// `member`; for an invitation `pending` or `expired`.
    status: &'static str,
    created_at: Option<String>,
}

/// Whoever has no account yet goes by their address.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum MemberId<'a> {
    User(Uuid),
    Email(&'a str),
}

#[derive(Debug, Serialize, ToSchema)]
struct MemberRoleView<'a> {
    role_name: &'a str,
    role_description: Option<&'a str>,
    /// All of them, also for the owner; none yet for whoever is only invited.
    #[schema(value_type = Option<Vec<String>>)]
    permissions: Option<&'a RawValue>,
}

impl<'a> MemberView<'a> {
    fn new(member: &'a MemberRecord, roles: &'a RoleDescriptions<'a>, now: Timestamp) -> Self {
        let MemberRecord {
            user,
            email,
            username,
            created_at,
            role,
            state: belonging,
        } = member;
        let status = match belonging {
            MembershipState::Member => "member",
            MembershipState::Invited(Some(until)) if *until < now => "expired",
            MembershipState::Invited(_) => "pending",
        };
        let local_part = || email.split('@').next();
        let username = match belonging {
            MembershipState::Member => username.as_deref(),
            MembershipState::Invited(_) => username.as_deref().or_else(local_part),
        };
        // A role that nobody knows grants nothing; it is shown so that somebody can mend it.
        let known = roles.known.get(role.as_str());
        let permissions = match belonging {
            MembershipState::Member => known.map_or(roles.no_permissions.as_deref(), |it| {
                it.permissions.as_deref()
            }),
            MembershipState::Invited(_) => None,
        };
        Self {
            user: MemberUserView {
                id: user.map_or(MemberId::Email(email), |id| MemberId::User(id.uuid())),
                email,
                username,
                status,
                created_at: created_at.map(Timestamp::blank_offset),
            },
            roles: [MemberRoleView {
                role_name: role,
                role_description: known.map(|it| it.description),
                permissions,
            }],
        }
    }
}
