//! Who may invite to a workspace, and whether an invitation or an invitation
//! link is still valid.

use freehold_domain::{
    Decision, Id, Level, Organization, Permission, Refusal, RoleCatalog, RoleDefinition, Trace,
    User,
};
use freehold_store::{InvitationLinkRecord, InvitationRecord, MemberContext};

use super::{Authority, authority, check_rank, check_workspace_permission};

/// Returns whether a user may invite to a workspace of `organization`. For a user
/// outside of the organization the refusal is that of a missing workspace.
pub(crate) fn check_invite_permission(
    authority: Option<&Authority>,
    organization: Id<Organization>,
) -> Decision {
    let member = authority.filter(|authority| {
        let context = authority.member_context();
        context.organization == organization && (authority.is_owner() || context.is_member())
    });
    let Some(member) = member else {
        let mut trace = Trace::new();
        trace.step("workspace_of_organization", organization.to_string(), false);
        return Decision::refused(Refusal::WorkspaceNotInOrganization, trace);
    };
    let permission = Permission::AddNewUserToWorkspace;
    check_workspace_permission(Some(member), permission, Refusal::InsufficientRole)
}

/// The issuer of an invitation or an invitation link, and the refusals if they
/// may not invite any more.
#[derive(Clone, Debug)]
struct Issuer<'a> {
    /// The user; `None` for an operator.
    id: Option<Id<User>>,
    /// Their current authority in the workspace, if they have an account.
    authority: Option<&'a Authority>,
    /// The refusal if they are no longer a member.
    not_member: Refusal,
    /// The refusal if they could no longer issue it.
    demoted: Refusal,
}

/// Returns whether an issuer may still invite members with `role`: by the rules
/// for issuing, applied to the current state. Continues `trace`.
fn check_issuer(issuer: Issuer<'_>, role: &str, roles: &RoleCatalog, mut trace: Trace) -> Decision {
    let Issuer {
        id,
        authority,
        not_member,
        demoted,
    } = issuer;
    let Some(id) = id else {
        trace.step("issuer_is_member", "an operator", true);
        return Decision::allowed(trace);
    };
    let authority = authority.filter(|authority| authority.is_member() || authority.is_owner());
    trace.step("issuer_is_member", id.to_string(), authority.is_some());
    let Some(authority) = authority else {
        return Decision::refused(not_member, trace);
    };
    let permission = Permission::AddNewUserToWorkspace;
    let is_permitted = authority.permissions.contains(permission);
    let input = format!("{permission} as {}", authority.role_name());
    if !trace.step("issuer_may_invite", input, is_permitted) {
        return Decision::refused(demoted, trace);
    }
    let permissions = roles
        .find(Level::Workspace, role)
        .map(RoleDefinition::combined_permissions);
    trace.step("role_exists", role, permissions.is_some());
    match permissions {
        Some(permissions) => check_rank(authority, role, permissions, demoted, trace),
        None => Decision::refused(Refusal::RoleNameInvalid(role.to_owned()), trace),
    }
}

/// Returns whether an invitation is still valid, as far as its role and its
/// issuer are concerned.
pub(crate) fn check_invitation_valid(
    invitation: &InvitationRecord,
    issuer: Option<&MemberContext>,
    roles: &RoleCatalog,
    mut trace: Trace,
) -> Decision {
    let role = &invitation.role;
    let role_exists = roles.find(Level::Workspace, role).is_some();
    if !role_exists {
        trace.step("role_exists", role.clone(), false);
        return Decision::refused(Refusal::RoleNameInvalid(role.clone()), trace);
    }
    let authority = issuer.map(|context| authority(roles, context.clone()));
    let issuer = Issuer {
        id: invitation.issuer,
        authority: authority.as_ref(),
        not_member: Refusal::InviteIssuerNotMember,
        demoted: Refusal::InviteIssuerDemoted,
    };
    check_issuer(issuer, role, roles, trace)
}

/// Returns whether an invitation link is still valid, as far as its issuer and
/// its role are concerned. Continues `trace`.
pub(crate) fn check_link_valid(
    link: &InvitationLinkRecord,
    issuer: Option<&Authority>,
    roles: &RoleCatalog,
    trace: Trace,
) -> Decision {
    let issuer = Issuer {
        id: link.issuer,
        authority: issuer,
        not_member: Refusal::LinkIssuerNotMember,
        demoted: Refusal::LinkIssuerDemoted,
    };
    check_issuer(issuer, &link.role, roles, trace)
}
