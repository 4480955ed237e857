//! Invalid graphs: each is refused with its reason, and changes nothing.

use freehold_app::provisioning::Graph;
use freehold_domain::{EntityKind, Refusal, Timestamp};
use freehold_testkit::scenario;
use uuid::Uuid;

use super::builders::{GraphBuilder as _, by_email, by_id, by_ref, by_slug, simple_graph};
use super::{contents_without_audit, example_graph, id_of, provision_one, refusal};

scenario!(refused_graph_stores_nothing, async |app| {
    let account = provision_one(app, example_graph()).await;
    let organization = id_of(&account.organizations, "o1", |it| it.id.uuid());
    let workspace_there = id_of(&account.workspaces, "w1", |it| it.id.uuid());
    let project_there = id_of(&account.projects, "p1", |it| it.id.uuid());
    let other = provision_one(app, {
        let mut other = simple_graph("zoe@else.test");
        other.organizations[0].1.slug = Some("taken".to_owned());
        other
    });
    let elsewhere = other.await.workspaces[0].1.id.uuid();
    let ghost = Uuid::from_u128(7);
    let base = || Graph::default().user("u", "new@acme.test");
    let made = || {
        base()
            .organization("o", "New")
            .workspace("w", "W", by_ref("o"))
    };
    let slug = |slug: &str| {
        let mut graph = made();
        graph.organizations[0].1.slug = Some(slug.to_owned());
        graph
    };
    let expired = || {
        let mut graph =
            base()
                .with_keys()
                .key("k", by_id(project_there), by_email("ada@acme.test"));
        graph.api_keys[0].1.expires_at = Some(Timestamp::from_micros(1));
        graph
    };
    let defaults = || {
        let mut graph = made();
        graph = graph.project("p", by_ref("o"), by_ref("w"));
        graph = graph.project("q", by_ref("o"), by_ref("w"));
        graph.projects[0].1.is_default = Some(true);
        graph.projects[1].1.is_default = Some(true);
        graph
    };
    let weak = || {
        let mut graph = base().login("i", by_ref("u"), "new@acme.test");
        graph.identities[0].1.password_hash = None;
        graph.identities[0].1.password = Some("1".into());
        graph
    };
    let refused: Vec<(Graph, &str, &str)> = vec![
        (
            base().user("v", "notanemail"),
            "invalid_accounts",
            "users.v.email: ",
        ),
        (
            base().organization("o", " "),
            "invalid_accounts",
            "organizations.o.name: ",
        ),
        (
            base().workspace("w", "W", by_ref("o")),
            "invalid_reference",
            "'workspaces.w.organization_ref': request-local ref 'o' not found in organizations",
        ),
        (
            base().workspace("w", "W", by_id(ghost)),
            "entity_not_found",
            "Organization not found: 00000000-0000-0000-0000-000000000007.",
        ),
        (
            base().workspace("w", "W", by_slug("nosuch")),
            "entity_not_found",
            "Organization not found: nosuch.",
        ),
        (
            base().project("p", by_id(organization), by_id(ghost)),
            "entity_not_found",
            "Workspace not found: 0",
        ),
        (
            base().project("p", by_id(organization), by_id(elsewhere)),
            "invalid_reference",
            "'projects.p.workspace_ref': the workspace is in another organization",
        ),
        (
            made().project_member("m", by_id(ghost), by_ref("u"), "viewer"),
            "entity_not_found",
            "Project not found: 0",
        ),
        (
            base().workspace_member("m", by_id(workspace_there), by_id(ghost), "viewer"),
            "entity_not_found",
            "User not found: 0",
        ),
        (
            base().workspace_member(
                "m",
                by_id(workspace_there),
                by_email("ghost@acme.test"),
                "viewer",
            ),
            "entity_not_found",
            "User not found: ghost@acme.test.",
        ),
        (
            base().workspace_member("m", by_id(workspace_there), by_ref("u"), "king"),
            "invalid_accounts",
            "workspace_memberships.m.role: 'king'",
        ),
        (
            base().workspace_member("m", by_id(workspace_there), by_ref("u"), "owner"),
            "accounts_conflict",
            "workspace_memberships.m.role: only the owner",
        ),
        (
            base().organization_member("m", by_id(organization), by_ref("u"), "owner"),
            "accounts_conflict",
            "organization_memberships.m.role: only the owner",
        ),
        (
            base().organization_member(
                "m",
                by_id(organization),
                by_email("ada@acme.test"),
                "viewer",
            ),
            "accounts_conflict",
            "organization_memberships.m.role: the owner",
        ),
        (
            base()
                .project_member("m", by_id(project_there), by_ref("u"), "viewer")
                .project_member("n", by_id(project_there), by_ref("u"), "admin"),
            "invalid_accounts",
            "project_memberships.n.role: the same request",
        ),
        (
            slug("Bad Slug"),
            "invalid_accounts",
            "organizations.o.slug: ",
        ),
        (
            slug("taken"),
            "accounts_conflict",
            "organizations.o.slug: Organization with slug 'taken' already exists.",
        ),
        (defaults(), "invalid_accounts", "projects.q.is_default: "),
        (
            base()
                .with_keys()
                .key("k", by_id(project_there), by_ref("u")),
            "accounts_conflict",
            "api_keys.k.user_ref: ",
        ),
        (expired(), "invalid_accounts", "api_keys.k.expires_at: "),
        (weak(), "invalid_accounts", "user_identities.i.password: "),
        (
            base().login("i", by_ref("u"), "else@acme.test"),
            "invalid_accounts",
            "user_identities.i.email: ",
        ),
        (
            Graph::default().organization("o", "O"),
            "owner_required",
            "Organization 'o' requires a valid owner user.",
        ),
    ];
    let before = contents_without_audit(app).await;
    for (graph, code, said) in refused {
        let refusal = refusal(app, vec![simple_graph("other@acme.test"), graph]).await;
        assert_eq!(refusal.code(), code, "{refusal}");
        assert!(
            refusal.to_string().contains(said),
            "{refusal} is not: {said}"
        );
        let after = contents_without_audit(app).await;
        assert!(before == after, "{refusal} left something");
    }
    let missing = Refusal::EntityNotFound {
        kind: EntityKind::User,
        named: "nobody@acme.test".to_owned(),
    };
    let mut known = Graph::default();
    known
        .existing_users
        .push(("owner".to_owned(), by_email("nobody@acme.test")));
    assert_eq!(refusal(app, vec![known]).await, missing);
});
