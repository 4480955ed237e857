//! Everything that operators do, once.

use std::fs;

use serde_json::Value;

use super::recorder::Way;

const SIMPLE: &str = r#"{"options": {"seed_defaults": false, "idempotency_key": "simple"}, "accounts": {
    "d": {"user": {"email": "dan@example.com", "name": "Dan"}},
    "e": {"user": {"email": "eve@example.com"}}}}"#;

const GRAPH: &str = r#"{"options": {"create_api_keys": true},
    "users": {"g": {"email": "gus@example.com"}},
    "organizations": {"o": {"name": "Guild", "slug": "guild", "owner_user_ref": {"ref": "g"}}},
    "workspaces": {"w": {"name": "Hall", "organization_ref": {"ref": "o"}}},
    "projects": {"p": {"name": "Loom", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}}},
    "api_keys": {"k": {"project_ref": {"ref": "p"}, "user_ref": {"ref": "g"}}}}"#;

/// One life of a deployment, by all commands.
pub(crate) fn lived(way: &mut Way<'_>) {
    fs::write(way.folder.join("graph.json"), GRAPH).unwrap();
    fs::write(way.folder.join("simple.json"), SIMPLE).unwrap();
    accounts_come(way);
    people_change(way);
    organizations_change(way);
    operators_look(way);
    accounts_go(way);
}

fn id<'a>(answer: &'a Value, place: &str) -> &'a str {
    let id = answer.pointer(place).and_then(Value::as_str);
    id.unwrap_or_else(|| panic!("{place} in {answer}"))
}

fn accounts_come(way: &mut Way<'_>) {
    let ada = way.type_in(
        "admin accounts create --email ada@example.com --name Ada --organization Engines --password-stdin --reason pilot",
        "Secret12!\n",
    );
    let account = &ada["accounts"]["account"];
    assert_eq!(account["user_identities"][0]["method"], "email:password");
    assert_eq!(account["organizations"]["org"]["name"], "Engines");
    way.go("admin accounts create --email ada@example.com");
    assert!(
        way.refused().contains("already exists"),
        "{}",
        way.refused()
    );

    let first = way.go("admin accounts create simple.json");
    let again = way.type_in("admin accounts create - --idempotency-key simple", SIMPLE);
    assert_eq!(first, again, "asked twice, done once");
    way.type_in(
        "admin accounts create - --idempotency-key simple",
        r#"{"accounts": {}}"#,
    );
    assert!(way.refused().contains("already used"), "{}", way.refused());

    let graph = way.go("admin accounts create graph.json");
    assert_eq!(id(&graph, "/accounts/0/organizations/o/slug"), "guild");
    way.type_in(
        "admin accounts create -",
        r#"{"users": {"x": {"name": "X"}}}"#,
    );
    assert!(way.refused().contains("users.x.email"), "{}", way.refused());
    way.go("admin user create hal@example.com --alone --name Hal");
    let people = way.go("admin user list --email ad");
    assert_eq!(people["users"].as_array().unwrap().len(), 1);
    let first = way.go("admin user list --limit 2");
    let next = id(&first, "/next").to_owned();
    let second = way.go("admin user list --limit 2 --after NEXT"
        .replace("NEXT", &next)
        .as_str());
    // Cursors differ between lives, and so does what was typed.
    way.said.last_mut().unwrap().typed.clear();
    assert_ne!(first["users"], second["users"]);
}

fn people_change(way: &mut Way<'_>) {
    way.go("admin user create cleo@example.com");
    way.type_in(
        "admin user identity create cleo@example.com --password-stdin --verified",
        "Secret12!\n",
    );
    way.type_in(
        "admin user identity create cleo@example.com --password-stdin",
        "Secret12!\n",
    );
    way.refused();
    way.type_in(
        "admin user reset-password cleo@example.com --password-stdin",
        "Another12!\n",
    );
    way.type_in(
        "admin user reset-password cleo@example.com --password-stdin",
        "short\n",
    );
    assert!(way.refused().contains("at least 8"), "{}", way.refused());
    let cleo = way.go("admin user show cleo@example.com");
    let identity = id(&cleo, "/identities/0/id").to_owned();
    assert_eq!(cleo, way.go("admin accounts show CLEO@example.com"));
    way.go(&format!(
        "admin user identity delete cleo@example.com {identity} --yes"
    ));
    way.go("explain --user cleo@example.com --action create_organization");
    way.go("explain --user nobody@example.com --action create_organization");
    way.refused();
}

fn organizations_change(way: &mut Way<'_>) {
    let made = way.go("admin organization create Tools --owner cleo@example.com --slug tools");
    let organization = id(&made, "/accounts/0/organizations/org/id").to_owned();
    way.go("admin organization create More --owner nobody@example.com");
    way.refused();
    let shown = way.go("admin organization show tools");
    assert_eq!(
        shown,
        way.go(&format!("admin organization show {organization}"))
    );
    let found = way.go("admin organization list --owner cleo@example.com --name too");
    assert_eq!(id(&found, "/organizations/0/id"), organization);

    let member = way.go("admin organization member add tools ada@example.com --role viewer");
    let member = id(&member, "/accounts/0/organization_memberships/mem/id").to_owned();
    way.go("admin organization member add tools ada@example.com --role owner");
    way.refused();
    way.go(&format!(
        "admin organization member remove {organization} {member} --yes"
    ));

    let made = way.go("admin workspace create Research --organization tools");
    let workspace = id(&made, "/accounts/0/workspaces/wrk/id").to_owned();
    let member = way.go(&format!(
        "admin workspace member add {workspace} ada@example.com --role editor"
    ));
    let member = id(&member, "/accounts/0/workspace_memberships/mem/id").to_owned();
    let made = way.go(&format!(
        "admin project create Loom --organization tools --workspace {workspace} --default"
    ));
    let project = id(&made, "/accounts/0/projects/prj/id").to_owned();

    let made = way.go(&format!(
        "admin key create --project {project} --user ada@example.com --name ci --expires-at 2099-01-01T00:00:00Z"
    ));
    let key = id(&made, "/accounts/0/api_keys/key/id").to_owned();
    assert!(id(&made, "/accounts/0/api_keys/key/value").len() > 32);
    way.go(&format!("admin key delete {key} --yes"));
    way.go(&format!("admin key delete {key} --yes"));
    assert!(
        way.refused().contains("API key not found"),
        "{}",
        way.refused()
    );

    let joined = way.go(&format!(
        "admin project member add {project} bo@example.com --role viewer"
    ));
    assert!(joined.is_null(), "nobody of this name is there");
    let joined = way.go(&format!(
        "admin project member add {project} dan@example.com --role viewer"
    ));
    let joined = id(&joined, "/accounts/0/project_memberships/mem/id").to_owned();
    way.go(&format!(
        "admin project member remove {project} {joined} --yes"
    ));
    way.go(&format!(
        "admin workspace member remove {workspace} {member} --yes"
    ));
    way.go(&format!("admin project delete {project} --yes"));
    way.go(&format!("admin workspace delete {workspace} --yes"));

    // Whoever is no member has to become one first.
    way.go("admin organization member add tools ada@example.com --role viewer");
    way.go("admin accounts transfer --from cleo@example.com --to ada@example.com --organization tools --reason sold --yes");
    let shown = way.go("admin organization show tools");
    assert_eq!(id(&shown, "/organization/owner/email"), "ada@example.com");
    way.go(
        "admin accounts transfer --from cleo@example.com --to ada@example.com --organization tools --yes",
    );
    way.go(&format!(
        "admin organization events {organization} --limit 50"
    ));
    way.go(&format!("admin organization delete {organization} --yes"));
}

fn operators_look(way: &mut Way<'_>) {
    way.go("admin operator create ci --scope accounts:read,accounts:write --expires-at 2099-01-01T00:00:00Z");
    way.go("admin operator create ci --scope accounts:read");
    way.refused();
    way.go("admin operator create moon --scope moon:read");
    way.refused();
    way.go("admin operator list");
    way.go("admin operator revoke ci --yes");
    let events = way.go("admin events --action organization.created --limit 100");
    assert!(events["events"].as_array().unwrap().len() > 4);
    let why = way.go("admin events --action organization.transferred");
    assert_eq!(
        id(&why, "/events/0/refused"),
        "not_owned_by_source",
        "what it was asked in vain is the newest"
    );
    assert_eq!(id(&why, "/events/1/reason"), "sold");
    way.go("admin outbox --limit 5");
}

fn accounts_go(way: &mut Way<'_>) {
    way.go("admin accounts delete --user gus@example.com --user ghost@example.com --dry-run");
    let gone =
        way.go("admin accounts delete --user gus@example.com --user ghost@example.com --yes");
    assert_eq!(
        gone["deleted"]["organizations"].as_array().unwrap().len(),
        1
    );
    way.go("admin user show gus@example.com");
    way.refused();
    // The document that made them takes them away.
    way.go("admin accounts delete simple.json --yes");
    way.go("admin user show dan@example.com");
    way.refused();
    way.go("admin user delete cleo@example.com --yes --reason asked");
    way.go("admin user delete cleo@example.com --yes");
    way.refused();
    let left = way.go("admin user list");
    assert_eq!(left["users"].as_array().unwrap().len(), 2, "{left}");
}
