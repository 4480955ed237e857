//! `freehold admin` and `freehold explain`: the same output from the local database
//! and from a running server, and the rules about keys, dry runs and destructive
//! commands.

mod recorder;
mod remote;
mod scenario;

use std::{fs, path::Path, process::Stdio};

use crate::program::{freehold, json, run, run_with_input, serve, stdout_of_success, stop, text};
use rustix::{
    fs::OFlags,
    process::Signal,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

use recorder::CommandRecorder;

const COMMANDS: &[&str] = &[
    "admin",
    "admin accounts create",
    "admin accounts delete",
    "admin accounts transfer",
    "admin accounts show",
    "admin user create",
    "admin user show",
    "admin user list",
    "admin user delete",
    "admin user reset-password",
    "admin user identity create",
    "admin user identity delete",
    "admin organization create",
    "admin organization show",
    "admin organization list",
    "admin organization delete",
    "admin organization member add",
    "admin organization member remove",
    "admin organization events",
    "admin workspace create",
    "admin workspace delete",
    "admin workspace member add",
    "admin workspace member remove",
    "admin project create",
    "admin project delete",
    "admin project member add",
    "admin project member remove",
    "admin key create",
    "admin key delete",
    "admin operator create",
    "admin operator list",
    "admin operator revoke",
    "admin events",
    "admin outbox",
    "explain",
];

#[test]
fn every_command_has_help_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    for command in COMMANDS {
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push("--help");
        let output = run(folder.path(), &arguments);
        let help = stdout_of_success(&output);
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(
            help.contains(&format!("freehold {command}")) || *command == "admin",
            "{command}: {help}"
        );
        assert!(help.contains("--server"), "{command}: {help}");
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

/// Runs every command once on the local database and once on a server.
#[test]
fn local_and_remote_commands_return_the_same() {
    let (local_folder, remote_folder) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut local = CommandRecorder::local(local_folder.path());
    let (server, startup_line) = serve(remote_folder.path());
    let address = startup_line.strip_prefix("Freehold listens on ").unwrap();
    let mut remote = CommandRecorder::remote(remote_folder.path(), address);

    scenario::run_all_commands(&mut local);
    scenario::run_all_commands(&mut remote);

    for (local, remote) in local.recorded.iter().zip(&remote.recorded) {
        assert_eq!(local, remote);
    }
    assert_eq!(local.recorded.len(), remote.recorded.len());
    // Every command succeeded at least once.
    for command in COMMANDS.iter().filter(|command| **command != "admin") {
        let succeeded = |recorded: &recorder::RecordedCommand| {
            recorded.command_line.starts_with(command) && recorded.code == Some(0)
        };
        assert!(
            local.recorded.iter().any(succeeded),
            "{command} never succeeded"
        );
    }

    for folder in [local_folder.path(), remote_folder.path()] {
        assert!(stdout_of_success(&run(folder, &["doctor"])).contains("checks passed"));
    }
    assert_eq!(stop(server, Signal::TERM).0, Some(0));
}

#[test]
fn dry_runs_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let create = |email: &'static str| {
        [
            "admin", "accounts", "create", "--email", email, "-o", "json",
        ]
    };
    let dry_run = |arguments: &[&str]| run(folder, &[arguments, &["--dry-run"]].concat());

    let no_database = dry_run(&create("ada@example.com"));
    assert_eq!(no_database.status.code(), Some(1));
    assert!(text(&no_database.stderr).contains("there is no database"));
    assert!(fs::read_dir(folder).unwrap().next().is_none());

    json(&run(folder, &create("ada@example.com")));
    let all_users = || json(&run(folder, &["admin", "user", "list", "-o", "json"]));
    let event_count = || {
        let arguments = ["admin", "events", "--limit", "200", "-o", "json"];
        let events = json(&run(folder, &arguments))["events"].clone();
        // Reads are audit events too, including these reads of the events.
        let changes = events.as_array().unwrap().iter();
        changes
            .filter(|event| event["action"] != "operator.read")
            .count()
    };
    let before = (all_users(), event_count());

    let dry_run_output = json(&dry_run(&create("bo@example.com")));
    let account = &dry_run_output["accounts"]["account"];
    assert_eq!(account["user"]["email"], "bo@example.com");
    assert!(account["api_keys"]["key"].is_string(), "{account}");
    let arguments = [
        "admin",
        "accounts",
        "delete",
        "--user",
        "ada@example.com",
        "-o",
        "json",
    ];
    let deleted = json(&dry_run(&arguments));
    assert_eq!(deleted["dry_run"], true);
    assert_eq!(deleted["deleted"]["users"].as_array().unwrap().len(), 1);
    assert_eq!((all_users(), event_count()), before);

    let human_output = dry_run(&["admin", "user", "delete", "ada@example.com"]);
    assert!(stdout_of_success(&human_output).contains("deleted, users:"));
    assert!(text(&human_output.stderr).contains("nothing was changed"));
    assert_eq!((all_users(), event_count()), before);
}

#[test]
fn destructive_commands_ask_or_need_yes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let delete = ["admin", "accounts", "delete", "--user", "ada@example.com"];
    let user_exists = || {
        let shown = run(folder, &["admin", "user", "show", "ada@example.com"]);
        shown.status.success()
    };
    stdout_of_success(&run(
        folder,
        &["admin", "accounts", "create", "--email", "ada@example.com"],
    ));

    // Without a terminal.
    let refused = run(folder, &delete);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--yes"));
    let piped = run_with_input(
        folder,
        &["admin", "accounts", "delete", "-"],
        r#"{"target": {"user_emails": ["ada@example.com"]}}"#,
    );
    assert_eq!(piped.status.code(), Some(2), "{}", text(&piped.stderr));
    assert!(user_exists());

    // With a terminal: cancelled twice, then confirmed.
    for (input, expected_code) in [("n\n", 1), ("\n", 1), ("y\n", 0)] {
        assert!(user_exists());
        let (code, output) = run_at_a_terminal(folder, &delete, input);
        assert_eq!(code, Some(expected_code), "{output}");
        assert!(
            output.contains("deleted, users:") && output.contains("Continue?"),
            "{output}"
        );
        let preview = output.split("Continue?").next().unwrap();
        assert!(preview.contains("ada@example.com"), "{output}");
    }
    assert!(!user_exists());

    // With `--yes`.
    stdout_of_success(&run(
        folder,
        &["admin", "accounts", "create", "--email", "ada@example.com"],
    ));
    stdout_of_success(&run(folder, &[&delete[..], &["--yes"]].concat()));
    assert!(!user_exists());
}

#[test]
fn previews_show_names() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (email, name) in [("ada@example.com", "Engines"), ("bo@example.com", "Looms")] {
        let arguments = ["admin", "accounts", "create", "--email", email];
        stdout_of_success(&run(
            folder,
            &[&arguments[..], &["--organization", name]].concat(),
        ));
    }
    stdout_of_success(&run(
        folder,
        &[
            "admin",
            "organization",
            "create",
            "Second",
            "--owner",
            "ada@example.com",
            "--slug",
            "second",
        ],
    ));
    let transfer = [
        "admin",
        "accounts",
        "transfer",
        "--from",
        "ada@example.com",
        "--to",
        "bo@example.com",
    ];
    let only = [&transfer[..], &["--organization", "second"]].concat();
    let dry_run_output = run(folder, &[&transfer[..], &["--dry-run"]].concat());
    let shown = stdout_of_success(&dry_run_output);
    for name in ["ada@", "bo@", "Engines", "Second", "second"] {
        assert!(shown.contains(name), "{name}: {shown}");
    }
    assert!(!shown.contains("Looms"), "{shown}");
    let dry_run_output = run(folder, &[&only[..], &["--dry-run"]].concat());
    assert!(!stdout_of_success(&dry_run_output).contains("Engines"));
    let (code, output) = run_at_a_terminal(folder, &only, "n\n");
    assert_eq!(code, Some(1), "{output}");
    assert!(
        output.contains("Second") && output.contains("Continue?"),
        "{output}"
    );
    let (code, output) = run_at_a_terminal(folder, &only, "y\n");
    assert_eq!(code, Some(0), "{output}");

    let delete = ["admin", "user", "delete", "ada@example.com", "--dry-run"];
    let dry_run_output = run(folder, &delete);
    let shown = stdout_of_success(&dry_run_output);
    assert!(
        shown.contains("ada@example.com") && shown.contains("Engines"),
        "{shown}"
    );
    assert!(!shown.contains("Second"), "{shown}");
    // The response to a document has no body.
    let document = r#"{"accounts": {"b": {"user": {"email": "bo@example.com"}}}}"#;
    let arguments = ["admin", "accounts", "delete", "-", "--dry-run"];
    let dry_run_output = run_with_input(folder, &arguments, document);
    let shown = stdout_of_success(&dry_run_output);
    for name in ["bo@example.com", "Looms", "Second"] {
        assert!(shown.contains(name), "{name}: {shown}");
    }
    assert!(!shown.contains("Engines"), "{shown}");
}

/// Runs a command with a terminal as standard input, and types `input`.
fn run_at_a_terminal(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let terminal = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap();
    rustix::io::write(&controller, input.as_bytes()).unwrap();
    let output = freehold(folder, arguments)
        .stdin(Stdio::from(terminal))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let text = format!("{}{}", text(&output.stdout), text(&output.stderr));
    (output.status.code(), text)
}

#[test]
fn invalid_arguments_fail_before_the_database_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("list.json"), "[]").unwrap();
    fs::write(folder.path().join("broken.json"), "{").unwrap();
    for arguments in [
        &["admin", "accounts", "create"] as &[&str],
        &[
            "admin",
            "accounts",
            "create",
            "list.json",
            "--email",
            "a@example.com",
        ],
        &["admin", "accounts", "delete"],
        &["admin", "user", "show", "neither-id-nor-email"],
        &["admin", "organization", "show", "No Slug!"],
        &["admin", "organization", "delete", "acme"],
        &["admin", "user", "list", "--limit", "0"],
        &["admin", "operator", "create", "ci"],
        &["admin", "accounts", "transfer", "--from", "a@example.com"],
        &["explain", "--user", "a@example.com"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!folder.path().join("data").exists(), "{arguments:?}");
    }
    // The content of a file is checked when it is read.
    for file in ["list.json", "broken.json", "nowhere.json"] {
        let output = run(folder.path(), &["admin", "accounts", "create", file]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(
            text(&output.stderr).contains(file),
            "{}",
            text(&output.stderr)
        );
    }
}
