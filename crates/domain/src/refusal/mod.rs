//! Every refusal of the API, with its message. Where the reference API has a message, it is the same.
//!
//! Not here: codes (`codes`), HTTP statuses and bodies (`http::error`), and the rules that lead to
//! refusals (`app`).

mod codes;
mod entity_kind;

pub use entity_kind::EntityKind;

/// A refusal: a business rule did not allow the request. `Display` is the message for the client.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The request has no credential, or one that is not valid.
    #[error("Unauthorized")]
    Unauthenticated,
    /// The session is valid, but its user is not a member of the requested scope.
    #[error("Unauthorized")]
    OutOfScope,
    /// The service token has expired.
    #[error("Unauthorized")]
    ServiceTokenExpired,
    /// The service token is malformed, or was not signed by this server.
    #[error("Unauthorized")]
    ServiceTokenInvalid,
    /// A permission check failed for any reason, or a service asked for more than
    /// writing content.
    #[error("Forbidden")]
    NotPermitted,
    /// A permission check asks for a permission that does not exist. The message is
    /// the reference API's; the reason names the most similar permission.
    #[error("Forbidden")]
    UnknownPermission {
        /// What would be right.
        reason: String,
    },
    /// A user without any membership requested something inside a project.
    #[error(
        "You are not a member of any project yet. Create an organization or accept an invitation first."
    )]
    NoMembership,
    /// Only the organization's owner may do this.
    #[error("You do not have permission to perform this action")]
    Forbidden,
    /// The caller's role in the project lacks the permission.
    #[error(
        "You do not have access to perform this action. Please contact your organization admin."
    )]
    ForbiddenInProject,
    /// The caller is not a member. Also returned for organizations that do not
    /// exist.
    #[error("Not a member of this organization.")]
    NotOrganizationMember,
    /// The caller is not on the operator's list of owners.
    #[error(
        "You are not allowed to create organizations. Please ask your administrator for an invitation."
    )]
    NotAllowedToCreateOrganizations,
    /// The user of the credential was deleted, or no user is the one that an operator
    /// names.
    #[error("User not found")]
    UserNotFound,
    /// The update has no value.
    #[error("Please provide a field to update")]
    NothingToUpdate,
    /// A value of the update is not valid. The message is the reference API's; the
    /// reason is in another field of the response.
    #[error("Invalid request data for organization update.")]
    InvalidOrganizationUpdate {
        /// Which value is wrong, and what would be right.
        reason: String,
    },
    /// Another organization has the slug.
    #[error("Slug already in use. Please select another slug or contact your administrator.")]
    SlugTaken,
    /// A user who owns an organization must keep at least one.
    #[error("Cannot delete your last organization. You must have at least one organization.")]
    LastOrganization,
    /// The caller is not the owner. Also returned for organizations that do not exist.
    #[error("Only the organization owner can transfer ownership")]
    OnlyOwnerCanTransfer,
    /// The user is already a member.
    #[error("This user is already a member of the organization.")]
    AlreadyMember,
    /// The caller's role in the workspace lacks the permission, or is not above the
    /// role or the member in question.
    #[error(
        "You do not have permission to perform this action. Please contact your Organization Owner"
    )]
    InsufficientRole,
    /// The owner's role cannot be changed before ownership is transferred. The
    /// message of [`Refusal::InsufficientRole`] with another body.
    #[error(
        "You do not have permission to perform this action. Please contact your Organization Owner"
    )]
    OwnerProtected,
    /// The caller may not update the workspace.
    #[error("You do not have permission to update this workspace")]
    WorkspaceUpdateForbidden,
    /// The update of a workspace has no value.
    #[error("Please provide a name or description to update")]
    NoWorkspaceChange,
    /// The name of the workspace is empty.
    #[error("Please provide a name to create a workspace")]
    WorkspaceNameEmpty,
    /// There is no such workspace, or the caller may not see it.
    #[error("Workspace not found")]
    WorkspaceNotFound,
    /// The workspace is unknown or belongs to another organization.
    #[error("Workspace not found for organization.")]
    WorkspaceNotInOrganization,
    /// The same as [`Refusal::WorkspaceNotInOrganization`], for endpoints where the
    /// reference API has this message.
    #[error("Workspace does not belong to the organization.")]
    WorkspaceOutsideOrganization,
    /// The role cannot be assigned: it is unknown, or `owner`.
    #[error("Workspace role is invalid.")]
    RoleInvalid,
    /// The same as [`Refusal::RoleInvalid`], for endpoints where the reference API
    /// names the role.
    #[error("Workspace role '{0}' is invalid.")]
    RoleNameInvalid(String),
    /// The user exists but is not a member of the workspace.
    #[error("User is not a member of the workspace.")]
    NotWorkspaceMember,
    /// No user has the address.
    #[error("User not found.")]
    NoSuchUser,
    /// The owner has to transfer ownership or delete the organization instead.
    #[error(
        "The owner cannot leave the organization. Transfer ownership or delete the organization instead."
    )]
    OwnerCannotLeave,
    /// There is no such link, or the caller may not see it.
    #[error("Invitation link not found.")]
    InvitationLinkNotFound,
    /// The link was revoked.
    #[error("This invitation link has been revoked.")]
    InvitationLinkRevoked,
    /// The link has expired.
    #[error("This invitation link has expired.")]
    InvitationLinkExpired,
    /// The link has reached its maximum number of uses.
    #[error("This invitation link has reached its maximum number of uses.")]
    InvitationLinkUsedUp,
    /// The user used the link before and is no longer a member. A member receives
    /// [`Refusal::AlreadyWorkspaceMember`].
    #[error("You have already used this invitation link. Ask for a new invitation.")]
    InvitationLinkAlreadyUsed,
    /// The user who created the link is no longer a member.
    #[error(
        "The user who created this link is no longer a member of the workspace. Ask for a new link."
    )]
    LinkIssuerNotMember,
    /// The user who created the link may no longer assign its role.
    #[error("The user who created this link may no longer give its role. Ask for a new link.")]
    LinkIssuerDemoted,
    /// The link is restricted to other email domains.
    #[error("This invitation link does not accept email addresses of your domain.")]
    LinkDomainNotAllowed,
    /// The action requires a verified email address.
    #[error(
        "Your email address is not verified. Verify it by resetting your password with the link that is sent to it, or ask an administrator of this server to verify it."
    )]
    EmailNotVerified,
    /// The caller is already a member.
    #[error("You are already a member of this workspace.")]
    AlreadyWorkspaceMember,
    /// The request's list must have exactly one entry.
    #[error("Only one user can be invited at a time.")]
    OneInvitationAtATime,
    /// The caller's own address was invited.
    #[error("You cannot invite yourself to a workspace")]
    SelfInvitation,
    /// The address belongs to a member or has an open invitation.
    #[error("User is already a member of the workspace")]
    AlreadyInWorkspace,
    /// There is no open invitation for the address.
    #[error("No existing invitation found for the user")]
    NoOpenInvitation,
    /// There is no such invitation, or the caller may not see it.
    #[error("Invitation not found")]
    InvitationNotFound,
    /// No user has the address that was given with the token.
    #[error("User does not exist")]
    InviteeNotFound,
    /// There is no such token, or it belongs to another organization or address.
    #[error("Invitation does not exist.")]
    InvitationTokenNotFound,
    /// The invitation is for another address than the caller's.
    #[error("Invitation is addressed to a different user.")]
    InviteEmailMismatch,
    /// The invitation was accepted, or the caller is a member without it.
    #[error("Invitation has already been accepted.")]
    InviteAlreadyAccepted,
    /// The invitation has expired.
    #[error("Invitation has expired.")]
    InviteExpired,
    /// The user who sent the invitation is no longer a member.
    #[error(
        "The user who sent this invitation is no longer a member of the workspace. Ask for a new invitation."
    )]
    InviteIssuerNotMember,
    /// The user who sent the invitation may no longer assign its role.
    #[error(
        "The user who sent this invitation may no longer give its role. Ask for a new invitation."
    )]
    InviteIssuerDemoted,
    /// The project of the invitation was deleted.
    #[error("Invited project no longer exists")]
    InvitedProjectDeleted,
    /// The name of the project is empty.
    #[error("Project name cannot be empty")]
    ProjectNameEmpty,
    /// A workspace always has a default project; another project has to be made the
    /// default instead.
    #[error("make_default can only be set to true")]
    MakeDefaultOnlyTrue,
    /// The update of a project has no value.
    #[error("Provide a new name and/or set default flag")]
    NoProjectChange,
    /// Another project has to be made the default first.
    #[error("Default project cannot be deleted")]
    DefaultProjectNotDeletable,
    /// The new owner's id is malformed, unknown, or not a member's.
    #[error("Invalid organization or new owner for ownership transfer")]
    InvalidNewOwner,
    /// An id in the path is malformed, at endpoints that parse it themselves.
    #[error("badly formed hexadecimal UUID string")]
    InvalidUuid,
    /// There is no such key, or it belongs to another user.
    #[error("API key not found or does not belong to the user.")]
    ApiKeyNotFound,
    /// There is no such project, or the caller may not see it.
    #[error("Project not found")]
    ProjectNotFound,
    /// The username is not valid. The message is that of [`crate::NotAUsername`].
    #[error("{0}")]
    UsernameInvalid(String),
    /// The access policy refused the address. The message does not name the rule.
    #[error("Access Denied.")]
    AccessDenied,
    /// There were too many attempts.
    #[error("Rate limit exceeded. Please retry after {retry_after_seconds} seconds.")]
    TooManyAttempts {
        /// Seconds until the next attempt is allowed.
        retry_after_seconds: u64,
    },
    /// The address is unknown or the password is wrong. The message does not say
    /// which.
    #[error("The email address or the password is wrong.")]
    WrongCredentials,
    /// The address has an account that signs in with another method.
    #[error("This email already exists. Please sign in instead.")]
    EmailTaken,
    /// One field of the request is not valid.
    #[error("{field}: {problem}")]
    InvalidField {
        /// `body`, `query` or `path`.
        location: &'static str,
        /// The name of the field.
        field: String,
        /// What would be right.
        problem: String,
    },
    /// The idempotency key was used for another request.
    #[error(
        "This Idempotency-Key was already used with a different request. Use a new key for a new request."
    )]
    IdempotencyConflict,
    /// The idempotency key is malformed.
    #[error("An Idempotency-Key must have 1 to 255 visible ASCII characters.")]
    IdempotencyKeyInvalid,
    /// An extension refused the command.
    #[error("{message}")]
    Vetoed {
        /// The name of the extension.
        extension: String,
        /// The extension's error code.
        code: &'static str,
        /// The extension's message.
        message: String,
    },
    /// The reset link is unknown, used or expired.
    #[error("This password reset link is no longer valid. Request a new one.")]
    ResetTokenInvalid,
    /// The session is revoked, expired or unknown.
    #[error("unauthorised")]
    SessionInvalid,
    /// The server is overloaded.
    #[error("The server is busy. Please try again in a moment.")]
    Busy,
    /// A reference in an operator's request is not valid.
    #[error("Invalid reference at '{path}': {reason}")]
    InvalidReference {
        /// The path of the reference in the request.
        path: String,
        /// Why it is not valid.
        reason: String,
    },
    /// An operator's request names an object that does not exist.
    #[error("{kind} not found: {named}.")]
    EntityNotFound {
        /// The kind of the object.
        kind: EntityKind,
        /// The id, address or name in the request.
        named: String,
    },
    /// An organization in an operator's request has no owner.
    #[error("Organization '{0}' requires a valid owner user.")]
    OwnerRequired(String),
    /// An operator's request creates a user who exists.
    #[error("User with email '{0}' already exists.")]
    AccountExists(String),
    /// A value of an operator's request is not valid. The message names it.
    #[error("{0}")]
    InvalidAccounts(String),
    /// An operator's request conflicts with existing data. The message says how.
    #[error("{0}")]
    AccountsConflict(String),
    /// This deployment does not have the sign-in method. The message is the reference
    /// API's.
    #[error("'{0}' is not yet implemented in this edition.")]
    FeatureUnavailable(String),
    /// The operator's key lacks the scope.
    #[error("This operator key lacks the scope '{0}'.")]
    ScopeMissing(crate::OperatorScope),
    /// Users cannot delete their own accounts on this deployment; operators can.
    #[error("Self-serve account deletion is not available on this deployment.")]
    AccountDeletionUnavailable,
    /// The object does not exist, or the caller may not see it.
    #[error("Not Found")]
    NotFound,
}

impl Refusal {
    /// The message, which is the `detail` of the response.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_include_their_values() {
        let limited = Refusal::TooManyAttempts {
            retry_after_seconds: 7,
        };
        assert_eq!(
            limited.message(),
            "Rate limit exceeded. Please retry after 7 seconds."
        );
        let veto = Refusal::Vetoed {
            extension: "subscriptions".to_owned(),
            code: "member_limit",
            message: "No seat left.".to_owned(),
        };
        assert_eq!(veto.message(), "No seat left.");
        let update = Refusal::InvalidOrganizationUpdate {
            reason: "slug: letters only".to_owned(),
        };
        assert_eq!(
            update.message(),
            "Invalid request data for organization update."
        );
    }
}
