//! The tour of the README, as a reader pastes it: from an empty folder, against
//! the real program, on SQLite.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The output that the tour shows, in this order.
const EXPECTED_OUTPUT: &[&str] = &[
    // The list by API key: the personal organization and the second one.
    r#""name":"ada""#,
    r#""name":"Engines""#,
    r#""slug":"analytical-engines","name":"Analytical Engines""#,
    "invalid_new_owner",
    r#""owner_id":""#,
    "Analytical Engines",
    "owner    bob@example.com",
    r#""user_role":"editor""#,
    r#""would_change":["organization.deleted"]"#,
    r#"{"detail":"Organization deleted successfully"}"#,
    "last_organization",
    "checks passed",
    "/auth?token=",
    r#""status":"invited""#,
    r#""status":"invalid_email""#,
    r#""would_change":["invitation.issued"]"#,
    r#""role":"annotator"}"#,
    r#""state":"active","valid":true,"invalid_reason":null,"uses":1,"max_uses":5,"remaining":4"#,
    "gil@acme.test",
    "fho_",
    "admin key",
    "allowed_owner",
    "organizations",
];

#[test]
fn readme_tour_runs() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let script = bash_blocks(&readme, "## A tour");
    assert!(
        script.contains("sign_up ada@example.com"),
        "README.md has no tour"
    );

    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let tour = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .env("BASE", &server.address)
        .env("PATH", path_with_binary())
        .output()
        .unwrap();
    let stdout_text = String::from_utf8_lossy(&tour.stdout);
    let stderr = String::from_utf8_lossy(&tour.stderr);
    assert!(
        tour.status.success(),
        "{}\n{stdout_text}\n{stderr}",
        tour.status
    );

    let mut rest = &*stdout_text;
    for expected in EXPECTED_OUTPUT {
        let Some((_, after)) = rest.split_once(expected) else {
            panic!("{expected} is not seen, or not in its place:\n{stdout_text}\n{stderr}");
        };
        rest = after;
    }
    let repeated_ids: Vec<&str> = stdout_text
        .lines()
        .filter(|line| is_bare_id(line))
        .collect();
    assert!(
        repeated_ids.len() >= 2 && repeated_ids[0] == repeated_ids[1],
        "sent twice, created once: {repeated_ids:?}"
    );
}

fn is_bare_id(line: &str) -> bool {
    uuid::Uuid::try_parse(line).is_ok()
}

/// The text of all `bash` blocks below `heading`, up to the next of its level.
fn bash_blocks(text: &str, heading: &str) -> String {
    let section = text.lines().skip_while(|line| *line != heading).skip(1);
    let mut script = String::new();
    let mut inside = false;
    for line in section.take_while(|line| !line.starts_with("## ")) {
        match line {
            "```bash" => inside = true,
            "```" => inside = false,
            line if inside => {
                script += line;
                script.push('\n');
            }
            _ => {}
        }
    }
    script
}

/// `freehold` without any configuration, but for a port of its own.
struct Server {
    child: Child,
    address: String,
    /// Kept open, since the program writes more than its first line.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(binary_path())
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        let address = first
            .trim()
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        let server = Self {
            child,
            address,
            _stdout: stdout,
        };
        assert!(
            server.address.starts_with("http://"),
            "freehold said {first:?}"
        );
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The path of the program that `cargo test --workspace` built.
fn binary_path() -> PathBuf {
    let own = env::current_exe().unwrap();
    let built = own.ancestors().nth(2).unwrap().join("freehold");
    assert!(
        built.exists(),
        "{} is missing: cargo build -p freehold-server",
        built.display()
    );
    built
}

/// `PATH` with the program on it, before any other of this name.
fn path_with_binary() -> std::ffi::OsString {
    let own = binary_path().parent().unwrap().to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(own).chain(env::split_paths(&others))).unwrap()
}
