//! `freehold admin` and `freehold explain` as they are typed: the same answers
//! from the database of this machine and from a running server, and the rules
//! about keys, rehearsals and what takes something away.

mod recorder;
mod remote;
mod scenario;

use std::{fs, path::Path, process::Stdio};

use crate::program::{done, freehold, json, run, serve, stop, text, type_in};
use rustix::{
    fs::OFlags,
    process::Signal,
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
};

use recorder::Way;

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
        let mut typed: Vec<&str> = command.split(' ').collect();
        typed.push("--help");
        let output = run(folder.path(), &typed);
        let help = done(&output);
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(
            help.contains(&format!("freehold {command}")) || *command == "admin",
            "{command}: {help}"
        );
        assert!(help.contains("--server"), "{command}: {help}");
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

/// Every command, once at the database itself and once through a server.
#[test]
fn a_server_answers_as_the_database_itself_does() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut at_home = Way::here(here.path());
    let (server, listens) = serve(there.path());
    let address = listens.strip_prefix("Freehold listens on ").unwrap();
    let mut away = Way::there(there.path(), address);

    scenario::lived(&mut at_home);
    scenario::lived(&mut away);

    for (here, there) in at_home.said.iter().zip(&away.said) {
        assert_eq!(here, there);
    }
    assert_eq!(at_home.said.len(), away.said.len());
    // The least that has to have been seen: every command did its work once.
    for command in COMMANDS.iter().filter(|command| **command != "admin") {
        let did = |said: &recorder::Said| said.typed.starts_with(command) && said.code == Some(0);
        assert!(at_home.said.iter().any(did), "{command} was never done");
    }

    for folder in [here.path(), there.path()] {
        assert!(done(&run(folder, &["doctor"])).contains("checks are clean"));
    }
    assert_eq!(stop(server, Signal::TERM).0, Some(0));
}

#[test]
fn a_rehearsal_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let create = |email: &'static str| {
        [
            "admin", "accounts", "create", "--email", email, "-o", "json",
        ]
    };
    let rehearse = |typed: &[&str]| run(folder, &[typed, &["--dry-run"]].concat());

    let nowhere = rehearse(&create("ada@example.com"));
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(text(&nowhere.stderr).contains("there is no database"));
    assert!(fs::read_dir(folder).unwrap().next().is_none());

    json(&run(folder, &create("ada@example.com")));
    let everybody = || json(&run(folder, &["admin", "user", "list", "-o", "json"]));
    let every_event = || {
        let typed = ["admin", "events", "--limit", "200", "-o", "json"];
        let events = json(&run(folder, &typed))["events"].clone();
        // Looking is an event too, and asking for the events is looking.
        let changes = events.as_array().unwrap().iter();
        changes
            .filter(|event| event["action"] != "operator.read")
            .count()
    };
    let before = (everybody(), every_event());

    let rehearsed = json(&rehearse(&create("bo@example.com")));
    let account = &rehearsed["accounts"]["account"];
    assert_eq!(account["user"]["email"], "bo@example.com");
    assert!(account["api_keys"]["key"].is_string(), "{account}");
    let typed = [
        "admin",
        "accounts",
        "delete",
        "--user",
        "ada@example.com",
        "-o",
        "json",
    ];
    let deleted = json(&rehearse(&typed));
    assert_eq!(deleted["dry_run"], true);
    assert_eq!(deleted["deleted"]["users"].as_array().unwrap().len(), 1);
    assert_eq!((everybody(), every_event()), before);

    let eyes = rehearse(&["admin", "user", "delete", "ada@example.com"]);
    assert!(done(&eyes).contains("deleted, users:"));
    assert!(text(&eyes.stderr).contains("nothing was kept"));
    assert_eq!((everybody(), every_event()), before);
}

#[test]
fn what_takes_something_away_asks_or_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let delete = ["admin", "accounts", "delete", "--user", "ada@example.com"];
    let is_there = || {
        let shown = run(folder, &["admin", "user", "show", "ada@example.com"]);
        shown.status.success()
    };
    done(&run(
        folder,
        &["admin", "accounts", "create", "--email", "ada@example.com"],
    ));

    // Nobody to ask.
    let refused = run(folder, &delete);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("--yes"));
    let piped = type_in(
        folder,
        &["admin", "accounts", "delete", "-"],
        r#"{"target": {"user_emails": ["ada@example.com"]}}"#,
    );
    assert_eq!(piped.status.code(), Some(2), "{}", text(&piped.stderr));
    assert!(is_there());

    // Somebody, who thinks again; and then does not.
    for (answer, code) in [("n\n", 1), ("\n", 1), ("y\n", 0)] {
        assert!(is_there());
        let (asked, said) = at_a_terminal(folder, &delete, answer);
        assert_eq!(asked, Some(code), "{said}");
        assert!(
            said.contains("deleted, users:") && said.contains("Go on?"),
            "{said}"
        );
        let preview = said.split("Go on?").next().unwrap();
        assert!(preview.contains("ada@example.com"), "{said}");
    }
    assert!(!is_there());

    // Meant from the start.
    done(&run(
        folder,
        &["admin", "accounts", "create", "--email", "ada@example.com"],
    ));
    done(&run(folder, &[&delete[..], &["--yes"]].concat()));
    assert!(!is_there());
}

#[test]
fn what_would_move_or_go_is_shown_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (email, name) in [("ada@example.com", "Engines"), ("bo@example.com", "Looms")] {
        let typed = ["admin", "accounts", "create", "--email", email];
        done(&run(
            folder,
            &[&typed[..], &["--organization", name]].concat(),
        ));
    }
    done(&run(
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
    let rehearsed = run(folder, &[&transfer[..], &["--dry-run"]].concat());
    let shown = done(&rehearsed);
    for named in ["ada@", "bo@", "Engines", "Second", "second"] {
        assert!(shown.contains(named), "{named}: {shown}");
    }
    assert!(!shown.contains("Looms"), "{shown}");
    let rehearsed = run(folder, &[&only[..], &["--dry-run"]].concat());
    assert!(!done(&rehearsed).contains("Engines"));
    let (code, said) = at_a_terminal(folder, &only, "n\n");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Second") && said.contains("Go on?"), "{said}");
    let (code, said) = at_a_terminal(folder, &only, "y\n");
    assert_eq!(code, Some(0), "{said}");

    let delete = ["admin", "user", "delete", "ada@example.com", "--dry-run"];
    let rehearsed = run(folder, &delete);
    let shown = done(&rehearsed);
    assert!(
        shown.contains("ada@example.com") && shown.contains("Engines"),
        "{shown}"
    );
    assert!(!shown.contains("Second"), "{shown}");
    // A document's answer has nothing in it.
    let document = r#"{"accounts": {"b": {"user": {"email": "bo@example.com"}}}}"#;
    let typed = ["admin", "accounts", "delete", "-", "--dry-run"];
    let rehearsed = type_in(folder, &typed, document);
    let shown = done(&rehearsed);
    for named in ["bo@example.com", "Looms", "Second"] {
        assert!(shown.contains(named), "{named}: {shown}");
    }
    assert!(!shown.contains("Engines"), "{shown}");
}

/// Types a command at a terminal, and `answer` when it asks.
fn at_a_terminal(folder: &Path, typed: &[&str], answer: &str) -> (Option<i32>, String) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY;
    let theirs = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap();
    rustix::io::write(&ours, answer.as_bytes()).unwrap();
    let output = freehold(folder, typed)
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    (output.status.code(), said)
}

#[test]
fn what_is_typed_wrong_is_told_before_anything_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("list.json"), "[]").unwrap();
    fs::write(folder.path().join("broken.json"), "{").unwrap();
    for typed in [
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
        &["admin", "user", "show", "nobody"],
        &["admin", "organization", "show", "No Slug!"],
        &["admin", "organization", "delete", "acme"],
        &["admin", "user", "list", "--limit", "0"],
        &["admin", "operator", "create", "ci"],
        &["admin", "accounts", "transfer", "--from", "a@example.com"],
        &["explain", "--user", "a@example.com"],
    ] {
        let output = run(folder.path(), typed);
        assert_eq!(output.status.code(), Some(2), "{typed:?}");
        assert!(!folder.path().join("data").exists(), "{typed:?}");
    }
    // What a file holds is known once it is read.
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
