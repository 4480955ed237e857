//! What the audit trail can say happened. Who, where and when stand beside it
//! in the trail's row.

use std::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Something that happened, by a stable name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $($(#[$doc])* $name,)*
        }

        impl AuditAction {
            /// All of them, for the manual.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As the trail keeps it.
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
    /// Somebody made an account.
    UserSignedUp = "user.signed_up",
    /// Somebody opened a session.
    UserSignedIn = "user.signed_in",
    /// A wrong password, or a refusal by the access policy.
    UserSignInFailed = "user.sign_in_failed",
    /// Somebody showed the right password in a rehearsal, which opens nothing.
    UserSignInDryRun = "user.sign_in_dry_run",
    /// Somebody closed a session.
    UserSignedOut = "user.signed_out",
    /// An old refresh token came back: it was stolen, or copied.
    SessionRefreshReused = "session.refresh_reused",
    /// A reset link was made.
    PasswordResetRequested = "password_reset.requested",
    /// A reset link was used.
    PasswordResetCompleted = "password_reset.completed",
    /// An account was made for somebody.
    UserCreated = "user.created",
    /// Somebody chose another name.
    UserRenamed = "user.renamed",
    /// An operator says that an address is its owner's.
    UserEmailVerified = "user.email_verified",
    /// With everything that was theirs alone.
    UserDeleted = "user.deleted",
    /// Somebody can sign in some way, because an operator says so.
    IdentityCreated = "identity.created",
    /// Somebody cannot sign in that way any more.
    IdentityDeleted = "identity.deleted",
    /// An operator set somebody's password; their sessions ended.
    PasswordSet = "password.set",
    /// Somebody was made a member by an operator.
    MemberAdded = "member.added",
    /// Somebody has another role in a workspace and its projects.
    MemberRoleChanged = "member.role_changed",
    /// Somebody was taken out of a workspace, with all that hung on it.
    MemberRemoved = "member.removed",
    /// Somebody went by themselves.
    MemberLeft = "member.left",
    /// With its default project.
    WorkspaceCreated = "workspace.created",
    /// Name or description.
    WorkspaceUpdated = "workspace.updated",
    /// With all in it.
    WorkspaceDeleted = "workspace.deleted",
    /// With a row for every member of its workspace.
    ProjectCreated = "project.created",
    /// Name, or being the default.
    ProjectUpdated = "project.updated",
    /// With all in it.
    ProjectDeleted = "project.deleted",
    /// Somebody is asked to join.
    InvitationIssued = "invitation.issued",
    /// With a new token; the one before is void.
    InvitationResent = "invitation.resent",
    /// Somebody joined by it.
    InvitationAccepted = "invitation.accepted",
    /// By the one who was invited.
    InvitationDeclined = "invitation.declined",
    /// By somebody who manages members.
    InvitationRevoked = "invitation.revoked",
    /// A link that several may join by.
    InvitationLinkCreated = "invitation_link.created",
    /// Somebody joined by it.
    InvitationLinkUsed = "invitation_link.used",
    /// Nobody joins by it any more.
    InvitationLinkRevoked = "invitation_link.revoked",
    /// Letters that were given up are to be sent after all.
    EmailJobsRetried = "email_jobs.retried",
    /// A service token was issued after a permission check.
    ServiceTokenIssued = "service_token.issued",
    /// With its workspace and project.
    OrganizationCreated = "organization.created",
    /// Name, description, slug or flags.
    OrganizationUpdated = "organization.updated",
    /// With all in it.
    OrganizationDeleted = "organization.deleted",
    /// It has another owner.
    OrganizationTransferred = "organization.transferred",
    /// A key was issued.
    ApiKeyCreated = "api_key.created",
    /// A key was taken back.
    ApiKeyDeleted = "api_key.deleted",
    /// An operator asked for accounts to be made; nothing had to be.
    AccountsProvisioned = "accounts.provisioned",
    /// An operator asked for accounts to be deleted; nothing had to be.
    AccountsDeleted = "accounts.deleted",
    /// An operator looked something up.
    OperatorRead = "operator.read",
    /// A named operator's key was issued.
    OperatorKeyCreated = "operator_key.created",
    /// A named operator's key was taken back.
    OperatorKeyRevoked = "operator_key.revoked",
    /// An operator's key without the scope.
    OperatorRefused = "operator.refused",
    /// Accounts were brought along, as far as the details say.
    ImportBatchCommitted = "import.batch_committed",
    /// A testset, an evaluator or an environment was made.
    ContentCreated = "content.created",
    /// One of them was changed; its revision says whether what it holds was.
    ContentUpdated = "content.updated",
    /// One of them was put away.
    ContentArchived = "content.archived",
    /// One of them was fetched back.
    ContentUnarchived = "content.unarchived",
    /// Only those who may deploy to the environment can change it.
    EnvironmentGuarded = "environment.guarded",
    /// Everybody who edits environments can change it.
    EnvironmentUnguarded = "environment.unguarded",
}

impl AuditAction {
    /// Whether it happens to what a project contains, and not to people, their
    /// credentials, or the places they work in.
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
