//! A real mail server that stores the emails it receives, for scenarios to read.
//!
//! The server is a program of its own (`mail/server.py`) on a third-party
//! package, so that an independent implementation parses the emails.

mod python;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use freehold_app::Mailer;
use freehold_mail::{Sender, SmtpSecurity, SmtpSettings, TransportMailer, TransportSettings};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

use python::python;

/// How long an email may take to arrive.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(20);
/// The sender of all emails.
const SENDER: &str = "Agenta <post@web.test>";
/// The user and password of a server that requires them.
const ACCOUNT: (&str, &str) = ("freehold", "Mail-Horse-1");

/// How clients connect to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionSecurity {
    /// Without TLS and without a password.
    Plain,
    /// TLS after `STARTTLS`, then a password.
    StartTls,
    /// TLS from the first byte, then a password.
    Tls,
}

/// A mail server of one scenario.
#[derive(Debug)]
pub struct MailServer {
    child: Child,
    commands: Mutex<ChildStdin>,
    received: Arc<ReceivedEmails>,
    port: u16,
    line: ConnectionSecurity,
    files: TempDir,
}

#[derive(Debug, Default)]
struct ReceivedEmails {
    mails: Mutex<Vec<StoredEmail>>,
    acknowledged: Mutex<usize>,
    changed: Notify,
}

#[derive(Debug)]
struct StoredEmail {
    mail: ReceivedEmail,
    returned: bool,
}

/// A received email.
#[derive(Clone, Debug)]
pub struct ReceivedEmail {
    /// The `Subject`, decoded.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain text part.
    pub text: String,
    /// The `From` header.
    pub from: String,
    /// The `To` header.
    pub to: String,
    /// The links of the plain text part, in order.
    pub links: Vec<String>,
    /// All headers, decoded, in order.
    pub headers: Vec<(String, String)>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// The user name that the client signed in with.
    pub login: Option<String>,
}

/// The server's report of an email.
#[derive(Deserialize)]
struct ReportedEmail {
    envelope_from: String,
    envelope_to: Vec<String>,
    encrypted: bool,
    login: Option<String>,
    headers: Vec<(String, String)>,
    kind: String,
    defects: Vec<String>,
    text: String,
    html: String,
}

impl MailServer {
    /// Starts a server that accepts any client.
    pub async fn start() -> Self {
        Self::start_with(ConnectionSecurity::Plain).await
    }

    /// Starts a server with this connection security.
    pub async fn start_with(line: ConnectionSecurity) -> Self {
        Self::start_at(line, 0).await
    }

    /// As [`MailServer::start_with`], at a fixed port: to restart a server that
    /// was stopped.
    pub async fn start_at(line: ConnectionSecurity, port: u16) -> Self {
        let started = tokio::task::spawn_blocking(move || Self::spawn(line, port));
        started.await.expect("a mail server")
    }

    fn spawn(line: ConnectionSecurity, port: u16) -> Self {
        let files = TempDir::new().expect("a temporary folder");
        let script = files.path().join("server.py");
        std::fs::write(&script, include_str!("../../mail/server.py")).expect("the program");
        let mut command = Command::new(python());
        command.arg(&script).args(["--port", &port.to_string()]);
        if line != ConnectionSecurity::Plain {
            create_certificate(&files);
            command.arg(match line {
                ConnectionSecurity::Tls => "--tls",
                _ => "--starttls",
            });
            command
                .arg("--certificate")
                .arg(files.path().join("certificate.pem"));
            command.arg("--key").arg(files.path().join("key.pem"));
            command.args(["--user", ACCOUNT.0, "--password", ACCOUNT.1]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python");
        let commands = child.stdin.take().expect("its input");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("a text");
        let port = first.strip_prefix("listening ").expect("a port");
        let received = Arc::new(ReceivedEmails::default());
        let for_reader = received.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                for_reader.handle_line(&line);
            }
        });
        Self {
            port: port.parse().expect("a port"),
            child,
            commands: Mutex::new(commands),
            received,
            line,
            files,
        }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The settings of a client of this server.
    pub fn settings(&self) -> SmtpSettings {
        let (security, account) = match self.line {
            ConnectionSecurity::Plain => (SmtpSecurity::None, None),
            ConnectionSecurity::StartTls => (SmtpSecurity::StartTls, Some(ACCOUNT)),
            ConnectionSecurity::Tls => (SmtpSecurity::Tls, Some(ACCOUNT)),
        };
        SmtpSettings {
            host: "localhost".to_owned(),
            port: self.port,
            security,
            account: account.map(|(user, password)| (user.to_owned(), password.into())),
            timeout: Some(Duration::from_secs(10)),
            certificates: (self.line != ConnectionSecurity::Plain).then(|| self.certificate()),
        }
    }

    /// The file of the server's certificate.
    pub fn certificate(&self) -> PathBuf {
        self.files.path().join("certificate.pem")
    }

    /// A mailer that sends emails to this server.
    pub fn mailer(&self) -> Arc<dyn Mailer> {
        Self::mailer_from(self.settings())
    }

    /// As [`MailServer::mailer`], with other settings.
    pub fn mailer_from(settings: SmtpSettings) -> Arc<dyn Mailer> {
        let sender: Sender = SENDER.parse().expect("a sender");
        let mailer = TransportMailer::open(sender, "Agenta", &TransportSettings::Smtp(settings));
        Arc::new(mailer.expect("a mailer"))
    }

    /// Refuses the next `times` emails to this address with this line
    /// (`451 4.3.0 Later`).
    pub async fn refuse_next(&self, to: &str, reply: &str, times: u32) {
        self.send_command(&json!({ "to": to, "reply": reply, "times": times }))
            .await;
    }

    /// Sends a command and waits until the server has confirmed it. All emails
    /// that it received before have been read then, because it reports in order.
    async fn send_command(&self, command: &Value) {
        let before = *self.received.acknowledged();
        {
            let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(commands, "{command}").expect("a server that listens");
            commands.flush().expect("a server that listens");
        }
        let acknowledged =
            self.wait_until(|| (*self.received.acknowledged() > before).then_some(()));
        acknowledged
            .await
            .expect("a server that confirms the command");
    }

    /// Returns the oldest email to this address that was not returned before.
    /// Waits until it arrives.
    pub async fn next_to(&self, address: &str) -> ReceivedEmail {
        let received = self.wait_until(|| self.received.take_next(address)).await;
        received.unwrap_or_else(|| panic!("no mail to {address}"))
    }

    /// Panics if within a second there is an email to this address that was not
    /// returned before.
    pub async fn expect_none_to(&self, address: &str) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mail = self.received.take_next(address);
        assert!(mail.is_none(), "a mail to {address}: {mail:?}");
    }

    /// The number of all emails to this address.
    pub async fn count_to(&self, address: &str) -> usize {
        self.send_command(&json!({})).await;
        let mails = self.received.mails();
        mails
            .iter()
            .filter(|stored| stored.mail.to == address)
            .count()
    }

    /// The number of all emails.
    pub async fn count(&self) -> usize {
        self.send_command(&json!({})).await;
        self.received.mails().len()
    }

    async fn wait_until<T>(&self, ready: impl Fn() -> Option<T>) -> Option<T> {
        let waiting = async {
            loop {
                let changed = self.received.changed.notified();
                tokio::pin!(changed);
                // From now on no change is missed.
                changed.as_mut().enable();
                if let Some(value) = ready() {
                    return value;
                }
                changed.await;
            }
        };
        tokio::time::timeout(ARRIVAL_TIMEOUT, waiting).await.ok()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ReceivedEmails {
    fn mails(&self) -> MutexGuard<'_, Vec<StoredEmail>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn acknowledged(&self) -> MutexGuard<'_, usize> {
        self.acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn take_next(&self, address: &str) -> Option<ReceivedEmail> {
        let mut mails = self.mails();
        let mut unread = mails.iter_mut().filter(|stored| !stored.returned);
        let stored = unread.find(|stored| stored.mail.to == address)?;
        stored.returned = true;
        Some(stored.mail.clone())
    }

    fn handle_line(&self, line: &str) {
        if line == "noted" {
            *self.acknowledged() += 1;
        } else {
            let reported: ReportedEmail = serde_json::from_str(line).expect("a mail");
            let mail = reported.into();
            self.mails().push(StoredEmail {
                mail,
                returned: false,
            });
        }
        self.changed.notify_waiters();
    }
}

impl From<ReportedEmail> for ReceivedEmail {
    fn from(reported: ReportedEmail) -> Self {
        let header = |name: &str| {
            let mut matching = reported.headers.iter().filter(|(key, _)| key == name);
            let value = matching.next().map(|(_, value)| value.clone());
            assert!(
                matching.next().is_none(),
                "several {name}: {:?}",
                reported.headers
            );
            value.unwrap_or_default()
        };
        // True of every email.
        assert_eq!(reported.kind, "multipart/alternative");
        assert!(reported.defects.is_empty(), "{:?}", reported.defects);
        assert_eq!(reported.envelope_from, "post@web.test");
        assert_eq!(reported.envelope_to, [header("To")]);
        let words = reported.text.split_whitespace();
        let links = words.filter(|word| word.starts_with("http"));
        Self {
            subject: header("Subject"),
            from: header("From"),
            to: header("To"),
            links: links.map(str::to_owned).collect(),
            html: reported.html,
            text: reported.text,
            headers: reported.headers,
            encrypted: reported.encrypted,
            login: reported.login,
        }
    }
}

/// Creates a self-signed certificate for `localhost`.
fn create_certificate(files: &TempDir) {
    let at = |name: &str| files.path().join(name);
    std::fs::write(
        at("openssl.cnf"),
        "[req]\ndistinguished_name = name\nx509_extensions = more\nprompt = no\n\
         [name]\nCN = localhost\n\
         [more]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost\n",
    )
    .expect("a file");
    let output = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2",
        ])
        .arg("-config")
        .arg(at("openssl.cnf"))
        .arg("-keyout")
        .arg(at("key.pem"))
        .arg("-out")
        .arg(at("certificate.pem"))
        .output()
        .expect("openssl");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}
