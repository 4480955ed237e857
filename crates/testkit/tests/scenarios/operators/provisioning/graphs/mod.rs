//! Graphs that are provisioned by the application layer: what they create and
//! change, and that a refused graph changes nothing. The HTTP requests are tested
//! in the modules beside this one.

mod builders;
mod random_graphs;
mod random_source;
mod refusals;

use std::collections::BTreeMap;

use freehold_app::provisioning::{
    ExistingUserPolicy, Graph, ProvisionedAccount, UnparsedReference,
};
use freehold_app::{CommandOutput, Failure, IdempotencyKey, Operator, RequestContext};
use freehold_domain::{OperatorScope, Refusal};
use freehold_testkit::{TestApp, scenario};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use crate::store::round_trips::fewest_round_trips;
use builders::{GraphBuilder as _, by_email, by_id, by_ref, simple_graph};

fn operator() -> Operator {
    Operator::local("a test")
}

async fn provision(app: &TestApp, graphs: Vec<Graph>) -> Result<Vec<ProvisionedAccount>, Failure> {
    let call = RequestContext::default();
    let result = app.app().provision(&operator(), &call, graphs).await;
    result.map(|output| output.answer)
}

async fn provision_one(app: &TestApp, graph: Graph) -> ProvisionedAccount {
    provision(app, vec![graph]).await.unwrap().remove(0)
}

async fn refusal(app: &TestApp, graphs: Vec<Graph>) -> Refusal {
    match provision(app, graphs).await {
        Err(Failure::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

/// All rows but audit events, which record refusals.
async fn contents_without_audit(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    let mut contents = app.db().contents().await;
    contents.remove("audit_events");
    contents
}

fn id_of<T>(parts: &[(String, T)], name: &str, id: impl Fn(&T) -> Uuid) -> Uuid {
    let found = parts.iter().find(|(it, _)| it == name);
    id(&found.unwrap_or_else(|| panic!("no {name}")).1)
}

/// Two users, an organization, two workspaces with three projects.
fn example_graph() -> Graph {
    Graph::default()
        .with_keys()
        .user("u1", "Ada@Acme.test")
        .user("u2", "bob@acme.test")
        .login("i1", by_ref("u1"), "ada@acme.test")
        .organization("o1", "Acme")
        .workspace("w1", "First", by_ref("o1"))
        .workspace("w2", "Second", by_ref("o1"))
        .project("p1", by_ref("o1"), by_ref("w1"))
        .project("p2", by_ref("o1"), by_ref("w1"))
        .project("p3", by_ref("o1"), by_ref("w2"))
        .workspace_member("wm", by_ref("w1"), by_ref("u2"), "editor")
        .project_member("pm", by_ref("p2"), by_ref("u2"), "admin")
        .project_member("own", by_ref("p3"), by_ref("u1"), "owner")
        .key("k", by_ref("p1"), by_ref("u2"))
}

/// `user organization/workspace/project` by role, in one line each.
async fn roles(app: &TestApp, email: &str) -> Vec<String> {
    let sql = |table: &str, column: &str, name: &str, of: &str| {
        format!(
            "SELECT '{of} ' || x.{name} || ' ' || m.role FROM {table} m
               JOIN users u ON u.id = m.user_id JOIN {of} x ON x.id = m.{column}
              WHERE u.email = '{email}' ORDER BY 1"
        )
    };
    let db = app.db();
    let mut roles = Vec::new();
    for (table, column, name, of) in [
        (
            "organization_members",
            "organization_id",
            "name",
            "organizations",
        ),
        ("workspace_members", "workspace_id", "name", "workspaces"),
        ("project_members", "project_id", "project_name", "projects"),
    ] {
        roles.extend(db.query_texts(&sql(table, column, name, of)).await);
    }
    roles
}

scenario!(graph_creates_users_organizations_and_keys, async |app| {
    let account = provision_one(app, example_graph()).await;
    let (_, ada) = &account.users[0];
    assert_eq!(ada.email, "ada@acme.test");
    assert_eq!(ada.uid.as_deref(), Some(ada.id.to_string().as_str()));
    assert_eq!(account.organizations[0].1.owner, ada.id);
    assert!(
        account.projects[0].1.is_default,
        "the first of its workspace"
    );
    assert!(!account.projects[1].1.is_default);
    assert!(account.projects[2].1.is_default);
    assert_eq!(
        roles(app, "ada@acme.test").await,
        [
            "organizations Acme owner",
            "workspaces First owner",
            "workspaces Second owner",
            "projects p1 owner",
            "projects p2 owner",
            "projects p3 owner",
        ]
    );
    assert_eq!(
        roles(app, "bob@acme.test").await,
        [
            "organizations Acme none",
            "workspaces First editor",
            "projects p1 editor",
            "projects p2 admin",
        ]
    );
    // The owner's implied row is the requested one.
    let own = id_of(&account.project_members, "own", |it| it.id.uuid());
    let stored = format!(
        "SELECT count(*) FROM project_members WHERE id = {}",
        app.db().sql_uuid(own)
    );
    assert_eq!(app.db().query_number(&stored).await, 1);
    let value = account.api_keys[0].1.value.clone().unwrap();
    let key_client = app
        .anonymous()
        .with_authorization(format!("ApiKey {}", value.expose_secret()));
    assert_eq!(key_client.get("/profile").await.status(), 200);
    let flags = app
        .db()
        .query_texts("SELECT CAST(flags AS text) FROM organizations")
        .await;
    assert!(flags[0].contains("allow_email"), "{flags:?}");
    // Evaluators and environments, no testset.
    let kinds = "SELECT DISTINCT kind FROM resources ORDER BY kind";
    assert_eq!(
        app.db().query_texts(kinds).await,
        ["environment", "evaluator"]
    );
});

scenario!(existing_users_are_reused_unchanged, async |app| {
    let account = provision_one(app, example_graph()).await;
    let again = Graph::default()
        .user("u", " ADA@acme.test")
        .user("v", "ada@acme.test");
    let found = provision_one(app, again).await;
    let ids: Vec<_> = found.users.iter().map(|(_, it)| it.id).collect();
    assert_eq!(ids, [account.users[0].1.id; 2]);
    // A second login for the same address is reported beside the rest.
    let login = Graph::default().login("i", by_email("ada@acme.test"), "ada@acme.test");
    let second = provision_one(app, login.clone()).await;
    assert_eq!(second.errors[0].code, "identity_already_exists");
    assert!(second.identities.is_empty());
    let mut strict = login;
    strict.options.strict = true;
    assert!(matches!(
        refusal(app, vec![strict]).await,
        Refusal::InvalidAccounts(_)
    ));
});

scenario!(memberships_are_completed_up_and_down, async |app| {
    let account = provision_one(app, example_graph()).await;
    let organization = id_of(&account.organizations, "o1", |it| it.id.uuid());
    let first = id_of(&account.workspaces, "w1", |it| it.id.uuid());
    let second = id_of(&account.projects, "p2", |it| it.id.uuid());
    let bob = by_email("bob@acme.test");
    // Cleo is in one project only, and in its workspace and organization.
    let graph = Graph::default().user("c", "cleo@acme.test").project_member(
        "m",
        by_id(second),
        by_ref("c"),
        "editor",
    );
    provision_one(app, graph).await;
    let cleo = [
        "organizations Acme none",
        "workspaces First none",
        "projects p2 editor",
    ];
    assert_eq!(roles(app, "cleo@acme.test").await, cleo);
    // A member gets another role, with the id of the existing row.
    let known = id_of(&account.workspace_members, "wm", |it| it.id.uuid());
    let graph = Graph::default().workspace_member("m", by_id(first), bob.clone(), "developer");
    let changed = provision_one(app, graph.clone()).await;
    assert_eq!(changed.workspace_members[0].1.id.uuid(), known);
    assert_eq!(
        roles(app, "bob@acme.test").await[1..],
        [
            "workspaces First developer",
            "projects p1 developer",
            "projects p2 developer"
        ]
    );
    let events = "SELECT count(*) FROM audit_events WHERE action = 'member.role_changed'";
    assert_eq!(app.db().query_number(events).await, 1);
    provision_one(app, graph).await;
    assert_eq!(
        app.db().query_number(events).await,
        1,
        "nothing was changed"
    );
    let nothing = "SELECT count(*) FROM audit_events WHERE action = 'provisioning.requested'";
    assert_eq!(app.db().query_number(nothing).await, 1, "and that was kept");
    // A new project is for all members of the workspace, and may become its default.
    let mut graph = Graph::default()
        .user("d", "dora@acme.test")
        .workspace_member("m", by_id(first), by_ref("d"), "admin")
        .project("p4", by_id(organization), by_id(first));
    graph.projects[0].1.is_default = Some(true);
    let made = provision_one(app, graph).await;
    assert!(made.projects[0].1.is_default);
    assert_eq!(
        roles(app, "dora@acme.test").await,
        [
            "organizations Acme none",
            "workspaces First admin",
            "projects p1 admin",
            "projects p2 admin",
            "projects p4 admin",
        ]
    );
    assert!(
        roles(app, "ada@acme.test")
            .await
            .contains(&"projects p4 owner".to_owned())
    );
    assert!(
        roles(app, "bob@acme.test")
            .await
            .contains(&"projects p4 developer".to_owned())
    );
    assert_eq!(roles(app, "cleo@acme.test").await, cleo);
    let defaults = "SELECT project_name FROM projects WHERE is_default ORDER BY 1";
    assert_eq!(app.db().query_texts(defaults).await, ["p3", "p4"]);
    // A new workspace of an existing organization belongs to its owner.
    let graph = Graph::default()
        .workspace("w", "Third", by_id(organization))
        .project("p5", by_id(organization), by_ref("w"));
    provision_one(app, graph).await;
    assert!(
        roles(app, "ada@acme.test")
            .await
            .contains(&"workspaces Third owner".to_owned())
    );
});

scenario!(a_thousand_simple_accounts_are_one_request, async |app| {
    let graphs = (0..1_000).map(|n| simple_graph(&format!("n{n}@many.test")));
    let accounts = provision(app, graphs.collect()).await.unwrap();
    assert_eq!(accounts.len(), 1_000);
    assert_eq!(accounts[7].users[0].1.email, "n7@many.test");
    let counts = app.db().row_counts().await;
    for table in [
        "users",
        "organizations",
        "workspaces",
        "projects",
        "api_keys",
    ] {
        assert_eq!(counts[table], 1_000, "{table}");
    }
    for table in [
        "organization_members",
        "workspace_members",
        "project_members",
    ] {
        assert_eq!(counts[table], 1_000, "{table}");
    }
    let actions = app
        .db()
        .query_texts("SELECT DISTINCT action FROM audit_events ORDER BY 1")
        .await;
    assert_eq!(actions, ["organization.created", "user.created"]);
    assert_eq!(counts["audit_events"], 2_000);
    let types = "SELECT count(*) FROM workspaces WHERE type = 'default'";
    assert_eq!(app.db().query_number(types).await, 1_000);
    let before = contents_without_audit(app).await;
    let batch = vec![
        simple_graph("fresh@many.test"),
        simple_graph("N7@many.test"),
    ];
    let exists = Refusal::AccountExists("n7@many.test".to_owned());
    assert_eq!(refusal(app, batch).await, exists);
    let twice = vec![
        simple_graph("fresh@many.test"),
        simple_graph("Fresh@many.test"),
    ];
    let exists = Refusal::AccountExists("fresh@many.test".to_owned());
    assert_eq!(refusal(app, twice).await, exists);
    assert!(
        before == contents_without_audit(app).await,
        "nothing of a refused batch is kept"
    );
});

scenario!(credentials_of_existing_users_require_a_scope, async |app| {
    let account = provision_one(app, example_graph()).await;
    let project_there = id_of(&account.projects, "p1", |it| it.id.uuid());
    let mut limited = operator();
    limited.scopes = [OperatorScope::AccountsWrite].into_iter().collect();
    let scope = Refusal::ScopeMissing(OperatorScope::CredentialsWrite);
    let call = RequestContext::default();
    let before = contents_without_audit(app).await;
    for graph in [
        Graph::default().login("i", by_email("bob@acme.test"), "bob@acme.test"),
        Graph::default()
            .with_keys()
            .key("k", by_id(project_there), by_email("bob@acme.test")),
    ] {
        let refused = app.app().provision(&limited, &call, vec![graph]).await;
        assert_eq!(refused.unwrap_err(), Failure::Refused(scope.clone()));
    }
    assert!(before == contents_without_audit(app).await);
    let trace = "SELECT count(*) FROM audit_events WHERE refused = 'scope_missing'
                    AND CAST(details AS text) LIKE '%operator_scope%'";
    assert_eq!(app.db().query_number(trace).await, 2);
    // A new user may have all of it at once.
    let mut new = simple_graph("new@acme.test").login(
        "i",
        UnparsedReference::Ref("user".to_owned()),
        "new@acme.test",
    );
    new.options.identities = true;
    let made = app.app().provision(&limited, &call, vec![new]).await;
    assert_eq!(made.unwrap().answer[0].identities.len(), 1);
});

scenario!(idempotency_key_replays_the_accounts, async |app| {
    let call = RequestContext {
        idempotency: Some(IdempotencyKey {
            key: "once".to_owned(),
            fingerprint: [7; 32],
        }),
        ..RequestContext::default()
    };
    let request = async || {
        let graphs = vec![simple_graph("ada@acme.test")];
        app.app().provision(&operator(), &call, graphs).await
    };
    let first = request().await.unwrap();
    let again = request().await.unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!(first.answer, again.answer);
    let (provision_one, two, three) = tokio::join!(request(), request(), request());
    for CommandOutput {
        answer: response, ..
    } in [provision_one, two, three].map(Result::unwrap)
    {
        assert_eq!(response, first.answer);
    }
    assert_eq!(app.db().row_counts().await["organizations"], 1);
});

scenario!(concurrent_creation_of_one_user_creates_one, async |app| {
    let graph = || {
        let mut graph = simple_graph("ada@acme.test");
        graph.options.existing = ExistingUserPolicy::Reuse;
        provision(app, vec![graph])
    };
    let made = futures_util::future::join_all((0..8).map(|_| graph())).await;
    let ids: Vec<_> = made
        .into_iter()
        .map(|it| it.unwrap()[0].users[0].1.id)
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let counts = app.db().row_counts().await;
    assert_eq!((counts["users"], counts["organizations"]), (1, 8));
});

scenario!(simple_account_takes_two_round_trips, async |app| {
    let mut emails = (1..).map(|n| format!("user{n}@acme.test"));
    let trips = fewest_round_trips(app, async || {
        provision_one(app, simple_graph(&emails.next().unwrap())).await;
    })
    .await;
    assert!(trips <= 2, "{trips}");
});
