//! Conversion of request bodies to the drafts of `app`.

use freehold_app::provisioning::{
    ApiKeyDraft, IdentityDraft, MembershipDraft, OrganizationDraft, Parts, ProjectDraft, UserDraft,
    WorkspaceDraft,
};

use super::request_parts::{
    NewApiKey, NewIdentity, NewOrganization, NewProject, NewUser, NewWorkspace,
    OrganizationMembership, ProjectMembership, WorkspaceMembership,
};
use crate::admin::fields::{EntityRefField, KeyedMap, SecretField};

/// Converts the objects of a request to drafts, under the same refs.
pub(super) fn drafts<T, D>(entries: Option<KeyedMap<T>>, draft: impl Fn(T) -> D) -> Parts<D> {
    let KeyedMap(entries) = entries.unwrap_or_default();
    entries
        .into_iter()
        .map(|(name, part)| (name, draft(part)))
        .collect()
}

impl NewUser {
    pub(super) fn into_draft(self) -> UserDraft {
        let Self {
            email,
            username,
            name,
        } = self;
        UserDraft {
            email,
            username,
            name,
        }
    }
}

impl NewIdentity {
    pub(super) fn into_draft(self) -> IdentityDraft {
        let Self {
            user_ref,
            method,
            subject,
            email,
            password,
            password_hash,
            verified,
        } = self;
        let secret = |field: Option<SecretField>| field.map(|SecretField(text)| text);
        IdentityDraft {
            user: user_ref.map(|EntityRefField(user)| user),
            method,
            subject: Some(subject).filter(|subject| !subject.is_empty()),
            email,
            password: secret(password),
            password_hash: secret(password_hash),
            verified,
        }
    }
}

impl NewOrganization {
    /// Returns a draft without a plan, and with `scaffold` false.
    pub(super) fn into_draft(self) -> OrganizationDraft {
        let Self {
            name,
            slug,
            owner_user_ref,
        } = self;
        OrganizationDraft {
            name,
            slug,
            owner: owner_user_ref.map(|EntityRefField(owner)| owner),
            ..OrganizationDraft::default()
        }
    }
}

impl NewWorkspace {
    pub(super) fn into_draft(self) -> WorkspaceDraft {
        let Self {
            name,
            organization_ref: EntityRefField(organization),
        } = self;
        WorkspaceDraft { name, organization }
    }
}

impl NewProject {
    pub(super) fn into_draft(self) -> ProjectDraft {
        let Self {
            name,
            organization_ref: EntityRefField(organization),
            workspace_ref: EntityRefField(workspace),
            is_default,
        } = self;
        ProjectDraft {
            name,
            organization,
            workspace,
            is_default,
        }
    }
}

macro_rules! impl_membership_draft {
    ($($name:ident . $scope_ref:ident),*) => {$(
        impl $name {
            pub(super) fn into_draft(self) -> MembershipDraft {
                let Self {
                    $scope_ref: EntityRefField(scope),
                    user_ref: EntityRefField(user),
                    role,
                } = self;
                MembershipDraft {
                    scope,
                    user,
                    role,
                }
            }
        }
    )*};
}

impl_membership_draft! {
    OrganizationMembership.organization_ref,
    WorkspaceMembership.workspace_ref,
    ProjectMembership.project_ref
}

impl NewApiKey {
    pub(super) fn into_draft(self) -> ApiKeyDraft {
        let Self {
            project_ref: EntityRefField(project),
            user_ref: EntityRefField(user),
            name,
            expires_at,
        } = self;
        ApiKeyDraft {
            project,
            user,
            name,
            expires_at,
        }
    }
}
