//! The commands and queries of Freehold, for the HTTP API and the command line.
//!
//! Each write is one function: read, decide, write, commit (`command` has what all
//! writes share, `access` the decisions). This crate contains no HTTP types and no SQL.

mod access;
mod accounts;
mod audit;
mod auth;
mod command;
mod content;
pub mod doctor;
mod email;
pub mod extension;
mod invitations;
mod jobs;
mod members;
mod operators;
mod organizations;
mod runtime;
#[cfg(test)]
mod secret_debug_tests;

pub use access::{
    AuthenticatedBy, Caller, CreatedApiKey, Credential, Grant, PermissionCheck, RequestedScope,
    Scope,
};
pub use accounts::{BootstrapAccount, BootstrapOrganization, BootstrapOutcome, NewUser};
pub use audit::{ActorReference, EventQuery, OrganizationEvent, OrganizationEventQuery};
pub use auth::{ResetLink, ServiceKey, SessionProblem, SignIn, SignedIn, Tokens};
pub use command::{
    Actor, CommandOutput, Event, Failure, Fault, FieldChange, IdempotencyKey, Outcome,
    RequestContext,
};
pub use content::{
    NewResource, ResourceData, ResourceFilter, ResourceOrder, ResourcePage, ResourceRef,
    ResourceTransition, ResourceUpdate,
};
pub use email::{
    DeliveryError, EmailJobDetails, EmailJobState, EmailMessage, EmailTemplate, Mailer, SendFuture,
};
pub use extension::{Extension, Extensions};
pub use invitations::{
    Acceptance, BulkInvitation, BulkRow, CreatedInvitationLink, Delivery, InvitationDetails,
    InvitationLinkDetails, InvitationLinkExpiry, InvitationLinkStatus, InvitationPage,
    InvitationQuery, InvitationReference, JoinedWorkspace, NewInvitation, NewInvitationLink,
    OwnInvitation, RowOutcome, RowStatus, SentInvitation,
};
pub use jobs::{Job, JobContext, JobFuture, JobStatus, Retention};
pub use members::{MemberPasswordReset, RoleAssignment};
pub use operators::deprovisioning::{
    Deleted, DeletedApiKeyId, DeletedIdentityId, DeletedMembershipId, DeletionTargets, Skipped,
};
pub use operators::directory::{
    AccountDetails, MAX_LISTED, OrganizationContents, OrganizationOverview, OrganizationPage,
    OrganizationQuery, OrganizationReference, OutboxDetails, SearchPage, TargetReference,
    UserDetails, UserQuery, UserReference,
};
pub use operators::imports::{
    Import, ImportBatch, ImportRow, ImportStart, ImportStatus, ImportedRow,
};
pub use operators::provisioning;
pub use operators::{
    AdminKey, CreatedOperatorKey, ExplainRequest, ExplainedAction, Explanation, NewOperatorKey,
    NewPassword, Operator, TransferReport, TransferRequest,
};
pub use organizations::{
    CreatedOrganization, NewOrganization, NewProject, NewWorkspace, OrganizationCreation,
    OrganizationDetails, OrganizationUpdate, ProjectUpdate, Transferred, WorkspaceDetails,
    WorkspaceUpdate,
};
pub use runtime::{App, Settings, SignInLimits};

// Records of the store that `http` and `server` use; they do not depend on it.
pub use freehold_store::{
    ApiKeyRecord, AuditEvent, Database, EmailJobCounts, Engine, InvitationLinkRecord,
    InvitationRecord, KeyDetails, ListedOrganization, LoginDetails, MemberRecord, MembershipState,
    OperatorKeyRecord, OrganizationMember, OrganizationMembership, OrganizationRecord,
    OrganizationSummary, OutboxTopic, ProjectRecord, ProjectSummary, RemovalCounts, ResolvedId,
    ResourceRecord, RowPage, Store, StoreError, UserOrganization, UserProject, UserRecord,
    UserSummary, UserWithCounts, UserWorkspace, WorkspaceRecord, WorkspaceSummary,
};
