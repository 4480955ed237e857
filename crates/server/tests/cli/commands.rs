//! The program as it is typed: help, exit codes, and a life on SQLite from an
//! empty folder to a backup.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
};

use crate::program::{done, freehold, json, run, serve, stop, text, type_in};
use rustix::process::Signal;
use serde_json::Value;

const COMMANDS: &[&[&str]] = &[
    &[],
    &["serve"],
    &["migrate"],
    &["doctor"],
    &["config", "check"],
    &["config", "print"],
    &["user", "create"],
    &["user", "show"],
    &["user", "reset-link"],
    &["user", "confirm-email"],
    &["mail", "list"],
    &["mail", "retry"],
    &["mail", "test"],
    &["organization", "list"],
    &["organization", "show"],
    &["backup"],
    &["completions"],
];

#[test]
fn every_command_has_help_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    for command in COMMANDS {
        let output = run(folder.path(), &[*command, &["--help"]].concat());
        let help = done(&output);
        assert!(help.contains("Example"), "{command:?}: {help}");
        assert!(help.contains("freehold "), "{command:?}: {help}");
        assert!(help.contains("--database-url"), "{command:?}: {help}");
    }
    assert!(
        fs::read_dir(folder.path()).unwrap().next().is_none(),
        "help makes no files"
    );
}

#[test]
fn serving_takes_its_flags_with_or_without_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for typed in [
        &["--listen", "nowhere"] as &[&str],
        &["serve", "--listen", "nowhere"],
    ] {
        let output = run(folder.path(), typed);
        assert!(
            text(&output.stderr).contains("--listen: expected an address"),
            "{typed:?}"
        );
    }
    let output = run(folder.path(), &["--listen", "127.0.0.1:0", "migrate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn an_import_has_a_reason_like_any_request() {
    let folder = tempfile::tempdir().unwrap();
    let long = "r".repeat(501);
    for (reason, why) in [(long.as_str(), "at most 500"), ("a\u{1b}[31m", "U+001B")] {
        let output = run(
            folder.path(),
            &["provision", "people.csv", "--reason", reason],
        );
        assert_eq!(output.status.code(), Some(2));
        let told = text(&output.stderr);
        assert!(told.contains("--reason") && told.contains(why), "{told}");
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn completions_know_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        let script = done(&output);
        assert!(script.contains("reset-link"), "{shell}");
    }
}

#[test]
fn a_wrong_configuration_stops_every_command_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        &["serve"] as &[&str],
        &["migrate"],
        &["config", "check"],
        &["user", "show", "a@b.c"],
    ] {
        let output = freehold(folder.path(), command)
            .env("FREEHOLD_LISTN", "x")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(text(&output.stderr).contains("did you mean FREEHOLD_LISTEN?"));
    }
    let output = freehold(folder.path(), &["doctor"])
        .env("FREEHOLD_LISTN", "x")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "doctor could not check");
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn looking_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (command, code) in [
        (&["doctor"] as &[&str], 3),
        (&["organization", "list"], 1),
        (&["user", "show", "ada@example.com"], 1),
        (&["backup", "copy.db"], 1),
    ] {
        let output = run(folder.path(), command);
        assert_eq!(output.status.code(), Some(code), "{command:?}");
        assert!(
            text(&output.stderr).contains("there is no database"),
            "{}",
            text(&output.stderr)
        );
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn the_configuration_is_printed_with_its_origins() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("freehold.toml"), "seeds = false\n").unwrap();
    let output = freehold(folder.path(), &["config", "print", "--log", "debug"])
        .env("AGENTA_AUTH_KEY", "0f4b8c1d7e2a9635b0c4d8e1f7a29365")
        .output()
        .unwrap();
    let printed = done(&output);
    for (line, origin) in [
        ("seeds = \"false\"", "# freehold.toml"),
        ("log = \"debug\"", "# --log"),
        ("# admin_key = \"(set)\"", "# AGENTA_AUTH_KEY"),
        ("listen = \"127.0.0.1:8000\"", "# default"),
    ] {
        let found = printed.lines().find(|found| found.starts_with(line));
        assert!(
            found.is_some_and(|found| found.ends_with(origin)),
            "{line} {origin}: {printed}"
        );
    }
    assert!(!printed.contains("0f4b8c1d7e2a9635"));
}

#[test]
fn an_operators_day_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();

    // An account in an empty folder: the database is made on the way.
    let created = json(&type_in(
        folder,
        &[
            "user",
            "create",
            " Ada@Example.com ",
            "--username",
            "Ada",
            "--password-stdin",
            "--organization",
            "Engines",
            "-o",
            "json",
        ],
        "Secret12!\n",
    ));
    assert_eq!(created["email"], "ada@example.com");
    assert_eq!(created["username"], "Ada");
    assert_eq!(created["organizations"][0]["name"], "Engines");
    assert_eq!(created["organizations"][0]["role"], "owner");
    let mode = |path: &str| {
        fs::metadata(folder.join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("data"), mode("data/freehold.db")), (0o700, 0o600));

    // Twice is refused, in words.
    let again = run(folder, &["user", "create", "ada@example.com"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        text(&again.stderr).contains("already exists"),
        "{}",
        text(&again.stderr)
    );
    // So is a password that the policy refuses, and an address that is none.
    let weak = type_in(
        folder,
        &["user", "create", "b@example.com", "--password-stdin"],
        "short\n",
    );
    assert_eq!(weak.status.code(), Some(1));
    assert!(
        text(&weak.stderr).contains("at least 8 characters"),
        "{}",
        text(&weak.stderr)
    );
    assert_eq!(
        run(folder, &["user", "create", "nobody"]).status.code(),
        Some(2)
    );

    // By address or id, the same person.
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        json(&run(folder, &["user", "show", id, "-o", "json"])),
        created
    );
    assert!(done(&run(folder, &["user", "show", "ADA@example.com"])).contains("Engines"));
    assert_eq!(
        run(folder, &["user", "show", "bob@example.com"])
            .status
            .code(),
        Some(1)
    );

    // A link that leads to the web application.
    let link = run(folder, &["user", "reset-link", "ada@example.com"]);
    assert!(
        done(&link).starts_with("http://localhost:8000/"),
        "{}",
        done(&link)
    );

    // An operator's word that an address is its owner's, as often as they like.
    for typed in ["ada@example.com", "ADA@example.com"] {
        let confirmed = run(folder, &["user", "confirm-email", typed]);
        assert_eq!(done(&confirmed), "ada@example.com is confirmed.\n");
    }
    for (typed, code) in [("bob@example.com", 1), ("nobody", 2)] {
        let refused = run(folder, &["user", "confirm-email", typed]);
        assert_eq!(refused.status.code(), Some(code), "{typed}");
    }

    // Three organizations in two pages.
    for name in ["bob", "cem"] {
        let email = format!("{name}@example.com");
        done(&run(
            folder,
            &["user", "create", &email, "--organization", name],
        ));
    }
    let first = json(&run(
        folder,
        &["organization", "list", "--limit", "2", "-o", "json"],
    ));
    assert_eq!(first["organizations"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let second = json(&run(
        folder,
        &[
            "organization",
            "list",
            "--limit",
            "2",
            "--after",
            next,
            "-o",
            "json",
        ],
    ));
    assert_eq!(second["organizations"].as_array().unwrap().len(), 1);
    assert_eq!(second["next"], Value::Null);
    assert_eq!(second["organizations"][0]["name"], "cem");
    let organization = created["organizations"][0]["id"].as_str().unwrap();
    let shown = json(&run(
        folder,
        &["organization", "show", organization, "-o", "json"],
    ));
    assert_eq!(shown["owner_email"], "ada@example.com");
    assert_eq!(shown["people"][0]["role"], "owner");

    // All is well, here and in a copy of it.
    assert_eq!(
        done(&run(folder, &["migrate"])),
        "sqlite:./data/freehold.db was up to date.\n"
    );
    assert!(done(&run(folder, &["doctor"])).contains("checks are clean"));
    done(&run(folder, &["backup", "copy.db"]));
    assert_eq!(mode("copy.db"), 0o600);
    assert_eq!(
        run(folder, &["backup", "copy.db"]).status.code(),
        Some(1),
        "nothing is overwritten"
    );
    let report = json(&run(
        folder,
        &["doctor", "--json", "--database-url", "sqlite:copy.db"],
    ));
    assert_eq!(report["engine"], "sqlite");
    assert!(
        report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["count"] == 0)
    );
}

#[test]
fn roles_of_the_configuration_count_for_operators_too() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lists = r#"{"project": [{"role": "qa", "permissions": ["view_spans"]}]}"#;
    let with_roles = |typed: &[&str]| {
        let mut command = freehold(folder, typed);
        command.env("AGENTA_ACCESS_ROLES", lists).output().unwrap()
    };
    for email in ["ada@example.com", "bob@example.com"] {
        let mut typed = vec!["user", "create", email, "-o", "json"];
        if email.starts_with("ada") {
            typed.extend(["--organization", "Engines"]);
        }
        json(&run(folder, &typed));
    }
    let ada = json(&run(
        folder,
        &["user", "show", "ada@example.com", "-o", "json"],
    ));
    let organization = ada["organizations"][0]["id"].as_str().unwrap();
    let typed = [
        "organization",
        "add-member",
        organization,
        "bob@example.com",
        "--role",
        "qa",
    ];
    assert_eq!(run(folder, &typed).status.code(), Some(2), "no such role");
    done(&with_roles(&typed));
    assert!(done(&with_roles(&["doctor"])).contains("checks are clean"));
    let without = run(folder, &["doctor"]);
    assert_eq!(without.status.code(), Some(2));
    assert!(text(&without.stdout).contains("role_known (2 found)"));
}

#[test]
fn a_server_starts_from_nothing_and_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (first, listens) = serve(folder.path());
    let address = listens
        .strip_prefix("Freehold listens on http://")
        .unwrap()
        .to_owned();
    assert!(get(&address, "/health").ends_with(r#"{"status":"ok"}"#));
    let (code, said) = stop(first, Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(said.contains("admin.key"), "{said}");
    let key = fs::read_to_string(folder.path().join("data/admin.key")).unwrap();
    assert!(!said.contains(key.trim()));
    let log = folder.path().join("data/freehold.db-wal");
    assert!(
        !log.exists() || fs::metadata(log).unwrap().len() == 0,
        "the log was folded into the file"
    );

    // The second time, nothing is made and nothing is announced.
    let (second, _) = serve(folder.path());
    let (code, said) = stop(second, Signal::INT);
    assert_eq!((code, said.contains("admin.key")), (Some(0), false));
    assert_eq!(
        fs::read_to_string(folder.path().join("data/admin.key")).unwrap(),
        key
    );
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
