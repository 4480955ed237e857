//! Builders of graphs.

use freehold_app::provisioning::{
    ApiKeyDraft, ExistingUserPolicy, Graph, GraphOptions, IdentityDraft, MembershipDraft,
    OrganizationDraft, ProjectDraft, UnparsedReference, UserDraft, WorkspaceDraft,
};
use uuid::Uuid;

/// A precomputed hash of `password`: hashing takes long in a test.
const HASH: &str =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

pub(super) fn by_ref(name: &str) -> UnparsedReference {
    UnparsedReference::Ref(name.to_owned())
}

pub(super) fn by_id(id: Uuid) -> UnparsedReference {
    UnparsedReference::Id(id.to_string())
}

pub(super) fn by_slug(slug: &str) -> UnparsedReference {
    UnparsedReference::Slug(slug.to_owned())
}

pub(super) fn by_email(email: &str) -> UnparsedReference {
    UnparsedReference::Email(email.to_owned())
}

fn membership(scope: UnparsedReference, user: UnparsedReference, role: &str) -> MembershipDraft {
    MembershipDraft {
        scope,
        user,
        role: role.to_owned(),
    }
}

/// Adds parts to a graph, one per call.
pub(super) trait GraphBuilder: Sized {
    fn with_keys(self) -> Self;
    fn user(self, name: &str, email: &str) -> Self;
    fn login(self, name: &str, user: UnparsedReference, email: &str) -> Self;
    fn organization(self, name: &str, title: &str) -> Self;
    fn workspace(self, name: &str, title: &str, organization: UnparsedReference) -> Self;
    /// Adds a project whose name is the name of its part.
    fn project(
        self,
        name: &str,
        organization: UnparsedReference,
        workspace: UnparsedReference,
    ) -> Self;
    fn organization_member(
        self,
        name: &str,
        scope: UnparsedReference,
        user: UnparsedReference,
        role: &str,
    ) -> Self;
    fn workspace_member(
        self,
        name: &str,
        scope: UnparsedReference,
        user: UnparsedReference,
        role: &str,
    ) -> Self;
    fn project_member(
        self,
        name: &str,
        scope: UnparsedReference,
        user: UnparsedReference,
        role: &str,
    ) -> Self;
    fn key(self, name: &str, project: UnparsedReference, user: UnparsedReference) -> Self;
}

impl GraphBuilder for Graph {
    fn with_keys(mut self) -> Self {
        self.options.api_keys = true;
        self.options.return_key_values = true;
        self
    }

    fn user(mut self, name: &str, email: &str) -> Self {
        let draft = UserDraft {
            email: email.to_owned(),
            ..UserDraft::default()
        };
        self.users.push((name.to_owned(), draft));
        self
    }

    fn login(mut self, name: &str, user: UnparsedReference, email: &str) -> Self {
        self.options.identities = true;
        let draft = IdentityDraft {
            user: Some(user),
            method: "email:password".to_owned(),
            subject: Some(email.to_owned()),
            email: None,
            password: None,
            password_hash: Some(HASH.into()),
            verified: Some(true),
        };
        self.identities.push((name.to_owned(), draft));
        self
    }

    fn organization(mut self, name: &str, title: &str) -> Self {
        let draft = OrganizationDraft {
            name: title.to_owned(),
            ..OrganizationDraft::default()
        };
        self.organizations.push((name.to_owned(), draft));
        self
    }

    fn workspace(mut self, name: &str, title: &str, organization: UnparsedReference) -> Self {
        let draft = WorkspaceDraft {
            name: title.to_owned(),
            organization,
        };
        self.workspaces.push((name.to_owned(), draft));
        self
    }

    fn project(
        mut self,
        name: &str,
        organization: UnparsedReference,
        workspace: UnparsedReference,
    ) -> Self {
        let draft = ProjectDraft {
            name: name.to_owned(),
            organization,
            workspace,
            is_default: None,
        };
        self.projects.push((name.to_owned(), draft));
        self
    }

    fn organization_member(
        mut self,
        name: &str,
        scope: UnparsedReference,
        user: UnparsedReference,
        role: &str,
    ) -> Self {
        let draft = membership(scope, user, role);
        self.organization_members.push((name.to_owned(), draft));
        self
    }

    fn workspace_member(
        mut self,
        name: &str,
        scope: UnparsedReference,
        user: UnparsedReference,
        role: &str,
    ) -> Self {
        let draft = membership(scope, user, role);
        self.workspace_members.push((name.to_owned(), draft));
        self
    }

    fn project_member(
        mut self,
        name: &str,
        scope: UnparsedReference,
        user: UnparsedReference,
        role: &str,
    ) -> Self {
        let draft = membership(scope, user, role);
        self.project_members.push((name.to_owned(), draft));
        self
    }

    fn key(mut self, name: &str, project: UnparsedReference, user: UnparsedReference) -> Self {
        let draft = ApiKeyDraft {
            project,
            user,
            name: Some("ci".to_owned()),
            expires_at: None,
        };
        self.api_keys.push((name.to_owned(), draft));
        self
    }
}

/// A complete account for a new user, with a key and without content.
pub(super) fn simple_graph(email: &str) -> Graph {
    let mut graph = Graph::default()
        .user("user", email)
        .organization("org", "Own")
        .workspace("wrk", "Default", by_ref("org"))
        .project("prj", by_ref("org"), by_ref("wrk"))
        .organization_member("0", by_ref("org"), by_ref("user"), "owner")
        .workspace_member("0", by_ref("wrk"), by_ref("user"), "owner")
        .project_member("0", by_ref("prj"), by_ref("user"), "owner")
        .key("key", by_ref("prj"), by_ref("user"));
    graph.path_prefix = format!("accounts.{email}.");
    graph.options = GraphOptions {
        existing: ExistingUserPolicy::Refuse,
        identities: false,
        api_keys: true,
        return_key_values: true,
        seeds: false,
        strict: false,
    };
    graph.organizations[0].1.scaffold = true;
    graph
}
