//! Reaching a server: with which key, and what is said when it is not there.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::program::{done, freehold, json, run, serve, stop, text};

#[test]
fn a_key_opens_what_it_is_for_and_is_never_typed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (server, listens) = serve(folder);
    let address = listens.strip_prefix("Freehold listens on ").unwrap();
    let list = ["admin", "user", "list", "--server", address];
    let with = |name: &str, key: &str, typed: &[&str]| {
        freehold(folder, typed).env(name, key).output().unwrap()
    };
    let admin = fs::read_to_string(folder.join("data/admin.key")).unwrap();
    let admin = admin.trim();

    let keyless = run(folder, &list);
    assert_eq!(keyless.status.code(), Some(2));
    assert!(text(&keyless.stderr).contains("FREEHOLD_OPERATOR_KEY"));

    let wrong = with("FREEHOLD_ADMIN_KEY", "not the key of this server", &list);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        text(&wrong.stderr).starts_with("freehold: Unauthorized [401"),
        "{}",
        text(&wrong.stderr)
    );
    assert!(!text(&wrong.stderr).contains("not the key"));

    // In the environment, in a file that the environment names, in one that is typed.
    done(&with("FREEHOLD_ADMIN_KEY", admin, &list));
    done(&with("FREEHOLD_ADMIN_KEY_FILE", "data/admin.key", &list));
    done(&run(
        folder,
        &[&list[..], &["--key-file", "data/admin.key"]].concat(),
    ));
    let nowhere = run(folder, &[&list[..], &["--key-file", "nowhere"]].concat());
    assert_eq!(nowhere.status.code(), Some(2));
    let typed = ["admin", "user", "list", "--key-file", "data/admin.key"];
    assert_eq!(
        run(folder, &typed).status.code(),
        Some(2),
        "no server to show it to"
    );

    // A narrower key, before the wider one.
    let typed = [
        "admin",
        "operator",
        "create",
        "reader",
        "--scope",
        "accounts:read",
        "-o",
        "json",
    ];
    let made = json(&run(folder, &typed));
    let reader = made["key"].as_str().unwrap();
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
    done(&with("FREEHOLD_OPERATOR_KEY", reader, &list));
    // A key of operators says nothing to commands that need none.
    done(&with("FREEHOLD_OPERATOR_KEY", reader, &["config", "check"]));
    done(&run(
        folder,
        &["admin", "operator", "revoke", "reader", "--yes"],
    ));
    let revoked = with("FREEHOLD_OPERATOR_KEY", reader, &list);
    assert_eq!(revoked.status.code(), Some(1));

    // An address is no place for a key, and what is set here is of no use there.
    for typed in [
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
        let output = with("FREEHOLD_ADMIN_KEY", admin, typed);
        assert_eq!(output.status.code(), Some(2), "{typed:?}");
    }
    stop(server, Signal::TERM);
}

#[test]
fn a_server_that_cannot_be_reached_is_another_thing_than_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |address: &str| {
        freehold(
            folder.path(),
            &["admin", "user", "list", "--server", address],
        )
        .env("FREEHOLD_ADMIN_KEY", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")
        .output()
        .unwrap()
    };
    // Nobody listens at a port that no system gives to whoever asks for any.
    let silent = ask("http://127.0.0.1:1");
    assert_eq!(silent.status.code(), Some(3), "{}", text(&silent.stderr));
    assert!(text(&silent.stderr).contains("cannot reach"));

    // Somebody else does; and would like to have the key at another place.
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stranger = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 2048];
            _ = stream.read(&mut asked).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let output = ask(&address);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("not as a Freehold server does"));
        stranger.join().unwrap();
    }
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn an_account_comes_with_a_key_that_opens_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (server, listens) = serve(folder);
    let address = listens.strip_prefix("Freehold listens on ").unwrap();
    let typed = [
        "admin",
        "accounts",
        "create",
        "--email",
        "ada@example.com",
        "-o",
        "json",
    ];
    let made = json(&run(folder, &typed));
    let account = &made["accounts"]["account"];
    let key = account["api_keys"]["key"].as_str().unwrap();
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    let request = format!(
        "GET /profile HTTP/1.1\r\nhost: x\r\nauthorization: ApiKey {key}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let profile: Value = serde_json::from_str(body).unwrap();
    assert_eq!(profile["email"], json!("ada@example.com"), "{answer}");
    stop(server, Signal::TERM);
}
