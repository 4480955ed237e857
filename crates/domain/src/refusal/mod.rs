//! Every "no" of the API, with the words that clients already know.
//!
//! Not here: their codes (`codes`), HTTP statuses and body shapes (`http::problem`), and which rule
//! leads to which no (`app`).

mod codes;
mod entity_kind;

pub use entity_kind::EntityKind;

/// A no. Its `Display` is the sentence for the client.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No credential, or one that opens nothing.
    #[error("Unauthorized")]
    Unauthenticated,
    /// A good session that asks for a place its user has no part in.
    #[error("Unauthorized")]
    OutOfScope,
    /// A service's token has ended.
    #[error("Unauthorized")]
    ServiceTokenExpired,
    /// A service's token that this server did not sign, or that nobody can
    /// read.
    #[error("Unauthorized")]
    ServiceTokenInvalid,
    /// A permission check that came out as no, for whatever reason; or a
    /// service that asks for more than to write content.
    #[error("Forbidden")]
    NotPermitted,
    /// A person without any membership asks for something inside a project.
    #[error(
        "You are not a member of any project yet. Create an organization or accept an invitation first."
    )]
    NoMembership,
    /// Something that only the organization's owner may do.
    #[error("You do not have permission to perform this action")]
    Forbidden,
    /// The role in the project lacks the permission.
    #[error(
        "You do not have access to perform this action. Please contact your organization admin."
    )]
    ForbiddenInProject,
    /// Also for organizations that do not exist.
    #[error("Not a member of this organization.")]
    NotOrganizationMember,
    /// Not on the operator's list of owners.
    #[error(
        "You are not allowed to create organizations. Please ask your administrator for an invitation."
    )]
    NotAllowedToCreateOrganizations,
    /// The credential outlived its account.
    #[error("User not found")]
    UserNotFound,
    /// An update without a value.
    #[error("Please provide a field to update")]
    NothingToUpdate,
    /// The sentence is the contract's; the reason is for those who look closer.
    #[error("Invalid request data for organization update.")]
    InvalidOrganizationUpdate {
        /// Which value, and what would be right.
        reason: String,
    },
    /// Another organization has it.
    #[error("Slug already in use. Please select another slug or contact your administrator.")]
    SlugTaken,
    /// Everybody who owns one keeps one.
    #[error("Cannot delete your last organization. You must have at least one organization.")]
    LastOrganization,
    /// Also for organizations that do not exist.
    #[error("Only the organization owner can transfer ownership")]
    OnlyOwnerCanTransfer,
    /// Once is enough.
    #[error("This person is a member of the organization already.")]
    AlreadyMember,
    /// The role in the workspace lacks the permission, or does not stand above
    /// the role or the person in question.
    #[error(
        "You do not have permission to perform this action. Please contact your Organization Owner"
    )]
    InsufficientRole,
    /// The organization's owner keeps their role until they hand over. The
    /// words of [`Refusal::InsufficientRole`] in another shape.
    #[error(
        "You do not have permission to perform this action. Please contact your Organization Owner"
    )]
    OwnerProtected,
    /// Renaming a workspace.
    #[error("You do not have permission to update this workspace")]
    WorkspaceUpdateForbidden,
    /// An update of a workspace without a value.
    #[error("Please provide a name or description to update")]
    NoWorkspaceChange,
    /// A workspace without a name.
    #[error("Please provide a name to create a workspace")]
    WorkspaceNameEmpty,
    /// Also for workspaces of others.
    #[error("Workspace not found")]
    WorkspaceNotFound,
    /// Unknown, or in another organization.
    #[error("Workspace not found for organization.")]
    WorkspaceNotInOrganization,
    /// Unknown, or in another organization; where the contract says it so.
    #[error("Workspace does not belong to the organization.")]
    WorkspaceOutsideOrganization,
    /// Not one that can be given: unknown, or `owner`.
    #[error("Workspace role is invalid.")]
    RoleInvalid,
    /// The same, where the contract names the role.
    #[error("Workspace role '{0}' is invalid.")]
    RoleNameInvalid(String),
    /// The person is known, but not here.
    #[error("User is not a member of the workspace.")]
    NotWorkspaceMember,
    /// No account has the address.
    #[error("User not found.")]
    NoSuchUser,
    /// The owner cannot leave; they hand over or delete.
    #[error(
        "The owner cannot leave the organization. Transfer the ownership or delete the organization first."
    )]
    OwnerCannotLeave,
    /// Also for links of others.
    #[error("Invitation link not found.")]
    InvitationLinkNotFound,
    /// By somebody who manages members.
    #[error("This invitation link was revoked.")]
    InvitationLinkRevoked,
    /// Its time is over.
    #[error("This invitation link has expired.")]
    InvitationLinkExpired,
    /// As many have joined as it lets in.
    #[error("This invitation link was used as often as it may be.")]
    InvitationLinkUsedUp,
    /// Whoever is still a member is told that instead.
    #[error("You have used this link before. Ask for a new invitation.")]
    InvitationLinkAlreadyUsed,
    /// Who made the link is no member any more.
    #[error(
        "The person who made this link is not a member of the workspace any more. Ask for a new one."
    )]
    LinkIssuerNotMember,
    /// Who made the link could not make it any more.
    #[error("The person who made this link may not give its role any more. Ask for a new one.")]
    LinkIssuerDemoted,
    /// The link is for people of certain domains.
    #[error("This invitation link is not for addresses of your domain.")]
    LinkDomainNotAllowed,
    /// Where an address counts, it has to be known that it is theirs.
    #[error(
        "Prove first that your e-mail address is yours, for example by resetting your password with a link that is sent to it, or ask an administrator of this server to confirm it."
    )]
    EmailNotVerified,
    /// Once is enough.
    #[error("You are a member of this workspace already.")]
    AlreadyWorkspaceMember,
    /// The contract's list has room for one.
    #[error("Only one user can be invited at a time.")]
    OneInvitationAtATime,
    /// Inviting oneself.
    #[error("You cannot invite yourself to a workspace")]
    SelfInvitation,
    /// A member, or somebody who has an open invitation.
    #[error("User is already a member of the workspace")]
    AlreadyInWorkspace,
    /// None that nobody has answered.
    #[error("No existing invitation found for the user")]
    NoOpenInvitation,
    /// Also for invitations of others.
    #[error("Invitation not found")]
    InvitationNotFound,
    /// Nobody has the address that an invitation is said to be for.
    #[error("User does not exist")]
    InviteeNotFound,
    /// No such token, or another organization's, or another address's.
    #[error("Invitation does not exist.")]
    InviteNotFound,
    /// Whoever shows it is somebody else.
    #[error("Invitation is addressed to a different user.")]
    InviteEmailMismatch,
    /// Or the caller is a member without it.
    #[error("Invitation has already been accepted.")]
    InviteAlreadyAccepted,
    /// Its time ran out.
    #[error("Invitation has expired.")]
    InviteExpired,
    /// Who sent it is no member any more.
    #[error(
        "The person who sent this invitation is not a member of the workspace any more. Ask for a new one."
    )]
    InviteIssuerNotMember,
    /// Who sent it could not send it any more.
    #[error(
        "The person who sent this invitation may not give its role any more. Ask for a new one."
    )]
    InviteIssuerDemoted,
    /// What it was tied to was deleted.
    #[error("Invited project no longer exists")]
    InvitedProjectDeleted,
    /// A project without a name.
    #[error("Project name cannot be empty")]
    ProjectNameEmpty,
    /// There is always a default project; another one is made it instead.
    #[error("make_default can only be set to true")]
    MakeDefaultOnlyTrue,
    /// An update of a project without a value.
    #[error("Provide a new name and/or set default flag")]
    NoProjectChange,
    /// Another one has to be made the default first.
    #[error("Default project cannot be deleted")]
    DefaultProjectNotDeletable,
    /// Malformed, unknown, or not a member.
    #[error("Invalid organization or new owner for ownership transfer")]
    InvalidNewOwner,
    /// In a path whose endpoint parses it itself.
    #[error("badly formed hexadecimal UUID string")]
    InvalidUuid,
    /// Also for keys of others.
    #[error("API key not found or does not belong to the user.")]
    ApiKeyNotFound,
    /// Also for projects of others.
    #[error("Project not found")]
    ProjectNotFound,
    /// With the words of [`crate::NotAUsername`].
    #[error("{0}")]
    UsernameInvalid(String),
    /// The access policy; it does not say which rule.
    #[error("Access Denied.")]
    AccessDenied,
    /// Slowed down.
    #[error("Rate limit exceeded. Please retry after {retry_after_seconds} seconds.")]
    TooManyAttempts {
        /// When to come back.
        retry_after_seconds: u64,
    },
    /// Unknown address or wrong password; nobody learns which.
    #[error("The email address or the password is not right.")]
    WrongCredentials,
    /// The address signs in some other way.
    #[error("This email already exists. Please sign in instead.")]
    EmailTaken,
    /// One value of the request.
    #[error("{field}: {problem}")]
    InvalidField {
        /// `body`, `query` or `path`.
        location: &'static str,
        /// Its name.
        field: String,
        /// What would be right.
        problem: String,
    },
    /// The key was used for another request.
    #[error(
        "This Idempotency-Key was already used with a different request. Use a new key for a new request."
    )]
    IdempotencyConflict,
    /// The key itself.
    #[error("An Idempotency-Key has 1 to 255 visible ASCII characters.")]
    IdempotencyKeyInvalid,
    /// An extension said no.
    #[error("{message}")]
    Vetoed {
        /// The extension's capability name.
        extension: String,
        /// Its words.
        message: String,
    },
    /// Unknown, used or expired.
    #[error("This password reset link is not valid any more. Please request a new one.")]
    ResetTokenInvalid,
    /// Revoked, expired or never there.
    #[error("unauthorised")]
    SessionInvalid,
    /// Too much to do right now.
    #[error("The server is busy. Please try again in a moment.")]
    Busy,
    /// An operator names something in a way that leads nowhere.
    #[error("Invalid reference at '{path}': {reason}")]
    InvalidReference {
        /// Where in the request.
        path: String,
        /// Why.
        reason: String,
    },
    /// An operator names something that is not there.
    #[error("{kind} not found: {named}.")]
    EntityNotFound {
        /// What.
        kind: EntityKind,
        /// As it was named.
        named: String,
    },
    /// An organization of an operator's request has nobody to own it.
    #[error("Organization '{0}' requires a valid owner user.")]
    OwnerRequired(String),
    /// An operator makes an account for somebody who has one.
    #[error("User with email '{0}' already exists.")]
    AccountExists(String),
    /// A value of an operator's request; the sentence says which.
    #[error("{0}")]
    InvalidAccounts(String),
    /// What an operator asks for cannot be beside what is there; the sentence
    /// says what.
    #[error("{0}")]
    AccountsConflict(String),
    /// A way of signing in that this deployment does not have. The sentence is
    /// the contract's.
    #[error("'{0}' is not yet implemented in this edition.")]
    FeatureUnavailable(String),
    /// An operator's key without the scope.
    #[error("This operator key lacks the scope '{0}'.")]
    ScopeMissing(crate::OperatorScope),
    /// Whoever has an account asks the operator.
    #[error("Self-serve account deletion is not available on this deployment.")]
    AccountDeletionUnavailable,
    /// Nothing there, or nothing that the caller may know of.
    #[error("Not Found")]
    NotFound,
}

impl Refusal {
    /// The contract's `detail` text.
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
        let slow = Refusal::TooManyAttempts {
            retry_after_seconds: 7,
        };
        assert_eq!(
            slow.message(),
            "Rate limit exceeded. Please retry after 7 seconds."
        );
        let veto = Refusal::Vetoed {
            extension: "subscriptions".to_owned(),
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
