//! The status of each refusal, and the members of its body beside the message.

use freehold_domain::Refusal;
use http::StatusCode;
use serde_json::json;

use super::Problem;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code();
        let plain = |status| Self::new(status, code, refusal.message());
        match &refusal {
            Refusal::Unauthenticated => Self::unauthenticated(),
            Refusal::OutOfScope => Self::out_of_scope(),
            Refusal::ServiceTokenExpired | Refusal::ServiceTokenInvalid => {
                let reason = match refusal {
                    Refusal::ServiceTokenExpired => "expired_signature",
                    _ => "invalid_token",
                };
                let detail = json!({"message": refusal.message(), "reason": reason});
                Self::new(StatusCode::UNAUTHORIZED, code, detail)
            }
            Refusal::SessionInvalid => Self::no_session(),
            Refusal::AccessDenied => {
                let detail = json!({"message": refusal.message()});
                Self::new(StatusCode::UNAUTHORIZED, code, detail)
            }
            Refusal::InvalidReference { path, reason } => {
                let extra = json!({"path": path, "reason": reason});
                Self::for_operator(StatusCode::BAD_REQUEST, &refusal, extra)
            }
            Refusal::EntityNotFound { named, .. } => {
                Self::for_operator(StatusCode::NOT_FOUND, &refusal, json!({"ref": named}))
            }
            Refusal::OwnerRequired(_) | Refusal::InvalidAccounts(_) => {
                Self::for_operator(StatusCode::BAD_REQUEST, &refusal, json!({}))
            }
            Refusal::AccountExists(email) => {
                Self::for_operator(StatusCode::CONFLICT, &refusal, json!({"email": email}))
            }
            Refusal::AccountsConflict(_) => {
                Self::for_operator(StatusCode::CONFLICT, &refusal, json!({}))
            }
            Refusal::FeatureUnavailable(feature) => {
                let extra = json!({"feature": feature});
                Self::for_operator(StatusCode::NOT_IMPLEMENTED, &refusal, extra)
            }
            Refusal::ScopeMissing(scope) => {
                let extra = json!({"scope": scope.as_str()});
                Self::for_operator(StatusCode::FORBIDDEN, &refusal, extra)
            }
            Refusal::WrongCredentials => plain(StatusCode::UNAUTHORIZED),
            Refusal::OwnerProtected => {
                let detail = json!({"message": refusal.message()});
                Self::new(StatusCode::FORBIDDEN, code, detail)
            }
            Refusal::InvitationTokenNotFound | Refusal::InviteEmailMismatch => {
                Self::with_code_in_detail(StatusCode::BAD_REQUEST, &refusal)
            }
            Refusal::InviteAlreadyAccepted => {
                Self::with_code_in_detail(StatusCode::CONFLICT, &refusal)
            }
            Refusal::InviteExpired
            | Refusal::InviteIssuerNotMember
            | Refusal::InviteIssuerDemoted => Self::with_code_in_detail(StatusCode::GONE, &refusal),
            Refusal::NoMembership
            | Refusal::NotPermitted
            | Refusal::Forbidden
            | Refusal::ForbiddenInProject
            | Refusal::NotOrganizationMember
            | Refusal::NotAllowedToCreateOrganizations
            | Refusal::OnlyOwnerCanTransfer
            | Refusal::InsufficientRole
            | Refusal::WorkspaceUpdateForbidden
            | Refusal::LinkDomainNotAllowed
            | Refusal::EmailNotVerified
            | Refusal::Vetoed { .. } => plain(StatusCode::FORBIDDEN),
            Refusal::NothingToUpdate
            | Refusal::LastOrganization
            | Refusal::InvalidNewOwner
            | Refusal::NoWorkspaceChange
            | Refusal::WorkspaceNameEmpty
            | Refusal::WorkspaceOutsideOrganization
            | Refusal::RoleInvalid
            | Refusal::RoleNameInvalid(_)
            | Refusal::OwnerCannotLeave
            | Refusal::OneInvitationAtATime
            | Refusal::SelfInvitation
            | Refusal::AlreadyInWorkspace
            | Refusal::InviteeNotFound
            | Refusal::InvitedProjectDeleted
            | Refusal::ProjectNameEmpty
            | Refusal::MakeDefaultOnlyTrue
            | Refusal::NoProjectChange
            | Refusal::DefaultProjectNotDeletable
            | Refusal::InvalidUuid
            | Refusal::UsernameInvalid(_)
            | Refusal::IdempotencyKeyInvalid
            | Refusal::ResetTokenInvalid => plain(StatusCode::BAD_REQUEST),
            Refusal::UnknownPermission { reason } => Self {
                reason: Some(reason.clone()),
                ..plain(StatusCode::FORBIDDEN)
            },
            Refusal::InvalidOrganizationUpdate { reason } => Self {
                reason: Some(reason.clone()),
                ..plain(StatusCode::BAD_REQUEST)
            },
            Refusal::UserNotFound
            | Refusal::ApiKeyNotFound
            | Refusal::WorkspaceNotFound
            | Refusal::WorkspaceNotInOrganization
            | Refusal::NotWorkspaceMember
            | Refusal::NoSuchUser
            | Refusal::ProjectNotFound
            | Refusal::InvitationLinkNotFound
            | Refusal::NoOpenInvitation
            | Refusal::InvitationNotFound
            | Refusal::AccountDeletionUnavailable
            | Refusal::NotFound => plain(StatusCode::NOT_FOUND),
            Refusal::SlugTaken
            | Refusal::EmailTaken
            | Refusal::AlreadyMember
            | Refusal::AlreadyWorkspaceMember
            | Refusal::IdempotencyConflict => plain(StatusCode::CONFLICT),
            Refusal::InvitationLinkRevoked
            | Refusal::InvitationLinkExpired
            | Refusal::InvitationLinkUsedUp
            | Refusal::InvitationLinkAlreadyUsed
            | Refusal::LinkIssuerNotMember
            | Refusal::LinkIssuerDemoted => plain(StatusCode::GONE),
            Refusal::InvalidField {
                location,
                field,
                problem,
            } => Self::unprocessable(vec![json!({
                "type": "value_error", "loc": [location, field],
                "msg": format!("Value error, {problem}"), "input": null, "ctx": {"error": {}},
            })]),
            Refusal::TooManyAttempts {
                retry_after_seconds,
            } => plain(StatusCode::TOO_MANY_REQUESTS).retry_after(*retry_after_seconds),
            Refusal::Busy => Self::busy(),
        }
    }
}
