//! What can be done: every command and every read of Freehold, for whichever
//! door asks.
//!
//! Each write is one function: read, decide, write, commit (`command` has the
//! frame, `access` the decisions). Nothing here knows HTTP, and there is no SQL.

mod access;
mod accounts;
mod audit;
mod auth;
mod command;
mod content;
pub mod doctor;
mod email;
mod invitations;
mod members;
mod operators;
mod organizations;
mod runtime;

pub use access::{Caller, Credential, Grant, PermissionQuestion, Scope, Via, Wanted};
pub use accounts::{First, FirstAccount, FirstOrganization, NewUser};
pub use audit::{EventQuery, OwnEvent, OwnEvents, WhichActor};
pub use auth::{ResetLink, ServiceKey, SessionProblem, SignIn, SignedIn, Tokens};
pub use command::{
    Actor, Change, CommandOutput, Event, Failure, Fault, IdempotencyKey, Outcome, RequestContext,
};
pub use content::{
    NewResource, ResourceData, ResourceFilter, ResourceOrder, ResourcePage, ResourceRef,
    ResourceStep, ResourceUpdate,
};
pub use email::{
    Content, DeliveryError, EmailJobDetails, EmailJobState, EmailMessage, Mailer, Sent,
};
pub use invitations::{
    Acceptance, Asked, BulkInvitation, BulkRow, CreatedLink, Delivery, InvitationDetails,
    InvitationLinkDetails, InvitationPage, InvitationQuery, Joined, LinkEnd, LinkState,
    NewInvitation, NewInvitationLink, OwnInvitation, RowOutcome, RowStatus, SentInvitation,
};
pub use members::RoleAssignment;
pub use operators::deprovisioning::{
    Deleted, DeletionTargets, Skipped, WithdrawnIdentity, WithdrawnKey, WithdrawnMembership,
};
pub use operators::directory::{
    AccountDetails, AccountGraph, OrganizationOverview, OrganizationPage, OrganizationQuery,
    OutboxDetails, Page, SHOWN_MEMBERS, UserDetails, UserQuery, WhichOrganization, WhichThing,
    WhichUser,
};
pub use operators::imports::{
    Import, ImportBatch, ImportRow, ImportStart, ImportStatus, ImportedRow,
};
pub use operators::provisioning;
pub use operators::{
    Action, AdminKey, CreatedOperatorKey, Explanation, NewOperatorKey, NewPassword, Operator,
    TransferOrder, TransferReport, Why,
};
pub use organizations::{
    CreatedOrganization, NewOrganization, NewProject, NewWorkspace, OrganizationCreation,
    OrganizationDetails, OrganizationUpdate, ProjectUpdate, Transferred, WorkspaceDetails,
    WorkspaceUpdate,
};
pub use runtime::{App, Extension, Extensions, Limits, Settings, extension};

// Records are shown by the doors, which see the store only through here.
pub use freehold_store::{
    AccountRecord, ApiKeyRecord, AuditEvent, Database, EmailJobCounts, Engine,
    InvitationLinkRecord, InvitationRecord, KeyDetails, ListedOrganization, LoginDetails,
    MemberRecord, MembershipState, OperatorKeyRecord, OrganizationMember, OrganizationMembership,
    OrganizationRecord, OrganizationSummary, OutboxTopic, ProjectRecord, ProjectSummary,
    RemovalCounts, ResolvedId, ResourceRecord, SearchPage, Store, StoreError, UserOrganization,
    UserProject, UserRecord, UserSummary, UserWorkspace, WorkspaceRecord, WorkspaceSummary,
};
