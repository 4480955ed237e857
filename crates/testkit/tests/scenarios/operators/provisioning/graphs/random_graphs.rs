//! Random graphs: for each, the response of the dry run is the real one but for
//! newly generated values, and the dry run changes nothing.

use std::collections::{BTreeMap, HashSet};

use freehold_app::provisioning::{
    ExistingUserPolicy, Graph, ProvisionedAccount, UnparsedReference,
};
use freehold_app::{Operator, RequestContext};
use freehold_domain::OperatorScope;
use freehold_testkit::{TestApp, scenario};
use serde_json::Value;
use uuid::Uuid;

use super::builders::{GraphBuilder as _, by_email, by_id, by_ref, by_slug, simple_graph};
use super::random_source::TestRandom;
use super::{operator, provision};

const REQUESTS: usize = 500;

/// The existing entities, to which requests can refer.
#[derive(Default)]
struct ExistingEntities {
    users: Vec<(Uuid, String)>,
    organizations: Vec<(Uuid, Option<String>)>,
    workspaces: Vec<(Uuid, Uuid)>,
    projects: Vec<(Uuid, Uuid, Uuid)>,
    ids: HashSet<String>,
}

impl ExistingEntities {
    fn record(&mut self, account: &ProvisionedAccount) {
        let users = account.users.iter().map(|(_, it)| it);
        self.users
            .extend(users.map(|it| (it.id.uuid(), it.email.clone())));
        let organizations = account.organizations.iter().map(|(_, it)| it);
        self.organizations
            .extend(organizations.map(|it| (it.id.uuid(), it.slug.clone())));
        let workspaces = account.workspaces.iter().map(|(_, it)| it);
        self.workspaces
            .extend(workspaces.map(|it| (it.id.uuid(), it.organization.uuid())));
        let projects = account.projects.iter().map(|(_, it)| it);
        let projects = projects.map(|it| {
            let within = (it.workspace.uuid(), it.organization.uuid());
            (it.id.uuid(), within.0, within.1)
        });
        self.projects.extend(projects);
        note_ids(&serde_json::to_value(account).unwrap(), &mut self.ids);
    }
}

fn note_ids(value: &Value, ids: &mut HashSet<String>) {
    match value {
        Value::String(text) if Uuid::try_parse(text).is_ok() => {
            ids.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| note_ids(item, ids)),
        Value::Object(members) => members.values().for_each(|item| note_ids(item, ids)),
        _ => {}
    }
}

/// The response without generated values: new ids are numbered in order, times
/// and keys are removed.
fn normalize(value: &mut Value, old: &HashSet<String>, new: &mut Vec<String>) {
    match value {
        Value::String(text) if Uuid::try_parse(text).is_ok() && !old.contains(text) => {
            let number = new.iter().position(|it| it == text).unwrap_or_else(|| {
                new.push(text.clone());
                new.len() - 1
            });
            *text = format!("new {number}");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| normalize(item, old, new)),
        Value::Object(members) => {
            for (name, item) in members {
                match name.as_str() {
                    "created_at" | "updated_at" if !item.is_null() => *item = "a moment".into(),
                    "prefix" | "value" if !item.is_null() => *item = "a key".into(),
                    _ => normalize(item, old, new),
                }
            }
        }
        _ => {}
    }
}

/// Generates a graph.
fn random_graph(random: &mut TestRandom, existing: &ExistingEntities, number: usize) -> Graph {
    let mut graph = Graph::default();
    graph.options.seeds = random.one_in(4);
    graph.options.strict = random.one_in(8);
    if random.one_in(6) {
        graph.options.existing = ExistingUserPolicy::Refuse;
    }
    if !random.one_in(5) {
        graph = graph.with_keys();
    }
    for n in 0..random.below(3) {
        let email = match random.below(24) {
            0 => "notanemail".to_owned(),
            1..6 => random.pick(&existing.users).1.clone(),
            _ => format!("r{number}-{n}@random.test"),
        };
        graph = graph.user(&format!("u{n}"), &email);
    }
    if random.one_in(6) {
        let named = random_user(random, existing, 0);
        graph.existing_users.push(("k".to_owned(), named));
    }
    let users = graph.users.len();
    for n in 0..random.below(2) {
        graph = graph.organization(&format!("o{n}"), "Random");
        let draft = &mut graph.organizations[n].1;
        draft.scaffold = random.one_in(3);
        draft.plan = random.one_in(4).then(|| "small".to_owned());
        if random.one_in(3) {
            draft.owner = Some(random_user(random, existing, users));
        }
        if random.one_in(4) {
            let alphabet = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
            let slug = format!(
                "{}{}{}",
                random.pick(&alphabet),
                random.pick(&alphabet),
                random.pick(&alphabet)
            );
            draft.slug = Some(slug);
        }
    }
    let organizations = graph.organizations.len();
    for n in 0..random.below(3) {
        let organization = random_organization(random, existing, organizations);
        graph = graph.workspace(&format!("w{n}"), "Random", organization);
    }
    for n in 0..random.below(3) {
        let (organization, workspace) = match graph.workspaces.len() {
            made if made > 0 && !random.one_in(3) => {
                let (name, draft) = random.pick(&graph.workspaces);
                (draft.organization.clone(), by_ref(name))
            }
            _ => {
                let (workspace, organization) = *random.pick(&existing.workspaces);
                (by_id(organization), by_id(workspace))
            }
        };
        let name = format!("p{n}");
        graph = graph.project(&name, organization, sometimes_invalid(random, workspace));
        graph.projects[n].1.is_default = random.one_in(4).then_some(true);
    }
    members(random, existing, graph)
}

fn members(random: &mut TestRandom, existing: &ExistingEntities, mut graph: Graph) -> Graph {
    let users = graph.users.len();
    let sizes = (
        graph.organizations.len(),
        graph.workspaces.len(),
        graph.projects.len(),
    );
    for n in 0..random.below(2) {
        let scope = random_organization(random, existing, sizes.0);
        let user = random_user(random, existing, users);
        let role = *random.pick(&["viewer", "admin", "viewer", "admin", "owner"]);
        graph = graph.organization_member(&format!("m{n}"), scope, user, role);
    }
    for n in 0..random.below(3) {
        let scope = random_scope(random, "w", sizes.1, |random| {
            random.pick(&existing.workspaces).0
        });
        let user = random_user(random, existing, users);
        let role = random_role(random);
        graph = graph.workspace_member(&format!("m{n}"), scope, user, role);
    }
    for n in 0..random.below(3) {
        let scope = random_scope(random, "p", sizes.2, |random| {
            random.pick(&existing.projects).0
        });
        let user = random_user(random, existing, users);
        let role = random_role(random);
        graph = graph.project_member(&format!("m{n}"), scope, user, role);
    }
    // Keys are mostly for members of a project.
    if random.one_in(3) {
        let (project, user) = match graph.project_members.len() {
            made if made > 0 && !random.one_in(4) => {
                let (_, member) = random.pick(&graph.project_members).clone();
                (member.scope, member.user)
            }
            _ => (
                by_id(random.pick(&existing.projects).0),
                random_user(random, existing, users),
            ),
        };
        graph = graph.key("k", project, user);
    }
    if random.one_in(4) {
        let named = random_user(random, existing, users);
        let email = match &named {
            UnparsedReference::Ref(name) => graph.users.iter().find(|(it, _)| it == name),
            _ => None,
        };
        let email = email.map(|(_, it)| it.email.clone());
        let known = match &named {
            UnparsedReference::Email(email) => Some(email.clone()),
            UnparsedReference::Id(id) => existing
                .users
                .iter()
                .find(|(it, _)| it.to_string() == *id)
                .map(|(_, email)| email.clone()),
            UnparsedReference::Ref(_) | UnparsedReference::Slug(_) => None,
        };
        if let Some(email) = email.or(known) {
            graph = graph.login("i", named, &email);
            if random.one_in(5) {
                graph.identities[0].1.method = "social:google".to_owned();
            }
        }
    }
    graph
}

fn sometimes_invalid(random: &mut TestRandom, named: UnparsedReference) -> UnparsedReference {
    match random.below(150) {
        0 => by_id(Uuid::from_u128(1)),
        1 => by_ref("nope"),
        2 => UnparsedReference::Id("bad".to_owned()),
        3 => by_slug("no-such"),
        _ => named,
    }
}

fn random_user(
    random: &mut TestRandom,
    existing: &ExistingEntities,
    made: usize,
) -> UnparsedReference {
    let named = if made > 0 && !random.one_in(3) {
        by_ref(&format!("u{}", random.below(made)))
    } else if random.one_in(2) {
        by_id(random.pick(&existing.users).0)
    } else {
        by_email(&random.pick(&existing.users).1)
    };
    sometimes_invalid(random, named)
}

fn random_organization(
    random: &mut TestRandom,
    existing: &ExistingEntities,
    made: usize,
) -> UnparsedReference {
    if made > 0 && !random.one_in(3) {
        let named = by_ref(&format!("o{}", random.below(made)));
        return sometimes_invalid(random, named);
    }
    let (id, slug) = random.pick(&existing.organizations).clone();
    let named = slug.filter(|_| random.one_in(2)).map(|slug| by_slug(&slug));
    sometimes_invalid(random, named.unwrap_or_else(|| by_id(id)))
}

fn random_scope(
    random: &mut TestRandom,
    prefix: &str,
    made: usize,
    there: impl Fn(&mut TestRandom) -> Uuid,
) -> UnparsedReference {
    let named = if made > 0 && !random.one_in(3) {
        by_ref(&format!("{prefix}{}", random.below(made)))
    } else {
        by_id(there(random))
    };
    sometimes_invalid(random, named)
}

fn random_role(random: &mut TestRandom) -> &'static str {
    let unlikely = random.one_in(6);
    let roles = ["viewer", "editor", "admin", "developer", "owner", "king"];
    roles[random.below(if unlikely { 6 } else { 4 })]
}

/// A request context whose audit events can be found by its request id.
fn context_for(request: &str, dry_run: bool) -> RequestContext {
    RequestContext {
        request_id: request.to_owned(),
        dry_run,
        ..RequestContext::default()
    }
}

async fn contents_when(app: &TestApp, wanted: bool) -> BTreeMap<String, Vec<String>> {
    if wanted {
        app.db().contents().await
    } else {
        BTreeMap::new()
    }
}

fn limited_operator() -> Operator {
    let mut limited_operator = operator();
    limited_operator.scopes = [OperatorScope::AccountsWrite].into_iter().collect();
    limited_operator
}

/// Adds workspaces and projects where there are none, so that `doctor` has no
/// findings.
async fn complete_empty_scopes(app: &TestApp) {
    let empty = "SELECT lower(hex(id)) FROM organizations o WHERE NOT EXISTS (
                   SELECT 1 FROM workspaces w WHERE w.organization_id = o.id)";
    let empty_workspaces = "SELECT lower(hex(id)) || lower(hex(organization_id)) FROM workspaces w
                 WHERE NOT EXISTS (SELECT 1 FROM projects p WHERE p.workspace_id = w.id)";
    let for_engine = |sql: &str| match app.db().engine() {
        freehold_testkit::Engine::Sqlite => sql.to_owned(),
        freehold_testkit::Engine::Postgres => sql
            .replace("lower(hex(id))", "replace(CAST(id AS text), '-', '')")
            .replace(
                "lower(hex(organization_id))",
                "replace(CAST(organization_id AS text), '-', '')",
            ),
    };
    let id = |text: &str| by_id(Uuid::try_parse(text).unwrap());
    let mut graph = Graph::default();
    for (n, text) in app
        .db()
        .query_texts(&for_engine(empty))
        .await
        .iter()
        .enumerate()
    {
        graph = graph.workspace(&format!("w{n}"), "Late", id(text)).project(
            &format!("p{n}"),
            id(text),
            by_ref(&format!("w{n}")),
        );
    }
    for (n, text) in app
        .db()
        .query_texts(&for_engine(empty_workspaces))
        .await
        .iter()
        .enumerate()
    {
        let (workspace, organization) = text.split_at(32);
        graph = graph.project(&format!("q{n}"), id(organization), id(workspace));
    }
    provision(app, vec![graph]).await.unwrap();
}

scenario!(random_graphs_dry_run_matches_execution, async |app| {
    let mut existing = ExistingEntities::default();
    for email in ["ada@acme.test", "bob@acme.test", "cleo@acme.test"] {
        for account in provision(app, vec![simple_graph(email)]).await.unwrap() {
            existing.record(&account);
        }
    }
    // Comparing every row takes long; counting them does not.
    let counts = app.db().contents().await.into_keys();
    let counts: Vec<_> = counts
        .map(|table| format!("(SELECT count(*) FROM {table})"))
        .collect();
    let all_rows = format!("SELECT {}", counts.join(" + "));
    let mut random = TestRandom::new(20_261_123);
    let (mut made, mut refused) = (0, 0);
    for number in 0..REQUESTS {
        let graph = random_graph(&mut random, &existing, number);
        let who = if random.one_in(6) {
            limited_operator()
        } else {
            operator()
        };
        let all = number % 50 == 0;
        let rows = app.db().query_number(&all_rows).await;
        let before = contents_when(app, all).await;
        let dry = context_for(&format!("dry-{number}"), true);
        let dry_run = app.app().provision(&who, &dry, vec![graph.clone()]).await;
        assert_eq!(rows, app.db().query_number(&all_rows).await, "{graph:?}");
        assert!(before == contents_when(app, all).await, "{graph:?}");
        let request = format!("real-{number}");
        let real = context_for(&request, false);
        let done = app.app().provision(&who, &real, vec![graph.clone()]).await;
        let sql = format!(
            "SELECT action FROM audit_events WHERE request_id = '{request}' ORDER BY action"
        );
        let events = app.db().query_texts(&sql).await;
        match (dry_run, done) {
            (Ok(dry_run), Ok(done)) => {
                made += 1;
                let mut planned_events = dry_run.dry_run_events.unwrap();
                planned_events.sort();
                assert_eq!(planned_events, events, "{graph:?}");
                let [mut one, mut two] =
                    [&dry_run.answer, &done.answer].map(|it| serde_json::to_value(it).unwrap());
                normalize(&mut one, &existing.ids, &mut Vec::new());
                normalize(&mut two, &existing.ids, &mut Vec::new());
                assert_eq!(one, two, "{graph:?}");
                done.answer
                    .iter()
                    .for_each(|account| existing.record(account));
            }
            (Err(dry_run), Err(done)) => {
                refused += 1;
                assert_eq!(dry_run, done, "{graph:?}");
                assert_eq!(events, ["provisioning.requested"], "the refusal is kept");
            }
            other => panic!("{other:?}: {graph:?}"),
        }
    }
    assert!(
        made > 150 && refused > 100,
        "{made} made, {refused} refused"
    );
    complete_empty_scopes(app).await;
});
