//! The actions that the audit log records. Actor, target and time are other
//! columns of the event.

use std::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// An action with its stable name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $($(#[$doc])* $name,)*
        }

        impl AuditAction {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in the audit log.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

actions! {
    /// A user signed up.
    UserSignedUp = "user.signed_up",
    /// A user opened a session.
    UserSignedIn = "user.signed_in",
    /// A sign-in failed: wrong password, or refused by the access policy.
    UserSignInFailed = "user.sign_in_failed",
    /// A dry run of a sign-in had the right password. It opens no session.
    UserSignInDryRun = "user.sign_in_dry_run",
    /// A user closed a session.
    UserSignedOut = "user.signed_out",
    /// A refresh token was used again after it was replaced: it was stolen or copied.
    SessionRefreshReused = "session.refresh_reused",
    /// A password reset link was created.
    PasswordResetRequested = "password_reset.requested",
    /// A user set a password with a reset link.
    PasswordResetCompleted = "password_reset.completed",
    /// An operator or an import created a user.
    UserCreated = "user.created",
    /// A user changed the username.
    UserRenamed = "user.renamed",
    /// An email address was marked as verified.
    UserEmailVerified = "user.email_verified",
    /// A user was deleted, with everything that belonged to this user alone.
    UserDeleted = "user.deleted",
    /// An operator added a login to a user.
    IdentityCreated = "identity.created",
    /// An operator deleted a login of a user.
    IdentityDeleted = "identity.deleted",
    /// An operator set a user's password, which ended the user's sessions.
    PasswordSet = "password.set",
    /// A member was added directly, without an invitation.
    MemberAdded = "member.added",
    /// A member's role in a workspace and its projects was changed.
    MemberRoleChanged = "member.role_changed",
    /// A member was removed, with the API keys and open invitations that depended on the
    /// membership.
    MemberRemoved = "member.removed",
    /// A member left.
    MemberLeft = "member.left",
    /// A workspace was created, with its default project.
    WorkspaceCreated = "workspace.created",
    /// The name or the description of a workspace was changed.
    WorkspaceUpdated = "workspace.updated",
    /// A workspace was deleted, with everything in it.
    WorkspaceDeleted = "workspace.deleted",
    /// A project was created, with a membership for each member of its workspace.
    ProjectCreated = "project.created",
    /// A project was renamed or made the default.
    ProjectUpdated = "project.updated",
    /// A project was deleted, with everything in it.
    ProjectDeleted = "project.deleted",
    /// An email address was invited to a workspace.
    InvitationIssued = "invitation.issued",
    /// An invitation was sent again with a new token; the previous token is void.
    InvitationResent = "invitation.resent",
    /// The invitee accepted an invitation.
    InvitationAccepted = "invitation.accepted",
    /// The invitee declined an invitation.
    InvitationDeclined = "invitation.declined",
    /// An invitation was revoked.
    InvitationRevoked = "invitation.revoked",
    /// An invitation link was created.
    InvitationLinkCreated = "invitation_link.created",
    /// A user joined with an invitation link.
    InvitationLinkUsed = "invitation_link.used",
    /// An invitation link was revoked.
    InvitationLinkRevoked = "invitation_link.revoked",
    /// Dead email jobs were queued again.
    EmailJobsRetried = "email_jobs.retried",
    /// A service token was issued after a permission check.
    ServiceTokenIssued = "service_token.issued",
    /// An organization was created, with its workspace and project.
    OrganizationCreated = "organization.created",
    /// The name, description, slug or flags of an organization were changed.
    OrganizationUpdated = "organization.updated",
    /// An organization was deleted, with everything in it.
    OrganizationDeleted = "organization.deleted",
    /// The ownership of an organization was transferred.
    OrganizationTransferred = "organization.transferred",
    /// An API key was created.
    ApiKeyCreated = "api_key.created",
    /// An API key was deleted.
    ApiKeyDeleted = "api_key.deleted",
    /// An operator's provisioning request was refused or changed nothing; what it
    /// changes has its own events.
    ProvisioningRequested = "provisioning.requested",
    /// The same for an operator's deletion request.
    DeletionRequested = "deletion.requested",
    /// An operator read data of accounts.
    OperatorRead = "operator.read",
    /// A named operator's key was created.
    OperatorKeyCreated = "operator_key.created",
    /// A named operator's key was revoked.
    OperatorKeyRevoked = "operator_key.revoked",
    /// An operator's request was refused before its command ran: a missing scope, or
    /// an invalid value.
    OperatorRefused = "operator.refused",
    /// A batch of imported accounts was committed; the details hold the counts.
    ImportBatchCommitted = "import.batch_committed",
    /// A testset, an evaluator or an environment was created.
    ContentCreated = "content.created",
    /// A content item was changed. A new revision means that its data was changed.
    ContentUpdated = "content.updated",
    /// A content item was archived.
    ContentArchived = "content.archived",
    /// A content item was unarchived.
    ContentUnarchived = "content.unarchived",
    /// An environment was guarded: only members who may deploy to it can change it.
    EnvironmentGuarded = "environment.guarded",
    /// An environment is no longer guarded: every member who edits environments can change it.
    EnvironmentUnguarded = "environment.unguarded",
}

impl AuditAction {
    /// Whether the action is about the content of a project, and not about users,
    /// credentials, organizations, workspaces or projects.
    #[must_use]
    pub const fn is_content(self) -> bool {
        matches!(
            self,
            Self::ContentCreated
                | Self::ContentUpdated
                | Self::ContentArchived
                | Self::ContentUnarchived
                | Self::EnvironmentGuarded
                | Self::EnvironmentUnguarded
        )
    }
}

impl fmt::Display for AuditAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
