//! The list of every `code` that an answer can carry: what programs may rely on, with a word for
//! the people who write them. `docs/ERRORS.md` and the manual page are made from it.

/// One way in which a request is not answered as wished.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorEntry {
    /// Never changes once released.
    pub(crate) code: &'static str,
    /// The status it comes with.
    pub(crate) status: u16,
    /// When it happens.
    pub(crate) description: &'static str,
}

const fn entry(code: &'static str, status: u16, description: &'static str) -> ErrorEntry {
    ErrorEntry {
        code,
        status,
        description,
    }
}

/// By status, then in the order in which a reader meets them.
pub(crate) const ERRORS: &[ErrorEntry] = &[
    entry(
        "invalid_reference",
        400,
        "An operator's request names something in a way that leads nowhere.",
    ),
    entry(
        "owner_required",
        400,
        "A new organization has nobody to own it.",
    ),
    entry(
        "invalid_accounts",
        400,
        "A value of an operator's request breaks a rule; the text says which.",
    ),
    entry(
        "id_mismatch",
        400,
        "The path and the body name different things.",
    ),
    entry("invalid_uuid", 400, "An id in the path is no UUID."),
    entry(
        "nothing_to_update",
        400,
        "An update has no value that is not empty.",
    ),
    entry(
        "invalid_organization_update",
        400,
        "A value of the update breaks a rule, such as a slug that is set already.",
    ),
    entry(
        "last_organization",
        400,
        "The caller owns no other organization.",
    ),
    entry(
        "invalid_new_owner",
        400,
        "The new owner is unknown or not a member.",
    ),
    entry(
        "no_workspace_change",
        400,
        "The update of a workspace has neither a name nor a description.",
    ),
    entry("workspace_name_empty", 400, "A new workspace has no name."),
    entry(
        "workspace_outside_organization",
        400,
        "The organization has no such workspace.",
    ),
    entry(
        "role_invalid",
        400,
        "No such role, or the owner's, which only a transfer gives.",
    ),
    entry(
        "owner_cannot_leave",
        400,
        "The owner has to hand the organization over or delete it first.",
    ),
    entry("project_name_empty", 400, "A project has a blank name."),
    entry(
        "make_default_only_true",
        400,
        "A project stops being the default when another one is made it.",
    ),
    entry(
        "no_project_change",
        400,
        "The update of a project has nothing to change.",
    ),
    entry(
        "default_project_not_deletable",
        400,
        "The default project cannot be deleted; make another one the default first.",
    ),
    entry(
        "username_invalid",
        400,
        "The name is blank, too long, or has characters that cannot be shown.",
    ),
    entry(
        "one_invitation_at_a_time",
        400,
        "The list of those to be invited is empty or has more than one.",
    ),
    entry("self_invitation", 400, "The caller's own address."),
    entry(
        "already_in_workspace",
        400,
        "The person is a member of the workspace, or has an open invitation to it.",
    ),
    entry(
        "invitee_not_found",
        400,
        "Nobody has the address that the invitation is said to be for.",
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
        "The project that the invitation was tied to was deleted.",
    ),
    entry(
        "idempotency_key_invalid",
        400,
        "The Idempotency-Key header is not 1 to 255 visible ASCII characters.",
    ),
    entry(
        "reset_token_invalid",
        400,
        "The reset link is unknown, used or expired.",
    ),
    entry(
        "too_many_form_fields",
        400,
        "A sign-up or sign-in form has fields that nobody asked for.",
    ),
    entry(
        "body_incomplete",
        400,
        "The connection ended within the body.",
    ),
    entry(
        "unauthenticated",
        401,
        "There is no credential, or it opens nothing any more.",
    ),
    entry(
        "out_of_scope",
        401,
        "The session's user has no part in the project or workspace that the query names.",
    ),
    entry(
        "invalid_service_token",
        401,
        "A service's token cannot be read, or another key signed it.",
    ),
    entry("service_token_expired", 401, "A service's token has ended."),
    entry(
        "access_denied",
        401,
        "The access policy of this deployment does not admit the address.",
    ),
    entry(
        "wrong_credentials",
        401,
        "The address is unknown or the password wrong.",
    ),
    entry(
        "session_invalid",
        401,
        "The session was revoked, has ended, or never was.",
    ),
    entry(
        "session_expired",
        401,
        "The access token has expired; refresh the session.",
    ),
    entry(
        "not_permitted",
        403,
        "A permission check came out as no, or a service asked for more than to write content.",
    ),
    entry(
        "no_membership",
        403,
        "The caller is not a member of any project yet.",
    ),
    entry(
        "forbidden",
        403,
        "Only the organization's owner may do this.",
    ),
    entry(
        "forbidden_in_project",
        403,
        "The caller's role in the project lacks the permission.",
    ),
    entry(
        "insufficient_role",
        403,
        "The caller's role in the workspace lacks the permission, or is not above the role or person in question.",
    ),
    entry(
        "owner_protected",
        403,
        "The organization's owner keeps their role until they hand over.",
    ),
    entry(
        "workspace_update_forbidden",
        403,
        "The caller's role in the workspace lacks edit_workspace.",
    ),
    entry(
        "not_organization_member",
        403,
        "The caller is not a member, or there is no such organization.",
    ),
    entry(
        "not_allowed_to_create_organizations",
        403,
        "This deployment lists who may own organizations, and the caller is not on the list.",
    ),
    entry(
        "only_owner_can_transfer",
        403,
        "The caller does not own the organization, or there is none.",
    ),
    entry(
        "link_domain_not_allowed",
        403,
        "The invitation link is for addresses of other domains.",
    ),
    entry(
        "email_not_verified",
        403,
        "It is not known that the caller's e-mail address is theirs; using a link that was sent to it proves that, and an operator can confirm it.",
    ),
    entry(
        "vetoed",
        403,
        "An extension of this deployment refuses the change.",
    ),
    entry(
        "scope_missing",
        403,
        "The operator's key lacks the scope that the operation needs.",
    ),
    entry("no_such_path", 404, "No endpoint has this path."),
    entry(
        "not_found",
        404,
        "There is no such thing, or none that the caller may know of.",
    ),
    entry(
        "user_not_found",
        404,
        "The account behind the credential is gone.",
    ),
    entry(
        "workspace_not_found",
        404,
        "No such workspace, or not one that the caller may know of.",
    ),
    entry(
        "workspace_not_in_organization",
        404,
        "The organization has no such workspace.",
    ),
    entry(
        "not_workspace_member",
        404,
        "The person is not a member of the workspace.",
    ),
    entry("no_such_user", 404, "No account has this address."),
    entry(
        "project_not_found",
        404,
        "There is no such project, or the caller is not a member.",
    ),
    entry(
        "no_open_invitation",
        404,
        "There is no invitation that nobody has answered.",
    ),
    entry(
        "invitation_not_found",
        404,
        "No such invitation, or one that is none of the caller's affair.",
    ),
    entry(
        "invitation_link_not_found",
        404,
        "There is no such invitation link, or none that the caller may know of.",
    ),
    entry(
        "account_deletion_unavailable",
        404,
        "Nobody deletes their own account on this deployment.",
    ),
    entry(
        "api_key_not_found",
        404,
        "There is no such key, or it is somebody else's.",
    ),
    entry(
        "entity_not_found",
        404,
        "What an operator names is not there.",
    ),
    entry(
        "method_not_allowed",
        405,
        "The path exists, but not with this method; see Allow.",
    ),
    entry("body_too_slow", 408, "The body did not arrive in time."),
    entry(
        "account_exists",
        409,
        "An account that was to be made has an owner already.",
    ),
    entry(
        "accounts_conflict",
        409,
        "What an operator asks for cannot be beside what is there; the text says what.",
    ),
    entry("slug_taken", 409, "Another organization has this slug."),
    entry(
        "email_taken",
        409,
        "The address has an account with another way to sign in.",
    ),
    entry(
        "already_member",
        409,
        "The person is a member of the organization already.",
    ),
    entry(
        "already_workspace_member",
        409,
        "The caller is a member of the workspace already; no use of the link was counted.",
    ),
    entry(
        "invite_already_accepted",
        409,
        "The invitation was used, or the caller is a member already.",
    ),
    entry(
        "idempotency_conflict",
        409,
        "The Idempotency-Key was used for another request.",
    ),
    entry("invite_expired", 410, "The invitation's time ran out."),
    entry(
        "invite_issuer_not_member",
        410,
        "Who sent the invitation is no member any more.",
    ),
    entry(
        "invite_issuer_demoted",
        410,
        "Who sent the invitation could not send it any more.",
    ),
    entry(
        "invitation_link_revoked",
        410,
        "Somebody who manages members revoked the invitation link.",
    ),
    entry(
        "invitation_link_expired",
        410,
        "The invitation link's time is over.",
    ),
    entry(
        "invitation_link_used_up",
        410,
        "As many have joined by the invitation link as it lets in.",
    ),
    entry(
        "invitation_link_already_used",
        410,
        "The caller joined by this invitation link once, and is not a member any more.",
    ),
    entry(
        "link_issuer_not_member",
        410,
        "Who made the invitation link is not a member of the workspace any more.",
    ),
    entry(
        "link_issuer_demoted",
        410,
        "Who made the invitation link may not give its role any more.",
    ),
    entry(
        "body_too_large",
        413,
        "The body is larger than 64 KiB, or 1 MiB where many things come at once.",
    ),
    entry(
        "unsupported_media_type",
        415,
        "The body is not sent as application/json, or text/csv where that is taken.",
    ),
    entry(
        "invalid_request",
        422,
        "The body, query or path does not have the documented shape; detail lists every mistake.",
    ),
    entry(
        "invalid_field",
        422,
        "A value has the right type but breaks a rule.",
    ),
    entry(
        "too_many_attempts",
        429,
        "Too many failed attempts, questions or invitations; Retry-After says when to come back.",
    ),
    entry(
        "internal",
        500,
        "The server failed. Its log has the cause under the request_id.",
    ),
    entry(
        "feature_unavailable",
        501,
        "This deployment has no such way of signing in.",
    ),
    entry(
        "busy",
        503,
        "The server has too much to do; try again after Retry-After.",
    ),
    entry(
        "unavailable",
        503,
        "The database cannot be reached. Nothing was changed; try again after Retry-After.",
    ),
    entry("not_ready", 503, "The database does not answer."),
    entry(
        "outcome_unknown",
        503,
        "The connection to the database broke during a commit; repeat the request with the same Idempotency-Key.",
    ),
];
