//! Help, exit codes, and the local commands on SQLite from an empty folder to a
//! backup.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
};

use crate::program::{freehold, json, run, run_with_input, serve, stdout_of_success, stop, text};
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
    &["user", "verify-email"],
    &["email", "list"],
    &["email", "retry"],
    &["email", "test"],
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
        let help = stdout_of_success(&output);
        assert!(help.contains("Example"), "{command:?}: {help}");
        assert!(help.contains("freehold "), "{command:?}: {help}");
        assert!(help.contains("--database-url"), "{command:?}: {help}");
    }
    assert!(
        fs::read_dir(folder.path()).unwrap().next().is_none(),
        "help creates no files"
    );
}

#[test]
fn serve_flags_work_with_and_without_the_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--listen", "nowhere"] as &[&str],
        &["serve", "--listen", "nowhere"],
    ] {
        let output = run(folder.path(), arguments);
        assert!(
            text(&output.stderr).contains("--listen: expected an address"),
            "{arguments:?}"
        );
    }
    let output = run(folder.path(), &["--listen", "127.0.0.1:0", "migrate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn imports_validate_their_reason() {
    let folder = tempfile::tempdir().unwrap();
    let long = "r".repeat(501);
    for (reason, message_part) in [(long.as_str(), "at most 500"), ("a\u{1b}[31m", "U+001B")] {
        let output = run(
            folder.path(),
            &["import", "accounts.csv", "--reason", reason],
        );
        assert_eq!(output.status.code(), Some(2));
        let message = text(&output.stderr);
        assert!(
            message.contains("--reason") && message.contains(message_part),
            "{message}"
        );
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn completions_list_all_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        let script = stdout_of_success(&output);
        assert!(script.contains("reset-link"), "{shell}");
    }
}

#[test]
fn an_invalid_configuration_exits_with_2() {
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
fn read_commands_create_no_files() {
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
fn config_print_shows_sources() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("freehold.toml"), "seeds = false\n").unwrap();
    let output = freehold(folder.path(), &["config", "print", "--log", "debug"])
        .env("AGENTA_AUTH_KEY", "0f4b8c1d7e2a9635b0c4d8e1f7a29365")
        .output()
        .unwrap();
    let effective_configuration = stdout_of_success(&output);
    for (line, source) in [
        ("seeds = \"false\"", "# freehold.toml"),
        ("log = \"debug\"", "# --log"),
        ("# admin_key = \"(set)\"", "# AGENTA_AUTH_KEY"),
        ("listen = \"127.0.0.1:8000\"", "# default"),
    ] {
        let printed = effective_configuration
            .lines()
            .find(|printed| printed.starts_with(line));
        assert!(
            printed.is_some_and(|printed| printed.ends_with(source)),
            "{line} {source}: {effective_configuration}"
        );
    }
    assert!(!effective_configuration.contains("0f4b8c1d7e2a9635"));
}

#[test]
fn local_commands_work_from_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();

    // Creating an account in an empty folder creates the database.
    let created = json(&run_with_input(
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

    // The same email address is refused.
    let duplicate = run(folder, &["user", "create", "ada@example.com"]);
    assert_eq!(duplicate.status.code(), Some(1));
    assert!(
        text(&duplicate.stderr).contains("already exists"),
        "{}",
        text(&duplicate.stderr)
    );
    // So are a weak password and an invalid email address.
    let weak = run_with_input(
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
        run(folder, &["user", "create", "ada"]).status.code(),
        Some(2)
    );

    // An id and an email address show the same user.
    let id = created["id"].as_str().unwrap();
    assert_eq!(
        json(&run(folder, &["user", "show", id, "-o", "json"])),
        created
    );
    assert!(
        stdout_of_success(&run(folder, &["user", "show", "ADA@example.com"])).contains("Engines")
    );
    assert_eq!(
        run(folder, &["user", "show", "bob@example.com"])
            .status
            .code(),
        Some(1)
    );

    // A reset link points to the web application.
    let link = run(folder, &["user", "reset-link", "ada@example.com"]);
    assert!(
        stdout_of_success(&link).starts_with("http://localhost:8000/"),
        "{}",
        stdout_of_success(&link)
    );

    // An email address can be marked as verified repeatedly.
    for email in ["ada@example.com", "ADA@example.com"] {
        let verified = run(folder, &["user", "verify-email", email]);
        assert_eq!(
            stdout_of_success(&verified),
            "ada@example.com is verified.\n"
        );
    }
    for (email, code) in [("bob@example.com", 1), ("bob", 2)] {
        let refused = run(folder, &["user", "verify-email", email]);
        assert_eq!(refused.status.code(), Some(code), "{email}");
    }

    // Three organizations in two pages.
    for name in ["bob", "cem"] {
        let email = format!("{name}@example.com");
        stdout_of_success(&run(
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
    assert_eq!(shown["members"][0]["role"], "owner");

    // The database and its backup pass all checks.
    assert_eq!(
        stdout_of_success(&run(folder, &["migrate"])),
        "sqlite:./data/freehold.db: no pending migrations.\n"
    );
    assert!(stdout_of_success(&run(folder, &["doctor"])).contains("checks passed"));
    stdout_of_success(&run(folder, &["backup", "copy.db"]));
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
fn configured_roles_apply_to_local_commands() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let lists = r#"{"project": [{"role": "qa", "permissions": ["view_spans"]}]}"#;
    let with_roles = |arguments: &[&str]| {
        let mut command = freehold(folder, arguments);
        command.env("AGENTA_ACCESS_ROLES", lists).output().unwrap()
    };
    for email in ["ada@example.com", "bob@example.com"] {
        let mut arguments = vec!["user", "create", email, "-o", "json"];
        if email.starts_with("ada") {
            arguments.extend(["--organization", "Engines"]);
        }
        json(&run(folder, &arguments));
    }
    let ada = json(&run(
        folder,
        &["user", "show", "ada@example.com", "-o", "json"],
    ));
    let organization = ada["organizations"][0]["id"].as_str().unwrap();
    let arguments = [
        "organization",
        "add-member",
        organization,
        "bob@example.com",
        "--role",
        "qa",
    ];
    assert_eq!(
        run(folder, &arguments).status.code(),
        Some(2),
        "no such role"
    );
    stdout_of_success(&with_roles(&arguments));
    assert!(stdout_of_success(&with_roles(&["doctor"])).contains("checks passed"));
    let without = run(folder, &["doctor"]);
    assert_eq!(without.status.code(), Some(2));
    assert!(text(&without.stdout).contains("role_known (2 found)"));
}

#[test]
fn a_server_starts_in_an_empty_folder_and_stops_on_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let (first, startup_line) = serve(folder.path());
    let address = startup_line
        .strip_prefix("Freehold listens on http://")
        .unwrap()
        .to_owned();
    assert!(get(&address, "/health").ends_with(r#"{"status":"ok"}"#));
    let (code, output) = stop(first, Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(output.contains("admin.key"), "{output}");
    let key = fs::read_to_string(folder.path().join("data/admin.key")).unwrap();
    assert!(!output.contains(key.trim()));
    let log = folder.path().join("data/freehold.db-wal");
    assert!(
        !log.exists() || fs::metadata(log).unwrap().len() == 0,
        "the write-ahead log was checkpointed"
    );

    // The second start creates and announces nothing.
    let (second, _) = serve(folder.path());
    let (code, output) = stop(second, Signal::INT);
    assert_eq!((code, output.contains("admin.key")), (Some(0), false));
    assert_eq!(
        fs::read_to_string(folder.path().join("data/admin.key")).unwrap(),
        key
    );
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}
