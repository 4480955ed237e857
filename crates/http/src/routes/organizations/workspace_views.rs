//! JSON views of workspaces and their members.

use std::collections::HashMap;

use freehold_app::{MemberRecord, MembershipState, WorkspaceDetails, WorkspaceRecord};
use freehold_domain::{
    Id, Level, Organization, PermissionRef, RoleCatalog, RoleDefinition, Timestamp, Workspace,
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A workspace in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ListedWorkspaceView<'a> {
    /// The workspace's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<Workspace>,
    /// The display name.
    name: Option<&'a str>,
    /// What the workspace is for.
    description: Option<&'a str>,
    /// `default` for the workspace that was created with its organization.
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

/// A workspace and its members.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkspaceView<'a> {
    /// When the workspace was created.
    created_at: Option<String>,
    /// When the workspace was last changed.
    updated_at: Option<String>,
    /// The workspace's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<Workspace>,
    /// The display name.
    name: Option<&'a str>,
    /// What the workspace is for.
    description: Option<&'a str>,
    /// `default` for the workspace that was created with its organization.
    r#type: Option<&'a str>,
    /// The id of the workspace's organization.
    #[schema(value_type = String, format = "uuid")]
    organization: Id<Organization>,
    /// The invitees, then the members.
    members: Vec<MemberView<'a>>,
}

impl<'a> WorkspaceView<'a> {
    pub(crate) fn new(details: &'a WorkspaceDetails, roles: &'a RoleDescriptions<'a>) -> Self {
        let WorkspaceDetails {
            workspace,
            members,
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
            members: members
                .iter()
                .map(|member| MemberView::new(member, roles, *at))
                .collect(),
        }
    }
}

/// The descriptions of all roles as JSON, serialized once: a workspace can have ten thousand
/// members.
#[derive(Debug)]
pub(crate) struct RoleDescriptions<'a> {
    known: HashMap<&'a str, RoleDescription<'a>>,
    /// The permissions of a role that is not in the catalog: an empty list.
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
            let permissions = role.permissions_in_order();
            let permissions: Vec<_> = permissions.map(PermissionRef::as_str).collect();
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

/// A member of a workspace, or an invitee.
#[derive(Debug, Serialize, ToSchema)]
struct MemberView<'a> {
    /// The user.
    user: MemberUserView<'a>,
    /// Always one role; a list for compatibility.
    roles: [MemberRoleView<'a>; 1],
}

/// The user of a membership or an invitation.
#[derive(Debug, Serialize, ToSchema)]
struct MemberUserView<'a> {
    /// The user's id. For an invitee without an account: the address.
    #[schema(value_type = String)]
    id: MemberId<'a>,
    /// The email address.
    email: &'a str,
    /// The user's name. For an invitee without a name: the part of the address before `@`.
    username: Option<&'a str>,
    /// `member`; for an invitee `pending` or `expired`.
    status: &'static str,
    /// When the user's account was created; for an invitee, when they were invited.
    created_at: Option<String>,
}

/// The id of a user, or the address of an invitee without an account.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum MemberId<'a> {
    User(Uuid),
    Email(&'a str),
}

/// The role of a member in the workspace.
#[derive(Debug, Serialize, ToSchema)]
struct MemberRoleView<'a> {
    /// The role's name, such as `viewer`.
    role_name: &'a str,
    /// What the role is for; null for a role that is not in the catalog.
    role_description: Option<&'a str>,
    /// Every permission of the role, also for the owner; null for invitees.
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
            state,
        } = member;
        let status = match state {
            MembershipState::Member => "member",
            MembershipState::Invited(Some(until)) if *until < now => "expired",
            MembershipState::Invited(_) => "pending",
        };
        let local_part = || email.split('@').next();
        let username = match state {
            MembershipState::Member => username.as_deref(),
            MembershipState::Invited(_) => username.as_deref().or_else(local_part),
        };
        // A role that is not in the catalog grants nothing. It is shown so that an admin can
        // assign another one.
        let known = roles.known.get(role.as_str());
        let permissions = match state {
            MembershipState::Member => known.map_or(roles.no_permissions.as_deref(), |role| {
                role.permissions.as_deref()
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
                role_description: known.map(|role| role.description),
                permissions,
            }],
        }
    }
}
