//! Invitations and invitation links.

use super::{ErrorEntry, entry};

pub(super) const ERRORS: &[ErrorEntry] = &[
    entry(
        "one_invitation_at_a_time",
        400,
        "The list of invitees is empty or has more than one entry.",
    ),
    entry(
        "self_invitation",
        400,
        "The invitation is for the caller's own address.",
    ),
    entry(
        "already_in_workspace",
        400,
        "The invitee is a member of the workspace, or has an open invitation to it.",
    ),
    entry(
        "invitee_not_found",
        400,
        "No user has the address that the request names.",
    ),
    entry(
        "invite_not_found",
        400,
        "No invitation has this organization, token and address.",
    ),
    entry(
        "invite_email_mismatch",
        400,
        "The invitation is for another address than the caller's.",
    ),
    entry(
        "invited_project_deleted",
        400,
        "The project of the invitation was deleted.",
    ),
    entry(
        "link_domain_not_allowed",
        403,
        "The invitation link is for addresses of other domains.",
    ),
    entry(
        "no_open_invitation",
        404,
        "The address has no open invitation to the workspace.",
    ),
    entry(
        "invitation_not_found",
        404,
        "The invitation does not exist, or the caller has no access to it.",
    ),
    entry(
        "invitation_link_not_found",
        404,
        "The invitation link does not exist, or the caller has no access to it.",
    ),
    entry(
        "already_workspace_member",
        409,
        "The caller is a member of the workspace already. The use of the link was not counted.",
    ),
    entry(
        "invite_already_accepted",
        409,
        "The invitation was accepted, or the caller is a member already.",
    ),
    entry("invite_expired", 410, "The invitation has expired."),
    entry(
        "invite_issuer_not_member",
        410,
        "The sender of the invitation is not a member any more.",
    ),
    entry(
        "invite_issuer_demoted",
        410,
        "The sender of the invitation may not invite with its role any more.",
    ),
    entry(
        "invitation_link_revoked",
        410,
        "The invitation link was revoked.",
    ),
    entry(
        "invitation_link_expired",
        410,
        "The invitation link has expired.",
    ),
    entry(
        "invitation_link_used_up",
        410,
        "The invitation link has reached its limit of uses.",
    ),
    entry(
        "invitation_link_already_used",
        410,
        "The caller joined with this invitation link before, and is not a member any more.",
    ),
    entry(
        "link_issuer_not_member",
        410,
        "The creator of the invitation link is not a member of the workspace any more.",
    ),
    entry(
        "link_issuer_demoted",
        410,
        "The creator of the invitation link may not assign its role any more.",
    ),
];
