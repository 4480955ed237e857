//! A scenario with every admin command.

use std::fs;

use serde_json::Value;

use super::recorder::CommandRecorder;

const SIMPLE: &str = r#"{"options": {"seed_defaults": false, "idempotency_key": "simple"}, "accounts": {
    "d": {"user": {"email": "dan@example.com", "name": "Dan"}},
    "e": {"user": {"email": "eve@example.com"}}}}"#;

const GRAPH: &str = r#"{"options": {"create_api_keys": true},
    "users": {"g": {"email": "gus@example.com"}},
    "organizations": {"o": {"name": "Guild", "slug": "guild", "owner_user_ref": {"ref": "g"}}},
    "workspaces": {"w": {"name": "Hall", "organization_ref": {"ref": "o"}}},
    "projects": {"p": {"name": "Loom", "organization_ref": {"ref": "o"}, "workspace_ref": {"ref": "w"}}},
    "api_keys": {"k": {"project_ref": {"ref": "p"}, "user_ref": {"ref": "g"}}}}"#;

/// Runs all admin commands on a new deployment.
pub(crate) fn run_all_commands(recorder: &mut CommandRecorder<'_>) {
    fs::write(recorder.folder.join("graph.json"), GRAPH).unwrap();
    fs::write(recorder.folder.join("simple.json"), SIMPLE).unwrap();
    create_accounts(recorder);
    change_users(recorder);
    change_organizations(recorder);
    manage_operators_and_read_events(recorder);
    delete_accounts(recorder);
}

fn id<'a>(output: &'a Value, pointer: &str) -> &'a str {
    let id = output.pointer(pointer).and_then(Value::as_str);
    id.unwrap_or_else(|| panic!("{pointer} in {output}"))
}

fn create_accounts(recorder: &mut CommandRecorder<'_>) {
    let ada = recorder.run_with_input(
        "admin accounts create --email ada@example.com --name Ada --organization Engines --password-stdin --reason pilot",
        "Secret12!\n",
    );
    let account = &ada["accounts"]["account"];
    assert_eq!(account["user_identities"][0]["method"], "email:password");
    assert_eq!(account["organizations"]["org"]["name"], "Engines");
    recorder.run("admin accounts create --email ada@example.com");
    assert!(
        recorder.last_refusal().contains("already exists"),
        "{}",
        recorder.last_refusal()
    );

    let first = recorder.run("admin accounts create simple.json");
    let again = recorder.run_with_input("admin accounts create - --idempotency-key simple", SIMPLE);
    assert_eq!(first, again, "executed once");
    recorder.run_with_input(
        "admin accounts create - --idempotency-key simple",
        r#"{"accounts": {}}"#,
    );
    assert!(
        recorder.last_refusal().contains("already used"),
        "{}",
        recorder.last_refusal()
    );

    let graph = recorder.run("admin accounts create graph.json");
    assert_eq!(id(&graph, "/accounts/0/organizations/o/slug"), "guild");
    recorder.run_with_input(
        "admin accounts create -",
        r#"{"users": {"x": {"name": "X"}}}"#,
    );
    assert!(
        recorder.last_refusal().contains("users.x.email"),
        "{}",
        recorder.last_refusal()
    );
    recorder.run("admin user create hal@example.com --user-only --name Hal");
    let users = recorder.run("admin user list --email ad");
    assert_eq!(users["users"].as_array().unwrap().len(), 1);
    let first = recorder.run("admin user list --limit 2");
    let next = id(&first, "/next").to_owned();
    let second = recorder.run(
        "admin user list --limit 2 --after NEXT"
            .replace("NEXT", &next)
            .as_str(),
    );
    // The cursor, and therefore the command line, differs between deployments.
    recorder.recorded.last_mut().unwrap().command_line.clear();
    assert_ne!(first["users"], second["users"]);
}

fn change_users(recorder: &mut CommandRecorder<'_>) {
    recorder.run("admin user create cleo@example.com");
    recorder.run_with_input(
        "admin user identity create cleo@example.com --password-stdin --verified",
        "Secret12!\n",
    );
    recorder.run_with_input(
        "admin user identity create cleo@example.com --password-stdin",
        "Secret12!\n",
    );
    recorder.last_refusal();
    recorder.run_with_input(
        "admin user reset-password cleo@example.com --password-stdin",
        "Another12!\n",
    );
    recorder.run_with_input(
        "admin user reset-password cleo@example.com --password-stdin",
        "short\n",
    );
    assert!(
        recorder.last_refusal().contains("at least 8"),
        "{}",
        recorder.last_refusal()
    );
    let cleo = recorder.run("admin user show cleo@example.com");
    let identity = id(&cleo, "/identities/0/id").to_owned();
    assert_eq!(cleo, recorder.run("admin accounts show CLEO@example.com"));
    recorder.run(&format!(
        "admin user identity delete cleo@example.com {identity} --yes"
    ));
    recorder.run("explain --user cleo@example.com --action create_organization");
    recorder.run("explain --user unknown@example.com --action create_organization");
    recorder.last_refusal();
}

fn change_organizations(recorder: &mut CommandRecorder<'_>) {
    let created =
        recorder.run("admin organization create Tools --owner cleo@example.com --slug tools");
    let organization = id(&created, "/accounts/0/organizations/org/id").to_owned();
    recorder.run("admin organization create More --owner unknown@example.com");
    recorder.last_refusal();
    let shown = recorder.run("admin organization show tools");
    assert_eq!(
        shown,
        recorder.run(&format!("admin organization show {organization}"))
    );
    let listed = recorder.run("admin organization list --owner cleo@example.com --name too");
    assert_eq!(id(&listed, "/organizations/0/id"), organization);

    let member = recorder.run("admin organization member add tools ada@example.com --role viewer");
    let member = id(&member, "/accounts/0/organization_memberships/mem/id").to_owned();
    recorder.run("admin organization member add tools ada@example.com --role owner");
    recorder.last_refusal();
    recorder.run(&format!(
        "admin organization member remove {organization} {member} --yes"
    ));

    let created = recorder.run("admin workspace create Research --organization tools");
    let workspace = id(&created, "/accounts/0/workspaces/wrk/id").to_owned();
    let member = recorder.run(&format!(
        "admin workspace member add {workspace} ada@example.com --role editor"
    ));
    let member = id(&member, "/accounts/0/workspace_memberships/mem/id").to_owned();
    let created = recorder.run(&format!(
        "admin project create Loom --organization tools --workspace {workspace} --default"
    ));
    let project = id(&created, "/accounts/0/projects/prj/id").to_owned();

    let created = recorder.run(&format!(
        "admin key create --project {project} --user ada@example.com --name ci --expires-at 2099-01-01T00:00:00Z"
    ));
    let key = id(&created, "/accounts/0/api_keys/key/id").to_owned();
    assert!(id(&created, "/accounts/0/api_keys/key/value").len() > 32);
    recorder.run(&format!("admin key delete {key} --yes"));
    recorder.run(&format!("admin key delete {key} --yes"));
    assert!(
        recorder.last_refusal().contains("API key not found"),
        "{}",
        recorder.last_refusal()
    );

    let membership = recorder.run(&format!(
        "admin project member add {project} bo@example.com --role viewer"
    ));
    assert!(membership.is_null(), "there is no such user");
    let membership = recorder.run(&format!(
        "admin project member add {project} dan@example.com --role viewer"
    ));
    let membership = id(&membership, "/accounts/0/project_memberships/mem/id").to_owned();
    recorder.run(&format!(
        "admin project member remove {project} {membership} --yes"
    ));
    recorder.run(&format!(
        "admin workspace member remove {workspace} {member} --yes"
    ));
    recorder.run(&format!("admin project delete {project} --yes"));
    recorder.run(&format!("admin workspace delete {workspace} --yes"));

    // The new owner has to be a member.
    recorder.run("admin organization member add tools ada@example.com --role viewer");
    recorder.run("admin accounts transfer --from cleo@example.com --to ada@example.com --organization tools --reason sold --yes");
    let shown = recorder.run("admin organization show tools");
    assert_eq!(id(&shown, "/organization/owner/email"), "ada@example.com");
    recorder.run(
        "admin accounts transfer --from cleo@example.com --to ada@example.com --organization tools --yes",
    );
    recorder.run(&format!(
        "admin organization events {organization} --limit 50"
    ));
    recorder.run(&format!("admin organization delete {organization} --yes"));
}

fn manage_operators_and_read_events(recorder: &mut CommandRecorder<'_>) {
    recorder.run("admin operator create ci --scope accounts:read,accounts:write --expires-at 2099-01-01T00:00:00Z");
    recorder.run("admin operator create ci --scope accounts:read");
    recorder.last_refusal();
    recorder.run("admin operator create moon --scope moon:read");
    recorder.last_refusal();
    recorder.run("admin operator list");
    recorder.run("admin operator revoke ci --yes");
    let events = recorder.run("admin events --action organization.created --limit 100");
    assert!(events["events"].as_array().unwrap().len() > 4);
    let transfers = recorder.run("admin events --action organization.transferred");
    assert_eq!(
        id(&transfers, "/events/0/refused"),
        "not_owned_by_source",
        "the refused transfer is the newest event"
    );
    assert_eq!(id(&transfers, "/events/1/reason"), "sold");
    recorder.run("admin outbox --limit 5");
}

fn delete_accounts(recorder: &mut CommandRecorder<'_>) {
    recorder.run("admin accounts delete --user gus@example.com --user ghost@example.com --dry-run");
    let deleted =
        recorder.run("admin accounts delete --user gus@example.com --user ghost@example.com --yes");
    assert_eq!(
        deleted["deleted"]["organizations"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    recorder.run("admin user show gus@example.com");
    recorder.last_refusal();
    // The document that created the accounts deletes them.
    recorder.run("admin accounts delete simple.json --yes");
    recorder.run("admin user show dan@example.com");
    recorder.last_refusal();
    recorder.run("admin user delete cleo@example.com --yes --reason asked");
    recorder.run("admin user delete cleo@example.com --yes");
    recorder.last_refusal();
    let remaining = recorder.run("admin user list");
    assert_eq!(
        remaining["users"].as_array().unwrap().len(),
        2,
        "{remaining}"
    );
}
