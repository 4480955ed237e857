//! Requests that nobody should send: each gets a no in JSON with its reason,
//! never an apology, and the same one from both databases.

use std::collections::BTreeMap;

use freehold_testkit::{Answer, Client, Engine, Person, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const NOWHERE: &str = "01900000-0000-7000-8000-000000000000";

/// Every door, with whether it reads a body. `{}` stands for an id.
const DOORS: &[(&str, &str)] = &[
    ("POST", "/auth/signup"),
    ("POST", "/auth/signin"),
    ("POST", "/auth/signout"),
    ("POST", "/auth/session/refresh"),
    ("POST", "/auth/user/password/reset/token"),
    ("POST", "/auth/user/password/reset"),
    ("GET", "/auth/signup/email/exists?email={}"),
    ("GET", "/auth/emailpassword/email/exists?email={}"),
    ("GET", "/profile?project_id={}"),
    ("PUT", "/profile/username"),
    ("GET", "/organizations?workspace_id={}"),
    ("POST", "/organizations"),
    ("GET", "/organizations/{}"),
    ("PUT", "/organizations/{}"),
    ("PATCH", "/organizations/{}"),
    ("DELETE", "/organizations/{}"),
    ("POST", "/organizations/{}/transfer/{}"),
    ("GET", "/projects/{}"),
    ("GET", "/projects/current?project_id={}"),
    ("GET", "/keys?workspace_id={}"),
    ("POST", "/keys?project_id={}"),
    ("DELETE", "/keys/{}"),
    ("GET", "/access/roles?project_id={}"),
    ("POST", "/simple/testsets"),
    ("GET", "/simple/testsets/{}"),
    ("PUT", "/simple/testsets/{}"),
    ("POST", "/simple/testsets/{}/archive"),
    ("POST", "/simple/testsets/{}/unarchive"),
    ("POST", "/simple/testsets/query"),
    ("POST", "/simple/evaluators"),
    ("GET", "/simple/evaluators/{}"),
    ("PUT", "/simple/evaluators/{}"),
    ("POST", "/simple/evaluators/query"),
    ("POST", "/simple/environments"),
    ("GET", "/simple/environments/{}"),
    ("PUT", "/simple/environments/{}"),
    ("POST", "/simple/environments/{}/guard"),
    ("POST", "/simple/environments/{}/unguard"),
    ("POST", "/simple/environments/query"),
    ("GET", "/nowhere/{}"),
];

/// What stands where an id should.
const IDS: &[&str] = &[
    "",
    "x",
    "%00",
    "%ff",
    "%c3%28",
    "%zz",
    "%",
    "..%2f..%2fetc",
    "'%20OR%201=1--",
    "%F0%9F%8F%A0",
    "null",
    "00000000-0000-0000-0000-000000000000",
    NOWHERE,
    "01900000-0000-7000-8000-00000000000g",
    "-1",
    "a%0d%0ab",
    "%2e%2e",
];

/// Bodies that are wrong for every door.
fn bodies() -> Vec<Vec<u8>> {
    let text = |text: &str| text.as_bytes().to_vec();
    let mut all: Vec<_> = [
        "", " ", "{", "}", "[]", "null", "true", "1e999", "-0", "\"x\"", "{\"name\":}", "{\"name\" \"x\"}", "{'name':'x'}",
        "NaN", "{\"a\":1}{\"b\":2}", "\u{feff}{}", "{\"name\":\"\\ud800\"}", "{\"name\":\"\\u0000\"}", "{\"name\":\"a\\u0007b\"}",
        "{\"name\":1}", "{\"name\":[]}", "{\"name\":{\"a\":{}}}", "{\"name\":true,\"description\":0.5}", "{\"slug\":1}",
        "{\"slug\":\"\\u0000\"}", "{\"flags\":1}", "{\"flags\":[]}", "{\"flags\":{\"a\\u0000\":1}}", "{\"flags\":{\"a\":\"\\u0000\"}}",
        "{\"flags\":{\"a\":1e308,\"b\":-9223372036854775809,\"c\":18446744073709551616}}",
        "{\"username\":null}", "{\"username\":\"\\u0000\"}", "{\"username\":\"\\u202e\"}", "{\"username\":[\"a\"]}",
        "{\"formFields\":null}", "{\"formFields\":{}}", "{\"formFields\":[1]}", "{\"formFields\":[{}]}", "{\"formFields\":[{\"id\":1}]}",
        "{\"formFields\":[{\"id\":\"email\",\"value\":{}}]}", "{\"formFields\":[{\"id\":\"email\",\"value\":\"a\\u0000@x.test\"}]}",
        "{\"formFields\":[{\"id\":\"email\",\"value\":\"a@x.test\"},{\"id\":\"password\",\"value\":\"\\u0000\"}]}",
        "{\"formFields\":[{\"id\":\"password\",\"value\":\"Secret12!\"}],\"token\":\"\\u0000\"}",
        "{\"formFields\":[{\"id\":\"password\",\"value\":\"Secret12!\"}],\"token\":\"%%%\"}",
        "{\"testset\":{\"slug\":\"\\u0000\",\"data\":{\"testcases\":[{\"data\":{\"a\":\"\\u0000\"}}]}}}",
        "{\"testset\":{\"slug\":\"s\",\"data\":{\"testcases\":{}}}}", "{\"evaluator\":{\"slug\":[],\"flags\":{\"a\":1.5}}}",
        "{\"environment\":{\"slug\":\"\\ud83c\\udfe0\",\"data\":[]}}",
        "{\"testset_refs\":[{\"id\":\"x\"}]}", "{\"testset_refs\":1}", "{\"windowing\":{\"limit\":-1}}",
        "{\"windowing\":{\"limit\":1e99}}", "{\"testset\":{\"name\":\"\\u0000\"}}", "{\"include_archived\":\"maybe\"}",
    ]
    .map(text)
    .into();
    all.push(b"{\"name\":\"\xff\xfe\"}".to_vec());
    all.push(b"\x00\x01\x02".to_vec());
    all.push(b"{\"name\":\"a\x00b\"}".to_vec());
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        all.push(text(&format!(
            "{{\"flags\":{}1{}}}",
            open.repeat(31),
            close.repeat(31)
        )));
        all.push(text(&format!(
            "{}1{}",
            open.repeat(9000),
            close.repeat(9000)
        )));
        all.push(text(&open.repeat(9000)));
    }
    all.push(text(&format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20))));
    all.push(text(&format!("{{\"name\":\"{}\"}}", "x".repeat(60_000))));
    all.push(text(&format!(
        "{{{}\"name\":\"x\"}}",
        "\"k\":1,".repeat(5000)
    )));
    all
}

/// What is compared between the databases.
type Told = BTreeMap<String, (u16, String)>;

/// A no has a reason, in JSON; nothing is our fault.
fn check(told: &mut Told, asked: String, answer: &Answer) {
    assert!(answer.status() < 500, "{asked}: {answer}");
    if answer.status() >= 400 {
        let json = answer.json();
        assert!(
            !json["detail"].is_null() || json["message"].is_string(),
            "{asked}: {answer}"
        );
        assert!(
            json["code"].is_string() && json["request_id"].is_string(),
            "{asked}: {answer}"
        );
        assert_eq!(json["status"], answer.status(), "{asked}: {answer}");
        told.insert(
            asked,
            (answer.status(), json["code"].as_str().unwrap().to_owned()),
        );
    } else {
        told.insert(asked, (answer.status(), String::new()));
    }
}

/// Whoever asks at this door: Ada, who would not be known any more after
/// signing out.
fn asks_at(ada: &Person, door: &str) -> Client {
    match door {
        "/auth/signout" => ada.with("Bearer x"),
        _ => Client::clone(ada),
    }
}

async fn bad_ids(ada: &Person, told: &mut Told) {
    for (method, door) in DOORS.iter().filter(|(_, door)| door.contains("{}")) {
        for id in IDS {
            let path = door.replace("{}", id);
            let ask = ada
                .ask(method, &path)
                .header("content-type", "application/json");
            let answer = ask.body(r#"{"name":"x"}"#).await;
            check(told, format!("{method} {path}"), &answer);
        }
    }
}

async fn bad_bodies(ada: &Person, told: &mut Told) {
    let home = ada.organizations().await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let bodies = bodies();
    for (method, door) in DOORS
        .iter()
        .filter(|(method, _)| *method != "GET" && *method != "DELETE")
    {
        // A form that is right by accident makes an account; a key is made by any body.
        let path = door.replace("{}", if door.starts_with("/org") { &home } else { "" });
        for (n, body) in bodies.iter().enumerate() {
            let long = body.len() > 64 * 1024;
            // What is not read to its end spoils the connection.
            let client = if long {
                ada.apart()
            } else {
                asks_at(ada, door)
            };
            let ask = client
                .ask(method, &path)
                .header("content-type", "application/json");
            // A server that says no to a long body need not read it to its end.
            match ask.body(body.clone()).try_send().await {
                Some(answer) => check(told, format!("{method} {door} with body {n}"), &answer),
                None => assert!(long, "{method} {path} with body {n} was not answered"),
            }
        }
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/",
            ";",
            "json",
        ] {
            let ask = asks_at(ada, door)
                .ask(method, &path)
                .header("content-type", kind);
            let answer = ask.body(r#"{"name":"x"}"#).await;
            check(told, format!("{method} {door} as {kind}"), &answer);
        }
    }
}

async fn bad_circumstances(ada: &Person, told: &mut Told) {
    for (method, door) in DOORS {
        let ada = &asks_at(ada, door);
        let path = door.replace("{}", NOWHERE);
        for other in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
        ] {
            if other != *method {
                let answer = ada.ask(other, &path).await;
                if other != "OPTIONS" {
                    check(told, format!("{other} {door}"), &answer);
                }
                assert!(answer.status() < 500, "{answer}");
            }
        }
        for (name, value) in [
            ("idempotency-key", "a b"),
            ("idempotency-key", "x"),
            ("x-request-id", "\u{e9}"),
            ("x-forwarded-for", "nonsense, ::1, 1.2.3.4.5"),
            ("traceparent", "00-zz"),
            ("accept-encoding", "br;q=x, *"),
            ("accept", "application/xml"),
            (
                "cookie",
                "sAccessToken; =; sAccessToken=x; sRefreshToken=%00",
            ),
            ("st-auth-mode", "nonsense"),
            ("origin", "null"),
        ] {
            let ask = ada.ask(method, &path).header(name, value);
            check(
                told,
                format!("{method} {door} with {name}: {value}"),
                &ask.await,
            );
        }
        for wrong in [
            "",
            "Bearer",
            "Bearer \u{e9}",
            "Basic YTpi",
            "ApiKey .",
            "Access x",
            "Secret x",
            &"x".repeat(7000),
        ] {
            let answer = ada.with(wrong).ask(method, &path).await;
            check(
                told,
                format!("{method} {door} as {}", &wrong[..wrong.len().min(9)]),
                &answer,
            );
        }
        for query in [
            "dry_run=maybe",
            "dry_run",
            "project_id=%ff&workspace_id=%00",
            "a=%&b==&&&=",
            "project_id=x&project_id=y",
        ] {
            let between = if path.contains('?') { '&' } else { '?' };
            let answer = ada.ask(method, &format!("{path}{between}{query}")).await;
            check(told, format!("{method} {door} {query}"), &answer);
        }
    }
}

/// What no client library would send. Whatever comes back, it is no 5xx, and
/// the server goes on.
async fn bad_bytes(app: &TestApp) {
    let address = app
        .stranger()
        .base()
        .trim_start_matches("http://")
        .to_owned();
    let line = |text: &str| format!("{text}\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes();
    let mut requests: Vec<Vec<u8>> = [
        "GET /\u{0} HTTP/1.1",
        "GET  HTTP/1.1",
        "GET /%%%% HTTP/1.1",
        "GET /organizations\\..\\x HTTP/1.1",
        "GET * HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "GET /profile HTTP/9.9",
        "OPTIONS * HTTP/1.1",
        "CONNECT x:1 HTTP/1.1",
        "nonsense",
    ]
    .map(line)
    .into();
    requests.push(b"\x16\x03\x01\x02\x00\x01\x00\x01".to_vec());
    requests.push(
        b"GET /profile HTTP/1.1\r\nhost: x\r\nauthorization: \xff\xfe\r\nconnection: close\r\n\r\n"
            .to_vec(),
    );
    requests.push(line(&format!(
        "GET /profile HTTP/1.1\r\nx: {}",
        "y".repeat(1 << 20)
    )));
    requests.push(line(&format!(
        "GET /profile HTTP/1.1{}",
        "\r\nx: y".repeat(500)
    )));
    requests.push(line(&format!("GET /{} HTTP/1.1", "x".repeat(100_000))));
    requests.push(line(
        "POST /auth/signin HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: -1",
    ));
    requests.push(line(
        "POST /auth/signin HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6",
    ));
    requests.push(b"POST /auth/signin HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec());
    for request in requests {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let _ = stream.write_all(&request).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let status = answer.get(9..10);
        assert_ne!(
            status,
            Some(&b"5"[..]),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    app.stranger().get("/readyz").await.expect(200);
}

/// All of it, to one database.
async fn told(engine: Engine) -> Told {
    let no_limits = |settings: &mut freehold_testkit::Settings| {
        (settings.limits.per_account, settings.limits.per_address) = (0, 0);
        settings.seeds = false;
    };
    let app = TestApp::start(engine, no_limits, freehold_app::Extensions::none()).await;
    let ada = app.person("ada").await;
    let mut told = Told::new();
    bad_ids(&ada, &mut told).await;
    bad_circumstances(&ada, &mut told).await;
    bad_bodies(&ada, &mut told).await;
    bad_bytes(&app).await;
    ada.get("/profile").await.expect(200);
    app.finish().await;
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_requests_are_refused_and_both_databases_say_the_same() {
    let (sqlite, postgres) = (told(Engine::Sqlite).await, told(Engine::Postgres).await);
    assert!(sqlite.len() > 1500, "only {} requests", sqlite.len());
    for (asked, answer) in &sqlite {
        assert_eq!(Some(answer), postgres.get(asked), "{asked}");
    }
    assert_eq!(sqlite.len(), postgres.len());
}
