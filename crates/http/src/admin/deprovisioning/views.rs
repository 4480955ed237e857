//! What is answered after something was deleted: which ids, by what they were.

use freehold_app::Deleted;
use freehold_domain::Id;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What was deleted; of a rehearsal, what would have been.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeletionView {
    dry_run: bool,
    deleted: DeletedParts,
    /// What was named and was not there, if there is any.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<DeletedParts>,
}

/// Things by what they are. Kinds of which there are none are left out.
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

/// Something that is not there any more, or never was.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeletedItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// Where that is how it was named.
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

fn items_by_id<T>(ids: &[Id<T>]) -> Vec<DeletedItem> {
    ids.iter().map(DeletedItem::by_id).collect()
}

fn non_empty(items: Vec<DeletedItem>) -> Option<Vec<DeletedItem>> {
    Some(items).filter(|items| !items.is_empty())
}

/// Something that is taken away alone.
#[derive(Clone, Copy, Debug)]
pub(super) enum SingleKind {
    Identity,
    OrganizationMembership,
    WorkspaceMembership,
    ProjectMembership,
    ApiKey,
}

impl DeletionView {
    /// The one thing of this kind.
    pub(super) fn single<T>(dry_run: bool, kind: SingleKind, id: Id<T>) -> Self {
        let mut deleted = DeletedParts::default();
        let list = match kind {
            SingleKind::Identity => &mut deleted.user_identities,
            SingleKind::OrganizationMembership => &mut deleted.organization_memberships,
            SingleKind::WorkspaceMembership => &mut deleted.workspace_memberships,
            SingleKind::ProjectMembership => &mut deleted.project_memberships,
            SingleKind::ApiKey => &mut deleted.api_keys,
        };
        *list = Some(vec![DeletedItem::by_id(&id)]);
        Self {
            dry_run,
            deleted,
            skipped: None,
        }
    }

    /// One thing with what went with it.
    pub(super) fn of_one(dry_run: bool, deleted: &Deleted) -> Self {
        Self {
            dry_run,
            deleted: DeletedParts {
                users: non_empty(items_by_id(&deleted.users)),
                organizations: non_empty(items_by_id(&deleted.organizations)),
                workspaces: non_empty(items_by_id(&deleted.workspaces)),
                projects: non_empty(items_by_id(&deleted.projects)),
                ..DeletedParts::default()
            },
            skipped: None,
        }
    }

    /// Many things; a rehearsal names the four kinds, whether or not there are any.
    pub(super) fn of_many(dry_run: bool, deleted: &Deleted) -> Self {
        let mut view = Self::of_one(dry_run, deleted);
        if dry_run {
            let DeletedParts {
                users,
                organizations,
                workspaces,
                projects,
                ..
            } = &mut view.deleted;
            for kind in [users, organizations, workspaces, projects] {
                kind.get_or_insert_with(Vec::new);
            }
        }
        let missing = &deleted.skipped;
        let emails = missing.emails.iter().map(|email| DeletedItem {
            id: None,
            email: Some(email.as_str().to_owned()),
        });
        let skipped = DeletedParts {
            users: non_empty(
                items_by_id(&missing.users)
                    .into_iter()
                    .chain(emails)
                    .collect(),
            ),
            organizations: non_empty(items_by_id(&missing.organizations)),
            workspaces: non_empty(items_by_id(&missing.workspaces)),
            projects: non_empty(items_by_id(&missing.projects)),
            ..DeletedParts::default()
        };
        let DeletedParts {
            users,
            organizations,
            workspaces,
            projects,
            ..
        } = &skipped;
        let any = [users, organizations, workspaces, projects]
            .into_iter()
            .any(Option::is_some);
        view.skipped = any.then_some(skipped);
        view
    }
}
