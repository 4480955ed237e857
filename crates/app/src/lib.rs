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
pub use command::{Actor, Call, Change, Done, Event, Failure, Fault, IdempotencyKey, Outcome};
pub use content::{
    NewResource, ResourceData, ResourceFilter, ResourceOrder, ResourcePage, ResourceRef,
    ResourceStep, ResourceUpdate,
};
pub use email::{Content, DueLetter, Letter, LetterState, Mailer, Sent, Undelivered};
pub use invitations::{
    Acceptance, Asked, BulkInvitation, BulkRow, CreatedLink, Delivery, InvitationFile,
    InvitationPage, InvitationQuery, Joined, LinkEnd, LinkFile, LinkState, NewInvitation,
    NewInvitationLink, OwnInvitation, RowOutcome, RowStatus, SentInvitation,
};
pub use members::RoleAssignment;
pub use operators::deprovisioning::{
    Deleted, DeletionTargets, Skipped, WithdrawnIdentity, WithdrawnKey, WithdrawnMembership,
};
pub use operators::directory::{
    AccountFile, AccountGraph, OrganizationFile, OrganizationPage, OrganizationQuery, OutboxFile,
    Page, SHOWN_MEMBERS, UserFile, UserQuery, WhichOrganization, WhichThing, WhichUser,
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
    CreatedOrganization, Founding, NewOrganization, NewProject, NewWorkspace, OrganizationDetails,
    OrganizationUpdate, ProjectUpdate, Transferred, WorkspaceDetails, WorkspaceUpdate,
};
pub use runtime::{App, Extension, Extensions, Limits, Settings, extension};

// Records are shown by the doors, which see the store only through here.
pub use freehold_store::{
    AccountRecord, AuditEvent, Belonging, Belongings, Database, Engine, Found, FoundUser,
    InvitationLinkRecord, InvitationRecord, KeyFile, KeyRecord, LetterCounts, ListedOrganization,
    LoginFile, MemberRecord, Named, OperatorKeyRecord, OrganizationMember, OrganizationMembership,
    OrganizationPart, OrganizationRecord, OrganizationSummary, OutboxTopic, ProjectFile,
    ProjectPart, ProjectRecord, ResourceRecord, Store, StoreError, UserRecord, WorkspaceFile,
    WorkspacePart, WorkspaceRecord,
};
