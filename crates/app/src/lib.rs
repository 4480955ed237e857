//! What can be done: every command and every read of Freehold, for whichever
//! door asks.
//!
//! Each write is one function: read, decide, write, commit (`command` has the
//! frame, `access` the decisions). Nothing here knows HTTP, and there is no SQL.

mod access;
mod api_keys;
mod app;
mod attempts;
mod bulk_invitations;
mod call;
mod caller;
mod command;
mod content;
mod deletion;
mod deprovisioning;
mod directory;
pub mod doctor;
mod event;
mod explain;
pub mod extension;
mod failure;
mod first_start;
mod founding;
mod hashing;
mod idempotency;
mod imports;
mod invitation_links;
mod invitation_token;
mod invitations;
mod letter;
mod member_password;
mod members;
mod operator;
mod operator_keys;
mod operator_passwords;
mod organizations;
mod password_reset;
mod post;
mod profile;
mod projects;
pub mod provisioning;
mod removal;
mod resources;
mod retry;
mod service_token;
mod sessions;
mod sign_in;
mod sign_up;
mod tokens;
mod transfer;
mod worker;
mod workspaces;

pub use access::{Grant, PermissionQuestion};
pub use app::{App, Limits, Settings};
pub use bulk_invitations::{BulkInvitation, BulkRow, Delivery, RowOutcome, RowStatus};
pub use call::{Actor, Call, Done, IdempotencyKey};
pub use caller::{Caller, Credential, Scope, Via, Wanted};
pub use deprovisioning::{
    Deleted, DeletionTargets, Skipped, WithdrawnIdentity, WithdrawnKey, WithdrawnMembership,
};
pub use directory::{
    AccountFile, AccountGraph, EventQuery, OrganizationFile, OrganizationPage, OrganizationQuery,
    OutboxFile, OwnEvent, OwnEvents, Page, SHOWN_MEMBERS, UserFile, UserQuery, WhichActor,
    WhichOrganization, WhichThing, WhichUser,
};
pub use event::Event;
pub use explain::{Action, Explanation, Why};
pub use extension::{Extension, Extensions};
pub use failure::{Failure, Fault, Outcome};
pub use first_start::{First, FirstAccount, FirstOrganization};
pub use founding::{Founding, NewOrganization};
pub use imports::{Import, ImportBatch, ImportRow, ImportStart, ImportStatus, ImportedRow};
pub use invitation_links::{CreatedLink, LinkEnd, LinkFile, LinkState, NewInvitationLink};
pub use invitations::{
    Acceptance, Asked, InvitationFile, InvitationPage, InvitationQuery, Joined, NewInvitation,
    OwnInvitation, SentInvitation,
};
pub use letter::{Content, Letter, Mailer, Sent, Undelivered};
pub use members::RoleAssignment;
pub use operator::{AdminKey, Operator};
pub use operator_keys::{CreatedOperatorKey, NewOperatorKey};
pub use operator_passwords::NewPassword;
pub use organizations::{Change, CreatedOrganization, OrganizationDetails, OrganizationUpdate};
pub use password_reset::ResetLink;
pub use post::{DueLetter, LetterState};
pub use projects::{NewProject, ProjectUpdate};
pub use resources::{
    NewResource, ResourceData, ResourceFilter, ResourceOrder, ResourcePage, ResourceRef,
    ResourceStep, ResourceUpdate,
};
pub use service_token::ServiceKey;
pub use sessions::SessionProblem;
pub use sign_in::{SignIn, SignedIn};
pub use sign_up::NewUser;
pub use tokens::Tokens;
pub use transfer::{TransferOrder, TransferReport, Transferred};
pub use workspaces::{NewWorkspace, WorkspaceDetails, WorkspaceUpdate};

// Records are shown by the doors, which see the store only through here.
pub use freehold_store::{
    AccountRecord, AuditEvent, Belonging, Belongings, Database, Engine, Found, FoundUser,
    InvitationLinkRecord, InvitationRecord, KeyFile, KeyRecord, LetterCounts, ListedOrganization,
    LoginFile, MemberRecord, Named, OperatorKeyRecord, OrganizationMember, OrganizationMembership,
    OrganizationPart, OrganizationRecord, OrganizationSummary, OutboxTopic, ProjectFile,
    ProjectPart, ProjectRecord, ResourceRecord, Store, StoreError, UserRecord, WorkspaceFile,
    WorkspacePart, WorkspaceRecord,
};
