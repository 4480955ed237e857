//! Tests that the list has every refusal and problem, and that `docs/ERRORS.md` is generated from it.

use axum::response::IntoResponse;
use freehold_domain::{EntityKind, OperatorScope, Refusal};

use super::list::{ErrorEntry, errors};
use crate::error::{Problem, title};

/// One refusal of each kind. Without a new one here, the `match` does not compile.
fn refusals() -> Vec<Refusal> {
    use Refusal as R;
    let all = vec![
        R::Unauthenticated,
        R::OutOfScope,
        R::ServiceTokenExpired,
        R::ServiceTokenInvalid,
        R::NotPermitted,
        R::UnknownPermission {
            reason: String::new(),
        },
        R::NoMembership,
        R::Forbidden,
        R::ForbiddenInProject,
        R::NotOrganizationMember,
        R::NotAllowedToCreateOrganizations,
        R::UserNotFound,
        R::NothingToUpdate,
        R::InvalidOrganizationUpdate {
            reason: String::new(),
        },
        R::SlugTaken,
        R::LastOrganization,
        R::OnlyOwnerCanTransfer,
        R::InvalidNewOwner,
        R::AlreadyMember,
        R::InvalidUuid,
        R::InvitationLinkNotFound,
        R::InvitationLinkRevoked,
        R::InvitationLinkExpired,
        R::InvitationLinkUsedUp,
        R::InvitationLinkAlreadyUsed,
        R::LinkIssuerNotMember,
        R::LinkIssuerDemoted,
        R::LinkDomainNotAllowed,
        R::EmailNotVerified,
        R::AlreadyWorkspaceMember,
        R::ApiKeyNotFound,
        R::ProjectNotFound,
        R::UsernameInvalid(String::new()),
        R::AccessDenied,
        R::TooManyAttempts {
            retry_after_seconds: 3,
        },
        R::WrongCredentials,
        R::EmailTaken,
        R::InvalidField {
            location: "body",
            field: String::new(),
            problem: String::new(),
        },
        R::IdempotencyConflict,
        R::IdempotencyKeyInvalid,
        R::Vetoed {
            code: "vetoed",
            extension: String::new(),
            message: String::new(),
        },
        R::InsufficientRole,
        R::OwnerProtected,
        R::WorkspaceUpdateForbidden,
        R::NoWorkspaceChange,
        R::WorkspaceNameEmpty,
        R::WorkspaceNotFound,
        R::WorkspaceNotInOrganization,
        R::WorkspaceOutsideOrganization,
        R::RoleInvalid,
        R::RoleNameInvalid(String::new()),
        R::NotWorkspaceMember,
        R::NoSuchUser,
        R::OwnerCannotLeave,
        R::ProjectNameEmpty,
        R::MakeDefaultOnlyTrue,
        R::NoProjectChange,
        R::DefaultProjectNotDeletable,
        R::OneInvitationAtATime,
        R::SelfInvitation,
        R::AlreadyInWorkspace,
        R::NoOpenInvitation,
        R::InvitationNotFound,
        R::InviteeNotFound,
        R::InvitationTokenNotFound,
        R::InviteEmailMismatch,
        R::InviteAlreadyAccepted,
        R::InviteExpired,
        R::InviteIssuerNotMember,
        R::InviteIssuerDemoted,
        R::InvitedProjectDeleted,
        R::ResetTokenInvalid,
        R::SessionInvalid,
        R::Busy,
        R::InvalidReference {
            path: String::new(),
            reason: String::new(),
        },
        R::EntityNotFound {
            kind: EntityKind::User,
            named: String::new(),
        },
        R::OwnerRequired(String::new()),
        R::AccountExists(String::new()),
        R::InvalidAccounts(String::new()),
        R::AccountsConflict(String::new()),
        R::FeatureUnavailable(String::new()),
        R::ScopeMissing(OperatorScope::AccountsRead),
        R::AccountDeletionUnavailable,
        R::NotFound,
    ];
    for refusal in &all {
        match refusal {
            R::Unauthenticated
            | R::OutOfScope
            | R::ServiceTokenExpired
            | R::ServiceTokenInvalid
            | R::NotPermitted
            | R::UnknownPermission { .. }
            | R::NoMembership
            | R::Forbidden
            | R::ForbiddenInProject
            | R::NotOrganizationMember
            | R::NotAllowedToCreateOrganizations
            | R::UserNotFound
            | R::NothingToUpdate
            | R::InvalidOrganizationUpdate { .. }
            | R::SlugTaken
            | R::LastOrganization
            | R::OnlyOwnerCanTransfer
            | R::InvalidNewOwner
            | R::AlreadyMember
            | R::InvalidUuid
            | R::InvitationLinkNotFound
            | R::InvitationLinkRevoked
            | R::InvitationLinkExpired
            | R::InvitationLinkUsedUp
            | R::InvitationLinkAlreadyUsed
            | R::LinkIssuerNotMember
            | R::LinkIssuerDemoted
            | R::LinkDomainNotAllowed
            | R::EmailNotVerified
            | R::AlreadyWorkspaceMember
            | R::ApiKeyNotFound
            | R::ProjectNotFound
            | R::UsernameInvalid(_)
            | R::AccessDenied
            | R::TooManyAttempts { .. }
            | R::WrongCredentials
            | R::EmailTaken
            | R::InvalidField { .. }
            | R::IdempotencyConflict
            | R::IdempotencyKeyInvalid
            | R::Vetoed { .. }
            | R::InsufficientRole
            | R::OwnerProtected
            | R::WorkspaceUpdateForbidden
            | R::NoWorkspaceChange
            | R::WorkspaceNameEmpty
            | R::WorkspaceNotFound
            | R::WorkspaceNotInOrganization
            | R::WorkspaceOutsideOrganization
            | R::RoleInvalid
            | R::RoleNameInvalid(_)
            | R::NotWorkspaceMember
            | R::NoSuchUser
            | R::OwnerCannotLeave
            | R::ProjectNameEmpty
            | R::MakeDefaultOnlyTrue
            | R::NoProjectChange
            | R::DefaultProjectNotDeletable
            | R::OneInvitationAtATime
            | R::SelfInvitation
            | R::AlreadyInWorkspace
            | R::NoOpenInvitation
            | R::InvitationNotFound
            | R::InviteeNotFound
            | R::InvitationTokenNotFound
            | R::InviteEmailMismatch
            | R::InviteAlreadyAccepted
            | R::InviteExpired
            | R::InviteIssuerNotMember
            | R::InviteIssuerDemoted
            | R::InvitedProjectDeleted
            | R::ResetTokenInvalid
            | R::SessionInvalid
            | R::Busy
            | R::InvalidReference { .. }
            | R::EntityNotFound { .. }
            | R::OwnerRequired(_)
            | R::AccountExists(_)
            | R::InvalidAccounts(_)
            | R::AccountsConflict(_)
            | R::FeatureUnavailable(_)
            | R::ScopeMissing(_)
            | R::AccountDeletionUnavailable
            | R::NotFound => {}
        }
    }
    all
}

#[test]
fn every_refusal_is_listed_with_its_status() {
    let errors = errors();
    for refusal in refusals() {
        let code = refusal.code();
        let entry = errors.iter().find(|entry| entry.code == code);
        let status = Problem::from(refusal).into_response().status().as_u16();
        assert_eq!(entry.map(|entry| entry.status), Some(status), "{code}");
    }
}

#[test]
fn every_code_is_listed_once() {
    let mut codes: Vec<_> = errors().iter().map(|entry| entry.code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}

#[test]
fn every_problem_of_this_crate_is_listed_with_its_status() {
    let errors = errors();
    for problem in [
        Problem::unauthenticated(),
        Problem::out_of_scope(),
        Problem::no_session(),
        Problem::session_expired(),
        Problem::id_mismatch(""),
        Problem::no_such_path(),
        Problem::method_not_allowed(),
        Problem::unprocessable(Vec::new()),
        Problem::internal(),
        Problem::outcome_unknown(),
        Problem::busy(),
        Problem::unavailable(),
    ] {
        let code = problem.code();
        let entry = errors.iter().find(|entry| entry.code == code);
        assert_eq!(
            entry.map(|entry| entry.status),
            Some(problem.into_response().status().as_u16()),
            "{code}"
        );
    }
}

#[test]
fn errors_document_is_current() {
    let mut document = String::from(
        "# Errors\n\nEvery error response has the members `type`, `title`, `status`, `code` and \
         `request_id` (RFC 9457) beside the reference API's `detail` (or `message`). Programs \
         should decide by `code`, which never changes.\n\n| code | status | when |\n|---|---|---|\n",
    );
    for ErrorEntry {
        code,
        status,
        description,
    } in errors()
    {
        document.push_str(&format!(
            "| `{code}` | {status} | **{}.** {description} |\n",
            title(code)
        ));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ERRORS.md");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, document).unwrap();
    } else {
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(
            committed == document,
            "docs/ERRORS.md is not current: run UPDATE_OPENAPI=1 cargo test -p freehold-http"
        );
    }
}
