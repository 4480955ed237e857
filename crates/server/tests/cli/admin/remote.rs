//! Remote commands: the source of the key, and unreachable servers.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::program::{freehold, json, run, serve, stdout_of_success, stop, text};

#[test]
fn keys_come_from_the_environment_or_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (server, startup_line) = serve(folder);
    let address = startup_line.strip_prefix("Freehold listens on ").unwrap();
    let list = ["admin", "user", "list", "--server", address];
    let with = |name: &str, key: &str, arguments: &[&str]| {
        freehold(folder, arguments).env(name, key).output().unwrap()
    };
    let admin = fs::read_to_string(folder.join("data/admin.key")).unwrap();
    let admin = admin.trim();

    let without_key = run(folder, &list);
    assert_eq!(without_key.status.code(), Some(2));
    assert!(text(&without_key.stderr).contains("FREEHOLD_OPERATOR_KEY"));

    let wrong = with("FREEHOLD_ADMIN_KEY", "not the key of this server", &list);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        text(&wrong.stderr).starts_with("freehold: Unauthorized [401"),
        "{}",
        text(&wrong.stderr)
    );
    assert!(!text(&wrong.stderr).contains("not the key"));

    // From the environment, from a file of the environment, from `--key-file`.
    stdout_of_success(&with("FREEHOLD_ADMIN_KEY", admin, &list));
    stdout_of_success(&with("FREEHOLD_ADMIN_KEY_FILE", "data/admin.key", &list));
    stdout_of_success(&run(
        folder,
        &[&list[..], &["--key-file", "data/admin.key"]].concat(),
    ));
    let missing_file = run(folder, &[&list[..], &["--key-file", "nowhere"]].concat());
    assert_eq!(missing_file.status.code(), Some(2));
    let arguments = ["admin", "user", "list", "--key-file", "data/admin.key"];
    assert_eq!(
        run(folder, &arguments).status.code(),
        Some(2),
        "--key-file requires --server"
    );

    // An operator key with fewer scopes takes precedence over the admin key.
    let arguments = [
        "admin",
        "operator",
        "create",
        "reader",
        "--scope",
        "accounts:read",
        "-o",
        "json",
    ];
    let created = json(&run(folder, &arguments));
    let reader = created["key"].as_str().unwrap();
    let create = [
        "admin",
        "accounts",
        "create",
        "--email",
        "a@example.com",
        "--server",
        address,
    ];
    let output = freehold(folder, &create)
        .env("FREEHOLD_OPERATOR_KEY", reader)
        .env("FREEHOLD_ADMIN_KEY", admin)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("accounts:write"),
        "{}",
        text(&output.stderr)
    );
    stdout_of_success(&with("FREEHOLD_OPERATOR_KEY", reader, &list));
    // Commands without `--server` ignore the operator key.
    stdout_of_success(&with("FREEHOLD_OPERATOR_KEY", reader, &["config", "check"]));
    stdout_of_success(&run(
        folder,
        &["admin", "operator", "revoke", "reader", "--yes"],
    ));
    let revoked = with("FREEHOLD_OPERATOR_KEY", reader, &list);
    assert_eq!(revoked.status.code(), Some(1));

    // The URL must not contain a key, and local options have no effect remotely.
    for arguments in [
        &["admin", "user", "list", "--server", "http://key@127.0.0.1"] as &[&str],
        &["admin", "user", "list", "--server", "here"],
        &[
            "admin",
            "user",
            "list",
            "--server",
            address,
            "--database-url",
            "sqlite:x.db",
        ],
    ] {
        let output = with("FREEHOLD_ADMIN_KEY", admin, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    stop(server, Signal::TERM);
}

#[test]
fn unreachable_servers_exit_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let list_users = |address: &str| {
        freehold(
            folder.path(),
            &["admin", "user", "list", "--server", address],
        )
        .env("FREEHOLD_ADMIN_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
        .output()
        .unwrap()
    };
    // No server listens on port 1.
    let unreachable = list_users("http://127.0.0.1:1");
    assert_eq!(
        unreachable.status.code(),
        Some(3),
        "{}",
        text(&unreachable.stderr)
    );
    assert!(text(&unreachable.stderr).contains("cannot reach"));

    // Other servers: one responses HTML, one redirects to another server.
    for response in [
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let other_server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 2048];
            _ = stream.read(&mut request).unwrap();
            stream.write_all(response.as_bytes()).unwrap();
        });
        let output = list_users(&address);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("not a response of a Freehold server"));
        other_server.join().unwrap();
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn created_accounts_have_a_working_api_key() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (server, startup_line) = serve(folder);
    let address = startup_line.strip_prefix("Freehold listens on ").unwrap();
    let arguments = [
        "admin",
        "accounts",
        "create",
        "--email",
        "ada@example.com",
        "-o",
        "json",
    ];
    let created = json(&run(folder, &arguments));
    let account = &created["accounts"]["account"];
    let key = account["api_keys"]["key"].as_str().unwrap();
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    let request = format!(
        "GET /profile HTTP/1.1\r\nhost: x\r\nauthorization: ApiKey {key}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (_, body) = response.split_once("\r\n\r\n").unwrap();
    let profile: Value = serde_json::from_str(body).unwrap();
    assert_eq!(profile["email"], json!("ada@example.com"), "{response}");
    stop(server, Signal::TERM);
}
