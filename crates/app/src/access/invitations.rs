//! Who may ask others in, whether an invitation is still worth something, and
//! who may sign up by one.

use freehold_domain::{
    Decision, Id, Level, Organization, Permission, Refusal, RoleCatalog, RoleDefinition, Trace,
    User,
};
use freehold_store::{InvitationLinkRecord, InvitationRecord, MemberContext};

use super::{Authority, authority, check_rank, check_workspace_permission};

/// Whether somebody may ask others into a workspace of `organization`. Whoever
/// has no part in that is told that it has no such workspace.
pub(crate) fn check_invite_permission(
    authority: Option<&Authority>,
    organization: Id<Organization>,
) -> Decision {
    let member = authority.filter(|it| {
        let context = it.member_context();
        context.organization == organization
            && (it.is_owner() || context.organization_role.is_some())
    });
    let Some(member) = member else {
        let mut trace = Trace::new();
        trace.step("workspace_of_organization", organization.to_string(), false);
        return Decision::refused(Refusal::WorkspaceNotInOrganization, trace);
    };
    let permission = Permission::AddNewUserToWorkspace;
    check_workspace_permission(Some(member), permission, Refusal::InsufficientRole)
}

/// Whose word stands behind something that lets people in, and the refusals
/// when it does not count any more.
#[derive(Clone, Debug)]
struct Issuer<'a> {
    /// Who it was; nobody is the operator.
    id: Option<Id<User>>,
    /// What they are in the workspace today, while they have an account.
    authority: Option<&'a Authority>,
    /// They are no member any more.
    not_member: Refusal,
    /// They could not issue it any more.
    demoted: Refusal,
}

/// Whether an issuer could still let people in as `role`: decided by the rules
/// by which it was issued, over what is true now. Continues `trace`.
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
    let authority = authority.filter(|it| it.is_member() || it.is_owner());
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
    let reach = roles
        .find(Level::Workspace, role)
        .map(RoleDefinition::combined_permissions);
    trace.step("role_exists", role, reach.is_some());
    match reach {
        Some(reach) => check_rank(authority, role, reach, demoted, trace),
        // Nobody can give a role that is no more.
        None => Decision::refused(Refusal::RoleNameInvalid(role.to_owned()), trace),
    }
}

/// Whether an invitation is still worth something, as far as its role and its
/// issuer go.
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

/// Whether a link is still worth something, as far as its issuer and its role
/// go. Continues `trace`.
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
