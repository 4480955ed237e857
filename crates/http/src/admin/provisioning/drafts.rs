//! From what was sent to the drafts of `app`.

use freehold_app::provisioning::{
    ApiKeyDraft, IdentityDraft, MembershipDraft, OrganizationDraft, Parts, ProjectDraft, UserDraft,
    WorkspaceDraft,
};

use super::request_parts::{
    NewApiKey, NewIdentity, NewOrganization, NewProject, NewUser, NewWorkspace,
    OrganizationMembership, ProjectMembership, WorkspaceMembership,
};
use crate::admin::fields::{Keyed, Secret, Way};

/// The drafts of what a request may have under refs.
pub(super) fn drafts<T, D>(given: Option<Keyed<T>>, draft: impl Fn(T) -> D) -> Parts<D> {
    let given = given.unwrap_or_default().0.into_iter();
    given.map(|(name, part)| (name, draft(part))).collect()
}

impl NewUser {
    pub(super) fn draft(self) -> UserDraft {
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
    pub(super) fn draft(self) -> IdentityDraft {
        let Self {
            user_ref,
            method,
            subject,
            email,
            password,
            password_hash,
            verified,
        } = self;
        let secret = |given: Option<Secret>| given.map(|Secret(text)| text);
        IdentityDraft {
            user: user_ref.map(|Way(named)| named),
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
    pub(super) fn draft(self) -> OrganizationDraft {
        let Self {
            name,
            slug,
            owner_user_ref,
        } = self;
        OrganizationDraft {
            name,
            slug,
            owner: owner_user_ref.map(|Way(named)| named),
            ..OrganizationDraft::default()
        }
    }
}

impl NewWorkspace {
    pub(super) fn draft(self) -> WorkspaceDraft {
        let Self {
            name,
            organization_ref: Way(organization),
        } = self;
        WorkspaceDraft { name, organization }
    }
}

impl NewProject {
    pub(super) fn draft(self) -> ProjectDraft {
        let Self {
            name,
            organization_ref: Way(organization),
            workspace_ref: Way(workspace),
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

macro_rules! membership {
    ($($name:ident . $place:ident),*) => {$(
        impl $name {
            pub(super) fn draft(self) -> MembershipDraft {
                let Self {
                    $place: Way(place),
                    user_ref: Way(user),
                    role,
                } = self;
                MembershipDraft { place, user, role }
            }
        }
    )*};
}

membership! {
    OrganizationMembership.organization_ref,
    WorkspaceMembership.workspace_ref,
    ProjectMembership.project_ref
}

impl NewApiKey {
    pub(super) fn draft(self) -> ApiKeyDraft {
        let Self {
            project_ref: Way(project),
            user_ref: Way(user),
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
