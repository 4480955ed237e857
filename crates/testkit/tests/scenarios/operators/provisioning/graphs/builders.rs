//! Graphs in few words.

use freehold_app::provisioning::{
    ApiKeyDraft, Existing, Graph, IdentityDraft, MembershipDraft, Named, OrganizationDraft,
    ProjectDraft, UserDraft, Wanted, WorkspaceDraft,
};
use uuid::Uuid;

/// A hash of `password`, made elsewhere: hashing takes long in a test.
const HASH: &str =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

pub(super) fn by_ref(name: &str) -> Named {
    Named::Ref(name.to_owned())
}

pub(super) fn by_id(id: Uuid) -> Named {
    Named::Id(id.to_string())
}

pub(super) fn by_slug(slug: &str) -> Named {
    Named::Slug(slug.to_owned())
}

pub(super) fn by_email(email: &str) -> Named {
    Named::Email(email.to_owned())
}

fn membership(place: Named, user: Named, role: &str) -> MembershipDraft {
    MembershipDraft {
        place,
        user,
        role: role.to_owned(),
    }
}

/// Adds one part after the other.
pub(super) trait Drafted: Sized {
    fn with_keys(self) -> Self;
    fn user(self, name: &str, email: &str) -> Self;
    fn login(self, name: &str, user: Named, email: &str) -> Self;
    fn organization(self, name: &str, title: &str) -> Self;
    fn workspace(self, name: &str, title: &str, organization: Named) -> Self;
    /// Called as its part is.
    fn project(self, name: &str, organization: Named, workspace: Named) -> Self;
    fn organization_member(self, name: &str, place: Named, user: Named, role: &str) -> Self;
    fn workspace_member(self, name: &str, place: Named, user: Named, role: &str) -> Self;
    fn project_member(self, name: &str, place: Named, user: Named, role: &str) -> Self;
    fn key(self, name: &str, project: Named, user: Named) -> Self;
}

impl Drafted for Graph {
    fn with_keys(mut self) -> Self {
        self.wanted.api_keys = true;
        self.wanted.show_keys = true;
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

    fn login(mut self, name: &str, user: Named, email: &str) -> Self {
        self.wanted.identities = true;
        let draft = IdentityDraft {
            user: Some(user),
            method: "email:password".to_owned(),
            subject: Some(email.to_owned()),
            email: None,
            password: None,
            password_hash: Some(HASH.to_owned()),
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

    fn workspace(mut self, name: &str, title: &str, organization: Named) -> Self {
        let draft = WorkspaceDraft {
            name: title.to_owned(),
            organization,
        };
        self.workspaces.push((name.to_owned(), draft));
        self
    }

    fn project(mut self, name: &str, organization: Named, workspace: Named) -> Self {
        let draft = ProjectDraft {
            name: name.to_owned(),
            organization,
            workspace,
            is_default: None,
        };
        self.projects.push((name.to_owned(), draft));
        self
    }

    fn organization_member(mut self, name: &str, place: Named, user: Named, role: &str) -> Self {
        let draft = membership(place, user, role);
        self.organization_members.push((name.to_owned(), draft));
        self
    }

    fn workspace_member(mut self, name: &str, place: Named, user: Named, role: &str) -> Self {
        let draft = membership(place, user, role);
        self.workspace_members.push((name.to_owned(), draft));
        self
    }

    fn project_member(mut self, name: &str, place: Named, user: Named, role: &str) -> Self {
        let draft = membership(place, user, role);
        self.project_members.push((name.to_owned(), draft));
        self
    }

    fn key(mut self, name: &str, project: Named, user: Named) -> Self {
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

/// A complete account for somebody who is new, with a key and without content.
pub(super) fn simple(email: &str) -> Graph {
    let mut graph = Graph::default()
        .user("user", email)
        .organization("org", "Own")
        .workspace("wrk", "Default", by_ref("org"))
        .project("prj", by_ref("org"), by_ref("wrk"))
        .organization_member("0", by_ref("org"), by_ref("user"), "owner")
        .workspace_member("0", by_ref("wrk"), by_ref("user"), "owner")
        .project_member("0", by_ref("prj"), by_ref("user"), "owner")
        .key("key", by_ref("prj"), by_ref("user"));
    graph.at = format!("accounts.{email}.");
    graph.wanted = Wanted {
        existing: Existing::Refused,
        identities: false,
        api_keys: true,
        show_keys: true,
        seeds: false,
        strict: false,
    };
    graph.organizations[0].1.scaffold = true;
    graph
}
