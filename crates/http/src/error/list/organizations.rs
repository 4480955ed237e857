//! Organizations, workspaces, projects and their members.

use super::{ErrorEntry, entry};

pub(super) const ERRORS: &[ErrorEntry] = &[
    entry(
        "nothing_to_update",
        400,
        "Every value of the update is empty.",
    ),
    entry(
        "invalid_organization_update",
        400,
        "A value of the update breaks a rule, such as a second slug for the organization.",
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
        "The workspace is not in the organization.",
    ),
    entry(
        "role_invalid",
        400,
        "The role does not exist, or is `owner`, which only a transfer of ownership assigns.",
    ),
    entry(
        "owner_cannot_leave",
        400,
        "The owner has to transfer ownership or delete the organization first.",
    ),
    entry("project_name_empty", 400, "The name of a project is blank."),
    entry(
        "make_default_only_true",
        400,
        "A project stops being the default only when another project becomes the default.",
    ),
    entry(
        "no_project_change",
        400,
        "The update of a project has nothing to change.",
    ),
    entry(
        "default_project_not_deletable",
        400,
        "The default project cannot be deleted; make another project the default first.",
    ),
    entry(
        "owner_protected",
        403,
        "The owner of the organization keeps their role until they transfer ownership.",
    ),
    entry(
        "workspace_update_forbidden",
        403,
        "The caller's role in the workspace lacks `edit_workspace`.",
    ),
    entry(
        "not_organization_member",
        403,
        "The caller is not a member, or the organization does not exist.",
    ),
    entry(
        "not_allowed_to_create_organizations",
        403,
        "This deployment lists who may own organizations, and the caller is not on the list.",
    ),
    entry(
        "only_owner_can_transfer",
        403,
        "The caller does not own the organization, or it does not exist.",
    ),
    entry(
        "workspace_not_found",
        404,
        "The workspace does not exist, or the caller has no access to it.",
    ),
    entry(
        "workspace_not_in_organization",
        404,
        "The organization has no such workspace.",
    ),
    entry(
        "not_workspace_member",
        404,
        "The user is not a member of the workspace.",
    ),
    entry(
        "no_such_user",
        404,
        "The user does not exist or is not a member.",
    ),
    entry(
        "project_not_found",
        404,
        "The project does not exist, or the caller is not a member.",
    ),
    entry("slug_taken", 409, "Another organization has this slug."),
    entry(
        "already_member",
        409,
        "The user is a member of the organization already.",
    ),
];
