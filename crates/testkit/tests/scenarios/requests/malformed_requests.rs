//! Requests that nobody should send: each gets a no in JSON with its reason,
//! never an apology, and the same one from both databases.

use std::collections::BTreeMap;

use freehold_testkit::{Client, Engine, Response, TestApp, TestUser};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const UNKNOWN_ID: &str = "01900000-0000-7000-8000-000000000000";

/// Every door, with whether it reads a body. `{}` stands for an id.
const OPERATIONS: &[(&str, &str)] = &[
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
const MALFORMED_IDS: &[&str] = &[
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
    UNKNOWN_ID,
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
type Outcomes = BTreeMap<String, (u16, String)>;

/// A no has a reason, in JSON; nothing is our fault.
fn record_outcome(outcomes: &mut Outcomes, label: String, response: &Response) {
    assert!(response.status() < 500, "{label}: {response}");
    if response.status() >= 400 {
        let json = response.json();
        assert!(
            !json["detail"].is_null() || json["message"].is_string(),
            "{label}: {response}"
        );
        assert!(
            json["code"].is_string() && json["request_id"].is_string(),
            "{label}: {response}"
        );
        assert_eq!(json["status"], response.status(), "{label}: {response}");
        outcomes.insert(
            label,
            (response.status(), json["code"].as_str().unwrap().to_owned()),
        );
    } else {
        outcomes.insert(label, (response.status(), String::new()));
    }
}

/// Whoever asks at this door: Ada, who would not be known any more after
/// signing out.
fn client_for(ada: &TestUser, path_template: &str) -> Client {
    match path_template {
        "/auth/signout" => ada.with_authorization("Bearer x"),
        _ => Client::clone(ada),
    }
}

async fn check_malformed_ids(ada: &TestUser, outcomes: &mut Outcomes) {
    for (method, path_template) in OPERATIONS
        .iter()
        .filter(|(_, path_template)| path_template.contains("{}"))
    {
        for id in MALFORMED_IDS {
            let path = path_template.replace("{}", id);
            let request = ada
                .request(method, &path)
                .header("content-type", "application/json");
            let response = request.body(r#"{"name":"x"}"#).await;
            record_outcome(outcomes, format!("{method} {path}"), &response);
        }
    }
}

async fn check_malformed_bodies(ada: &TestUser, outcomes: &mut Outcomes) {
    let home = ada.organizations().await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let bodies = bodies();
    for (method, path_template) in OPERATIONS
        .iter()
        .filter(|(method, _)| *method != "GET" && *method != "DELETE")
    {
        // A form that is right by accident makes an account; a key is made by any body.
        let path = path_template.replace(
            "{}",
            if path_template.starts_with("/org") {
                &home
            } else {
                ""
            },
        );
        for (n, body) in bodies.iter().enumerate() {
            let too_long = body.len() > 64 * 1024;
            // What is not read to its end spoils the connection.
            let client = if too_long {
                ada.with_own_connections()
            } else {
                client_for(ada, path_template)
            };
            let request = client
                .request(method, &path)
                .header("content-type", "application/json");
            // A server that says no to a long body need not read it to its end.
            match request.body(body.clone()).try_send().await {
                Some(response) => record_outcome(
                    outcomes,
                    format!("{method} {path_template} with body {n}"),
                    &response,
                ),
                None => assert!(too_long, "{method} {path} with body {n} was not answered"),
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
            let request = client_for(ada, path_template)
                .request(method, &path)
                .header("content-type", kind);
            let response = request.body(r#"{"name":"x"}"#).await;
            record_outcome(
                outcomes,
                format!("{method} {path_template} as {kind}"),
                &response,
            );
        }
    }
}

async fn check_malformed_headers_and_queries(ada: &TestUser, outcomes: &mut Outcomes) {
    for (method, path_template) in OPERATIONS {
        let ada = &client_for(ada, path_template);
        let path = path_template.replace("{}", UNKNOWN_ID);
        for other in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
        ] {
            if other != *method {
                let response = ada.request(other, &path).await;
                if other != "OPTIONS" {
                    record_outcome(outcomes, format!("{other} {path_template}"), &response);
                }
                assert!(response.status() < 500, "{response}");
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
            let request = ada.request(method, &path).header(name, value);
            record_outcome(
                outcomes,
                format!("{method} {path_template} with {name}: {value}"),
                &request.await,
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
            let response = ada.with_authorization(wrong).request(method, &path).await;
            record_outcome(
                outcomes,
                format!(
                    "{method} {path_template} as {}",
                    &wrong[..wrong.len().min(9)]
                ),
                &response,
            );
        }
        for query in [
            "dry_run=maybe",
            "dry_run",
            "project_id=%ff&workspace_id=%00",
            "a=%&b==&&&=",
            "project_id=x&project_id=y",
        ] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let response = ada
                .request(method, &format!("{path}{separator}{query}"))
                .await;
            record_outcome(
                outcomes,
                format!("{method} {path_template} {query}"),
                &response,
            );
        }
    }
}

/// What no client library would send. Whatever comes back, it is no 5xx, and
/// the server goes on.
async fn check_malformed_bytes(app: &TestApp) {
    let address = app
        .anonymous()
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
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response).await;
        let status = response.get(9..10);
        assert_ne!(
            status,
            Some(&b"5"[..]),
            "{}",
            String::from_utf8_lossy(&response)
        );
    }
    app.anonymous().get("/readyz").await.expect_status(200);
}

/// All of it, to one database.
async fn outcomes(engine: Engine) -> Outcomes {
    let no_limits = |settings: &mut freehold_testkit::Settings| {
        (settings.limits.per_account, settings.limits.per_address) = (0, 0);
        settings.seeds = false;
    };
    let app = TestApp::start(engine, no_limits, freehold_app::Extensions::none()).await;
    let ada = app.sign_up("ada").await;
    let mut outcomes = Outcomes::new();
    check_malformed_ids(&ada, &mut outcomes).await;
    check_malformed_headers_and_queries(&ada, &mut outcomes).await;
    check_malformed_bodies(&ada, &mut outcomes).await;
    check_malformed_bytes(&app).await;
    ada.get("/profile").await.expect_status(200);
    app.finish().await;
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_requests_are_refused_alike_on_both_engines() {
    let (sqlite, postgres) = (
        outcomes(Engine::Sqlite).await,
        outcomes(Engine::Postgres).await,
    );
    assert!(sqlite.len() > 1500, "only {} requests", sqlite.len());
    for (label, response) in &sqlite {
        assert_eq!(Some(response), postgres.get(label), "{label}");
    }
    assert_eq!(sqlite.len(), postgres.len());
}
