//! Responses to deletions: the ids of the deleted objects, by kind.

use axum::response::Response;
use freehold_app::{CommandOutput, Deleted, Skipped};
use freehold_domain::Id;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Problem;
use crate::response::operator_command_response;

/// The deleted objects; of a dry run, those that would be deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeletionView {
    dry_run: bool,
    deleted: DeletedParts,
    /// Objects in the request that do not exist; absent if all exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<DeletedParts>,
}

/// Objects by kind. Kinds without objects are absent.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct DeletedParts {
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<Vec<DeletedItem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_identities: Option<Vec<DeletedItem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizations: Option<Vec<DeletedItem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspaces: Option<Vec<DeletedItem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projects: Option<Vec<DeletedItem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_memberships: Option<Vec<DeletedItem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_memberships: Option<Vec<DeletedItem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_memberships: Option<Vec<DeletedItem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_keys: Option<Vec<DeletedItem>>,
}

/// An object that was deleted or does not exist.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeletedItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// The email address, if the request identifies a user by it and the user does not exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

impl DeletedItem {
    fn by_id<T>(id: &Id<T>) -> Self {
        Self {
            id: Some(id.uuid()),
            email: None,
        }
    }
}

/// The ids as items; `None` if there are none and `keep_empty` is false.
fn items<T>(ids: &[Id<T>], keep_empty: bool) -> Option<Vec<DeletedItem>> {
    (keep_empty || !ids.is_empty()).then(|| ids.iter().map(DeletedItem::by_id).collect())
}

/// The kinds of objects that are deleted alone, by their id.
#[derive(Clone, Copy, Debug)]
pub(super) enum SingleKind {
    Identity,
    OrganizationMembership,
    WorkspaceMembership,
    ProjectMembership,
    ApiKey,
}

impl DeletedParts {
    fn single<T>(kind: SingleKind, id: &Id<T>) -> Self {
        let mut parts = Self::default();
        let list = match kind {
            SingleKind::Identity => &mut parts.user_identities,
            SingleKind::OrganizationMembership => &mut parts.organization_memberships,
            SingleKind::WorkspaceMembership => &mut parts.workspace_memberships,
            SingleKind::ProjectMembership => &mut parts.project_memberships,
            SingleKind::ApiKey => &mut parts.api_keys,
        };
        *list = Some(vec![DeletedItem::by_id(id)]);
        parts
    }

    fn of_deleted(deleted: &Deleted, keep_empty: bool) -> Self {
        Self {
            users: items(&deleted.users, keep_empty),
            organizations: items(&deleted.organizations, keep_empty),
            workspaces: items(&deleted.workspaces, keep_empty),
            projects: items(&deleted.projects, keep_empty),
            ..Self::default()
        }
    }

    fn of_skipped(skipped: &Skipped) -> Option<Self> {
        if *skipped == Skipped::default() {
            return None;
        }
        let mut users = items(&skipped.users, true).unwrap_or_default();
        users.extend(skipped.emails.iter().map(|email| DeletedItem {
            id: None,
            email: Some(email.as_str().to_owned()),
        }));
        Some(Self {
            users: (!users.is_empty()).then_some(users),
            organizations: items(&skipped.organizations, false),
            workspaces: items(&skipped.workspaces, false),
            projects: items(&skipped.projects, false),
            ..Self::default()
        })
    }
}

/// Responds to the deletion of one object that has no other objects below it. `id` returns its id.
pub(super) fn single_deletion_response<T, K>(
    output: &CommandOutput<T>,
    kind: SingleKind,
    id: impl FnOnce(&T) -> &Id<K>,
) -> Result<Response, Problem> {
    deletion_response(output, |_, answer| {
        (DeletedParts::single(kind, id(answer)), None)
    })
}

/// Responds to the deletion of one object and the objects that were deleted with it.
pub(super) fn cascade_response(output: &CommandOutput<Deleted>) -> Result<Response, Problem> {
    deletion_response(output, |_, deleted| {
        (DeletedParts::of_deleted(deleted, false), None)
    })
}

/// Responds to a deletion of several objects. A dry run lists the four kinds even if they are empty.
pub(super) fn bulk_response(output: &CommandOutput<Deleted>) -> Result<Response, Problem> {
    deletion_response(output, |dry_run, deleted| {
        let skipped = DeletedParts::of_skipped(&deleted.skipped);
        (DeletedParts::of_deleted(deleted, dry_run), skipped)
    })
}

fn deletion_response<T>(
    output: &CommandOutput<T>,
    parts: impl FnOnce(bool, &T) -> (DeletedParts, Option<DeletedParts>),
) -> Result<Response, Problem> {
    let dry_run = output.dry_run_events.is_some();
    operator_command_response(StatusCode::OK, output, |answer| {
        let (deleted, skipped) = parts(dry_run, answer);
        DeletionView {
            dry_run,
            deleted,
            skipped,
        }
    })
}
