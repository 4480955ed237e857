//! The list of every `code` that an answer can carry: what programs may rely on, with a word for
//! the people who write them. `docs/ERRORS.md` and the manual page are made from it.

/// One way in which a request is not answered as wished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    /// Never changes once released.
    pub(crate) code: &'static str,
    /// The status it comes with.
    pub(crate) status: u16,
    /// When it happens.
    pub(crate) when: &'static str,
}

const fn listed(code: &'static str, status: u16, when: &'static str) -> Listed {
    Listed { code, status, when }
}

/// By status, then in the order in which a reader meets them.
pub(crate) const ERRORS: &[Listed] = &[
    listed(
        "invalid_reference",
        400,
        "An operator's request names something in a way that leads nowhere.",
    ),
    listed(
        "owner_required",
        400,
        "A new organization has nobody to own it.",
    ),
    listed(
        "invalid_accounts",
        400,
        "A value of an operator's request breaks a rule; the text says which.",
    ),
    listed(
        "id_mismatch",
        400,
        "The path and the body name different things.",
    ),
    listed("invalid_uuid", 400, "An id in the path is no UUID."),
    listed(
        "nothing_to_update",
        400,
        "An update has no value that is not empty.",
    ),
    listed(
        "invalid_organization_update",
        400,
        "A value of the update breaks a rule, such as a slug that is set already.",
    ),
    listed(
        "last_organization",
        400,
        "The caller owns no other organization.",
    ),
    listed(
        "invalid_new_owner",
        400,
        "The new owner is unknown or not a member.",
    ),
    listed(
        "no_workspace_change",
        400,
        "The update of a workspace has neither a name nor a description.",
    ),
    listed("workspace_name_empty", 400, "A new workspace has no name."),
    listed(
        "workspace_outside_organization",
        400,
        "The organization has no such workspace.",
    ),
    listed(
        "role_invalid",
        400,
        "No such role, or the owner's, which only a transfer gives.",
    ),
    listed(
        "owner_cannot_leave",
        400,
        "The owner has to hand the organization over or delete it first.",
    ),
    listed("project_name_empty", 400, "A project has a blank name."),
    listed(
        "make_default_only_true",
        400,
        "A project stops being the default when another one is made it.",
    ),
    listed(
        "no_project_change",
        400,
        "The update of a project has nothing to change.",
    ),
    listed(
        "default_project",
        400,
        "The default project cannot be deleted; make another one the default first.",
    ),
    listed(
        "username_invalid",
        400,
        "The name is blank, too long, or has characters that cannot be shown.",
    ),
    listed(
        "one_invitation_at_a_time",
        400,
        "The list of those to be invited is empty or has more than one.",
    ),
    listed("self_invitation", 400, "The caller's own address."),
    listed(
        "already_in_workspace",
        400,
        "The person is a member of the workspace, or has an open invitation to it.",
    ),
    listed(
        "invitee_not_found",
        400,
        "Nobody has the address that the invitation is said to be for.",
    ),
    listed(
        "invite_not_found",
        400,
        "No invitation has this organization, token and address.",
    ),
    listed(
        "invite_email_mismatch",
        400,
        "The invitation is for another address than the caller's.",
    ),
    listed(
        "invited_project_deleted",
        400,
        "The project that the invitation was tied to was deleted.",
    ),
    listed(
        "idempotency_key_invalid",
        400,
        "The Idempotency-Key header is not 1 to 255 visible ASCII characters.",
    ),
    listed(
        "reset_token_invalid",
        400,
        "The reset link is unknown, used or expired.",
    ),
    listed(
        "too_many_form_fields",
        400,
        "A sign-up or sign-in form has fields that nobody asked for.",
    ),
    listed(
        "body_incomplete",
        400,
        "The connection ended within the body.",
    ),
    listed(
        "unauthenticated",
        401,
        "There is no credential, or it opens nothing any more.",
    ),
    listed(
        "out_of_scope",
        401,
        "The session's user has no part in the project or workspace that the query names.",
    ),
    listed(
        "invalid_service_token",
        401,
        "A service's token cannot be read, or another key signed it.",
    ),
    listed("service_token_expired", 401, "A service's token has ended."),
    listed(
        "access_denied",
        401,
        "The access policy of this deployment does not admit the address.",
    ),
    listed(
        "wrong_credentials",
        401,
        "The address is unknown or the password wrong.",
    ),
    listed(
        "session_invalid",
        401,
        "The session was revoked, has ended, or never was.",
    ),
    listed(
        "session_expired",
        401,
        "The access token has expired; refresh the session.",
    ),
    listed(
        "not_permitted",
        403,
        "A permission check came out as no, or a service asked for more than to write content.",
    ),
    listed(
        "no_membership",
        403,
        "The caller is not a member of any project yet.",
    ),
    listed(
        "forbidden",
        403,
        "Only the organization's owner may do this.",
    ),
    listed(
        "forbidden_in_project",
        403,
        "The caller's role in the project lacks the permission.",
    ),
    listed(
        "insufficient_role",
        403,
        "The caller's role in the workspace lacks the permission, or is not above the role or person in question.",
    ),
    listed(
        "owner_protected",
        403,
        "The organization's owner keeps their role until they hand over.",
    ),
    listed(
        "workspace_update_forbidden",
        403,
        "The caller's role in the workspace lacks edit_workspace.",
    ),
    listed(
        "not_organization_member",
        403,
        "The caller is not a member, or there is no such organization.",
    ),
    listed(
        "not_allowed_to_create_organizations",
        403,
        "This deployment lists who may own organizations, and the caller is not on the list.",
    ),
    listed(
        "only_owner_can_transfer",
        403,
        "The caller does not own the organization, or there is none.",
    ),
    listed(
        "link_domain_not_allowed",
        403,
        "The invitation link is for addresses of other domains.",
    ),
    listed(
        "email_not_verified",
        403,
        "It is not known that the caller's e-mail address is theirs; using a link that was sent to it proves that, and an operator can confirm it.",
    ),
    listed(
        "vetoed",
        403,
        "An extension of this deployment refuses the change.",
    ),
    listed(
        "scope_missing",
        403,
        "The operator's key lacks the scope that the operation needs.",
    ),
    listed("no_such_path", 404, "No endpoint has this path."),
    listed(
        "not_found",
        404,
        "There is no such thing, or none that the caller may know of.",
    ),
    listed(
        "user_not_found",
        404,
        "The account behind the credential is gone.",
    ),
    listed(
        "workspace_not_found",
        404,
        "No such workspace, or not one that the caller may know of.",
    ),
    listed(
        "workspace_not_in_organization",
        404,
        "The organization has no such workspace.",
    ),
    listed(
        "not_workspace_member",
        404,
        "The person is not a member of the workspace.",
    ),
    listed("no_such_user", 404, "No account has this address."),
    listed(
        "project_not_found",
        404,
        "There is no such project, or the caller is not a member.",
    ),
    listed(
        "no_open_invitation",
        404,
        "There is no invitation that nobody has answered.",
    ),
    listed(
        "invitation_not_found",
        404,
        "No such invitation, or one that is none of the caller's affair.",
    ),
    listed(
        "invitation_link_not_found",
        404,
        "There is no such invitation link, or none that the caller may know of.",
    ),
    listed(
        "account_deletion_unavailable",
        404,
        "Nobody deletes their own account on this deployment.",
    ),
    listed(
        "api_key_not_found",
        404,
        "There is no such key, or it is somebody else's.",
    ),
    listed(
        "entity_not_found",
        404,
        "What an operator names is not there.",
    ),
    listed(
        "method_not_allowed",
        405,
        "The path exists, but not with this method; see Allow.",
    ),
    listed("body_too_slow", 408, "The body did not arrive in time."),
    listed(
        "account_exists",
        409,
        "An account that was to be made has an owner already.",
    ),
    listed(
        "accounts_conflict",
        409,
        "What an operator asks for cannot be beside what is there; the text says what.",
    ),
    listed("slug_taken", 409, "Another organization has this slug."),
    listed(
        "email_taken",
        409,
        "The address has an account with another way to sign in.",
    ),
    listed(
        "already_member",
        409,
        "The person is a member of the organization already.",
    ),
    listed(
        "already_workspace_member",
        409,
        "The caller is a member of the workspace already; no use of the link was counted.",
    ),
    listed(
        "invite_already_accepted",
        409,
        "The invitation was used, or the caller is a member already.",
    ),
    listed(
        "idempotency_conflict",
        409,
        "The Idempotency-Key was used for another request.",
    ),
    listed("invite_expired", 410, "The invitation's time ran out."),
    listed(
        "invite_issuer_not_member",
        410,
        "Who sent the invitation is no member any more.",
    ),
    listed(
        "invite_issuer_demoted",
        410,
        "Who sent the invitation could not send it any more.",
    ),
    listed(
        "invitation_link_revoked",
        410,
        "Somebody who manages members revoked the invitation link.",
    ),
    listed(
        "invitation_link_expired",
        410,
        "The invitation link's time is over.",
    ),
    listed(
        "invitation_link_used_up",
        410,
        "As many have joined by the invitation link as it lets in.",
    ),
    listed(
        "invitation_link_already_used",
        410,
        "The caller joined by this invitation link once, and is not a member any more.",
    ),
    listed(
        "link_issuer_not_member",
        410,
        "Who made the invitation link is not a member of the workspace any more.",
    ),
    listed(
        "link_issuer_demoted",
        410,
        "Who made the invitation link may not give its role any more.",
    ),
    listed(
        "body_too_large",
        413,
        "The body is larger than 64 KiB, or 1 MiB where many things come at once.",
    ),
    listed(
        "unsupported_media_type",
        415,
        "The body is not sent as application/json, or text/csv where that is taken.",
    ),
    listed(
        "invalid_request",
        422,
        "The body, query or path does not have the documented shape; detail lists every mistake.",
    ),
    listed(
        "invalid_field",
        422,
        "A value has the right type but breaks a rule.",
    ),
    listed(
        "too_many_attempts",
        429,
        "Too many failed attempts, questions or invitations; Retry-After says when to come back.",
    ),
    listed(
        "internal",
        500,
        "The server failed. Its log has the cause under the request_id.",
    ),
    listed(
        "feature_unavailable",
        501,
        "This deployment has no such way of signing in.",
    ),
    listed(
        "busy",
        503,
        "The server has too much to do; try again after Retry-After.",
    ),
    listed(
        "unavailable",
        503,
        "The database cannot be reached. Nothing was changed; try again after Retry-After.",
    ),
    listed("not_ready", 503, "The database does not answer."),
    listed(
        "outcome_unknown",
        503,
        "The connection to the database broke during a commit; repeat the request with the same Idempotency-Key.",
    ),
];
