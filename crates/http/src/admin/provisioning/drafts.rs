//! From what was sent to the drafts of `app`.

use freehold_app::provisioning::{
    ApiKeyDraft, IdentityDraft, MembershipDraft, OrganizationDraft, Parts, ProjectDraft, UserDraft,
    WorkspaceDraft,
};

use super::request_parts::{
    NewApiKey, NewIdentity, NewOrganization, NewProject, NewUser, NewWorkspace,
    OrganizationMembership, ProjectMembership, WorkspaceMembership,
};
use crate::admin::fields::{EntityRefField, KeyedMap, SecretField};

/// The drafts of what a request may have under refs.
pub(super) fn drafts<T, D>(given: Option<KeyedMap<T>>, draft: impl Fn(T) -> D) -> Parts<D> {
    let given = given.unwrap_or_default().0.into_iter();
    given.map(|(name, part)| (name, draft(part))).collect()
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
        let secret = |given: Option<SecretField>| given.map(|SecretField(secret)| secret);
        IdentityDraft {
            user: user_ref.map(|EntityRefField(named)| named),
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
    /// Without a plan, and not as a scaffold.
    pub(super) fn into_draft(self) -> OrganizationDraft {
        let Self {
            name,
            slug,
            owner_user_ref,
        } = self;
        OrganizationDraft {
            name,
            slug,
            owner: owner_user_ref.map(|EntityRefField(named)| named),
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
    ($($name:ident . $place:ident),*) => {$(
        impl $name {
            pub(super) fn into_draft(self) -> MembershipDraft {
                let Self {
                    $place: EntityRefField(place),
                    user_ref: EntityRefField(user),
                    role,
                } = self;
                MembershipDraft {
                    scope: place,
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
