//! Graphs that nobody thought of: for each, the rehearsal's answer is the real
//! one but for what is drawn anew, and a rehearsal leaves nothing.

use std::collections::{BTreeMap, HashSet};

use freehold_app::provisioning::{Account, Existing, Graph, Named};
use freehold_app::{Operator, RequestContext};
use freehold_domain::OperatorScope;
use freehold_testkit::{TestApp, story};
use serde_json::Value;
use uuid::Uuid;

use super::builders::{Drafted as _, by_email, by_id, by_ref, by_slug, simple};
use super::random_source::Draw;
use super::{operator, provision};

const REQUESTS: usize = 500;

/// What is there already, for requests to name.
#[derive(Default)]
struct World {
    users: Vec<(Uuid, String)>,
    organizations: Vec<(Uuid, Option<String>)>,
    workspaces: Vec<(Uuid, Uuid)>,
    projects: Vec<(Uuid, Uuid, Uuid)>,
    ids: HashSet<String>,
}

impl World {
    fn learn(&mut self, account: &Account) {
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

/// The answer without what is drawn anew: new ids by the order in which they
/// come, no moments, no keys.
fn alike(value: &mut Value, old: &HashSet<String>, new: &mut Vec<String>) {
    match value {
        Value::String(text) if Uuid::try_parse(text).is_ok() && !old.contains(text) => {
            let number = new.iter().position(|it| it == text).unwrap_or_else(|| {
                new.push(text.clone());
                new.len() - 1
            });
            *text = format!("new {number}");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| alike(item, old, new)),
        Value::Object(members) => {
            for (name, item) in members {
                match name.as_str() {
                    "created_at" | "updated_at" if !item.is_null() => *item = "a moment".into(),
                    "prefix" | "value" if !item.is_null() => *item = "a key".into(),
                    _ => alike(item, old, new),
                }
            }
        }
        _ => {}
    }
}

/// A request.
fn draw(draw: &mut Draw, world: &World, number: usize) -> Graph {
    let mut graph = Graph::default();
    graph.wanted.seeds = draw.once_in(4);
    graph.wanted.strict = draw.once_in(8);
    if draw.once_in(6) {
        graph.wanted.existing = Existing::Refused;
    }
    if !draw.once_in(5) {
        graph = graph.with_keys();
    }
    for n in 0..draw.below(3) {
        let email = match draw.below(24) {
            0 => "notanemail".to_owned(),
            1..6 => draw.of(&world.users).1.clone(),
            _ => format!("r{number}-{n}@random.test"),
        };
        graph = graph.user(&format!("u{n}"), &email);
    }
    if draw.once_in(6) {
        let named = some_user(draw, world, 0);
        graph.known.push(("k".to_owned(), named));
    }
    let users = graph.users.len();
    for n in 0..draw.below(2) {
        graph = graph.organization(&format!("o{n}"), "Random");
        let draft = &mut graph.organizations[n].1;
        draft.scaffold = draw.once_in(3);
        draft.plan = draw.once_in(4).then(|| "small".to_owned());
        if draw.once_in(3) {
            draft.owner = Some(some_user(draw, world, users));
        }
        if draw.once_in(4) {
            let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
            let slug = format!(
                "{}{}{}",
                draw.of(&letters),
                draw.of(&letters),
                draw.of(&letters)
            );
            draft.slug = Some(slug);
        }
    }
    let organizations = graph.organizations.len();
    for n in 0..draw.below(3) {
        let organization = some_organization(draw, world, organizations);
        graph = graph.workspace(&format!("w{n}"), "Random", organization);
    }
    for n in 0..draw.below(3) {
        let (organization, workspace) = match graph.workspaces.len() {
            made if made > 0 && !draw.once_in(3) => {
                let (name, draft) = draw.of(&graph.workspaces);
                (draft.organization.clone(), by_ref(name))
            }
            _ => {
                let (workspace, organization) = *draw.of(&world.workspaces);
                (by_id(organization), by_id(workspace))
            }
        };
        let name = format!("p{n}");
        graph = graph.project(&name, organization, bad_now_and_then(draw, workspace));
        graph.projects[n].1.is_default = draw.once_in(4).then_some(true);
    }
    members(draw, world, graph)
}

fn members(draw: &mut Draw, world: &World, mut graph: Graph) -> Graph {
    let users = graph.users.len();
    let sizes = (
        graph.organizations.len(),
        graph.workspaces.len(),
        graph.projects.len(),
    );
    for n in 0..draw.below(2) {
        let place = some_organization(draw, world, sizes.0);
        let user = some_user(draw, world, users);
        let role = *draw.of(&["viewer", "admin", "viewer", "admin", "owner"]);
        graph = graph.organization_member(&format!("m{n}"), place, user, role);
    }
    for n in 0..draw.below(3) {
        let place = some_place(draw, "w", sizes.1, |draw| draw.of(&world.workspaces).0);
        let user = some_user(draw, world, users);
        let role = some_role(draw);
        graph = graph.workspace_member(&format!("m{n}"), place, user, role);
    }
    for n in 0..draw.below(3) {
        let place = some_place(draw, "p", sizes.2, |draw| draw.of(&world.projects).0);
        let user = some_user(draw, world, users);
        let role = some_role(draw);
        graph = graph.project_member(&format!("m{n}"), place, user, role);
    }
    // Keys are for those who are in a project, mostly.
    if draw.once_in(3) {
        let (project, user) = match graph.project_members.len() {
            made if made > 0 && !draw.once_in(4) => {
                let (_, member) = draw.of(&graph.project_members).clone();
                (member.place, member.user)
            }
            _ => (
                by_id(draw.of(&world.projects).0),
                some_user(draw, world, users),
            ),
        };
        graph = graph.key("k", project, user);
    }
    if draw.once_in(4) {
        let named = some_user(draw, world, users);
        let email = match &named {
            Named::Ref(name) => graph.users.iter().find(|(it, _)| it == name),
            _ => None,
        };
        let email = email.map(|(_, it)| it.email.clone());
        let known = match &named {
            Named::Email(email) => Some(email.clone()),
            Named::Id(id) => world
                .users
                .iter()
                .find(|(it, _)| it.to_string() == *id)
                .map(|(_, email)| email.clone()),
            Named::Ref(_) | Named::Slug(_) => None,
        };
        if let Some(email) = email.or(known) {
            graph = graph.login("i", named, &email);
            if draw.once_in(5) {
                graph.identities[0].1.method = "social:google".to_owned();
            }
        }
    }
    graph
}

fn bad_now_and_then(draw: &mut Draw, named: Named) -> Named {
    match draw.below(150) {
        0 => by_id(Uuid::from_u128(1)),
        1 => by_ref("nope"),
        2 => Named::Id("bad".to_owned()),
        3 => by_slug("no-such"),
        _ => named,
    }
}

fn some_user(draw: &mut Draw, world: &World, made: usize) -> Named {
    let named = if made > 0 && !draw.once_in(3) {
        by_ref(&format!("u{}", draw.below(made)))
    } else if draw.once_in(2) {
        by_id(draw.of(&world.users).0)
    } else {
        by_email(&draw.of(&world.users).1)
    };
    bad_now_and_then(draw, named)
}

fn some_organization(draw: &mut Draw, world: &World, made: usize) -> Named {
    if made > 0 && !draw.once_in(3) {
        let named = by_ref(&format!("o{}", draw.below(made)));
        return bad_now_and_then(draw, named);
    }
    let (id, slug) = draw.of(&world.organizations).clone();
    let named = slug.filter(|_| draw.once_in(2)).map(|slug| by_slug(&slug));
    bad_now_and_then(draw, named.unwrap_or_else(|| by_id(id)))
}

fn some_place(
    draw: &mut Draw,
    prefix: &str,
    made: usize,
    there: impl Fn(&mut Draw) -> Uuid,
) -> Named {
    let named = if made > 0 && !draw.once_in(3) {
        by_ref(&format!("{prefix}{}", draw.below(made)))
    } else {
        by_id(there(draw))
    };
    bad_now_and_then(draw, named)
}

fn some_role(draw: &mut Draw) -> &'static str {
    let unlikely = draw.once_in(6);
    let roles = ["viewer", "editor", "admin", "developer", "owner", "king"];
    roles[draw.below(if unlikely { 6 } else { 4 })]
}

/// A call that can be told from all others in the audit trail.
fn call(request: &str, dry_run: bool) -> RequestContext {
    RequestContext {
        request_id: request.to_owned(),
        dry_run,
        ..RequestContext::default()
    }
}

async fn contents_if(app: &TestApp, wanted: bool) -> BTreeMap<String, Vec<String>> {
    if wanted {
        app.db().contents().await
    } else {
        BTreeMap::new()
    }
}

fn limited() -> Operator {
    let mut limited = operator();
    limited.scopes = [OperatorScope::AccountsWrite].into_iter().collect();
    limited
}

/// What was made without anything in it gets something, so that `doctor` has
/// nothing to say of it.
async fn complete(app: &TestApp) {
    let empty = "SELECT lower(hex(id)) FROM organizations o WHERE NOT EXISTS (
                   SELECT 1 FROM workspaces w WHERE w.organization_id = o.id)";
    let bare = "SELECT lower(hex(id)) || lower(hex(organization_id)) FROM workspaces w
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
    for (n, text) in app.db().texts(&for_engine(empty)).await.iter().enumerate() {
        graph = graph.workspace(&format!("w{n}"), "Late", id(text)).project(
            &format!("p{n}"),
            id(text),
            by_ref(&format!("w{n}")),
        );
    }
    for (n, text) in app.db().texts(&for_engine(bare)).await.iter().enumerate() {
        let (workspace, organization) = text.split_at(32);
        graph = graph.project(&format!("q{n}"), id(organization), id(workspace));
    }
    provision(app, vec![graph]).await.unwrap();
}

story!(a_rehearsal_says_what_the_real_thing_does, async |app| {
    let mut world = World::default();
    for email in ["ada@acme.test", "bob@acme.test", "cleo@acme.test"] {
        for account in provision(app, vec![simple(email)]).await.unwrap() {
            world.learn(&account);
        }
    }
    // Looking at every row takes long; counting them does not.
    let counts = app.db().contents().await.into_keys();
    let counts: Vec<_> = counts
        .map(|table| format!("(SELECT count(*) FROM {table})"))
        .collect();
    let all_rows = format!("SELECT {}", counts.join(" + "));
    let mut draw_one = Draw::new(20_261_123);
    let (mut made, mut refused) = (0, 0);
    for number in 0..REQUESTS {
        let graph = draw(&mut draw_one, &world, number);
        let who = if draw_one.once_in(6) {
            limited()
        } else {
            operator()
        };
        let all = number % 50 == 0;
        let rows = app.db().number(&all_rows).await;
        let before = contents_if(app, all).await;
        let dry = call(&format!("dry-{number}"), true);
        let rehearsed = app.app().provision(&who, &dry, vec![graph.clone()]).await;
        assert_eq!(rows, app.db().number(&all_rows).await, "{graph:?}");
        assert!(before == contents_if(app, all).await, "{graph:?}");
        let request = format!("real-{number}");
        let real = call(&request, false);
        let done = app.app().provision(&who, &real, vec![graph.clone()]).await;
        let told = format!(
            "SELECT action FROM audit_events WHERE request_id = '{request}' ORDER BY action"
        );
        let told = app.db().texts(&told).await;
        match (rehearsed, done) {
            (Ok(rehearsed), Ok(done)) => {
                made += 1;
                let mut would = rehearsed.rehearsal.unwrap();
                would.sort();
                assert_eq!(would, told, "{graph:?}");
                let [mut one, mut two] =
                    [&rehearsed.answer, &done.answer].map(|it| serde_json::to_value(it).unwrap());
                alike(&mut one, &world.ids, &mut Vec::new());
                alike(&mut two, &world.ids, &mut Vec::new());
                assert_eq!(one, two, "{graph:?}");
                done.answer.iter().for_each(|account| world.learn(account));
            }
            (Err(rehearsed), Err(done)) => {
                refused += 1;
                assert_eq!(rehearsed, done, "{graph:?}");
                assert_eq!(told, ["accounts.provisioned"], "the refusal is kept");
            }
            other => panic!("{other:?}: {graph:?}"),
        }
    }
    assert!(
        made > 150 && refused > 100,
        "{made} made, {refused} refused"
    );
    complete(app).await;
});
