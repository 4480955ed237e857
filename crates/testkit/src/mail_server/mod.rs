//! A real mail server that keeps what it is sent, for stories to read.
//!
//! The server is a program of its own (`mail/server.py`) around a package that
//! others wrote, so that what we send is understood by somebody else's rules.

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

/// How long a mail may take to arrive.
const PATIENCE: Duration = Duration::from_secs(20);
/// In whose name letters come.
const SENDER: &str = "Agenta <post@web.test>";
/// Who may send, where one has to say who one is.
const ACCOUNT: (&str, &str) = ("freehold", "Mail-Horse-1");

/// How a mail server wants to be spoken with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// In the clear, by anybody.
    Plain,
    /// TLS after `STARTTLS`, then a password.
    StartTls,
    /// TLS from the first byte, then a password.
    Tls,
}

/// A mail server of this story's own.
#[derive(Debug)]
pub struct Mailbox {
    child: Child,
    orders: Mutex<ChildStdin>,
    arrived: Arc<Arrived>,
    port: u16,
    line: Line,
    files: TempDir,
}

#[derive(Debug, Default)]
struct Arrived {
    mails: Mutex<Vec<Kept>>,
    noted: Mutex<usize>,
    news: Notify,
}

#[derive(Debug)]
struct Kept {
    mail: Mail,
    taken: bool,
}

/// A mail as it arrived, taken apart.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The `Subject`, decoded.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain part.
    pub text: String,
    /// The `From`.
    pub from: String,
    /// The `To`.
    pub to: String,
    /// The links of the plain part, in order.
    pub links: Vec<String>,
    /// All headers, decoded, in order.
    pub headers: Vec<(String, String)>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// Who said they sent it.
    pub login: Option<String>,
}

/// What the server says of a mail.
#[derive(Deserialize)]
struct Said {
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

impl Mailbox {
    /// One that takes everything.
    pub async fn start() -> Self {
        Self::start_with(Line::Plain).await
    }

    /// One that has to be spoken with in a certain way.
    pub async fn start_with(line: Line) -> Self {
        Self::start_at(line, 0).await
    }

    /// As [`Mailbox::start_with`], at a port that is known: a server that was
    /// away comes back there.
    pub async fn start_at(line: Line, port: u16) -> Self {
        let started = tokio::task::spawn_blocking(move || Self::spawn(line, port));
        started.await.expect("a mail server")
    }

    fn spawn(line: Line, port: u16) -> Self {
        let files = TempDir::new().expect("a temporary folder");
        let script = files.path().join("server.py");
        std::fs::write(&script, include_str!("../../mail/server.py")).expect("the program");
        let mut command = Command::new(python());
        command.arg(&script).args(["--port", &port.to_string()]);
        if line != Line::Plain {
            make_certificate(&files);
            command.arg(match line {
                Line::Tls => "--tls",
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
        let orders = child.stdin.take().expect("its input");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("a text");
        let port = first.strip_prefix("listening ").expect("a port");
        let arrived = Arc::new(Arrived::default());
        let keeping = arrived.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                keeping.take_in(&line);
            }
        });
        Self {
            port: port.parse().expect("a port"),
            child,
            orders: Mutex::new(orders),
            arrived,
            line,
            files,
        }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How to reach it.
    pub fn settings(&self) -> SmtpSettings {
        let (security, account) = match self.line {
            Line::Plain => (SmtpSecurity::None, None),
            Line::StartTls => (SmtpSecurity::StartTls, Some(ACCOUNT)),
            Line::Tls => (SmtpSecurity::Tls, Some(ACCOUNT)),
        };
        SmtpSettings {
            host: "localhost".to_owned(),
            port: self.port,
            security,
            account: account.map(|(user, password)| (user.to_owned(), password.into())),
            timeout: Some(Duration::from_secs(10)),
            certificates: (self.line != Line::Plain).then(|| self.certificate()),
        }
    }

    /// The certificate that it shows.
    pub fn certificate(&self) -> PathBuf {
        self.files.path().join("certificate.pem")
    }

    /// Who sends letters to it.
    pub fn mailer(&self) -> Arc<dyn Mailer> {
        Self::mailer_with(self.settings())
    }

    /// As [`Mailbox::mailer`], with settings that were changed.
    pub fn mailer_with(settings: SmtpSettings) -> Arc<dyn Mailer> {
        let sender: Sender = SENDER.parse().expect("a sender");
        let office = TransportMailer::open(sender, "Agenta", &TransportSettings::Smtp(settings));
        Arc::new(office.expect("a mailer"))
    }

    /// The next `times` mails to this address are answered with this line
    /// (`451 4.3.0 Later`) and not kept.
    pub async fn refuses(&self, to: &str, reply: &str, times: u32) {
        self.order(&json!({ "to": to, "reply": reply, "times": times }))
            .await;
    }

    /// Tells the server something, and waits until it has noted it. All mails
    /// that it took before are here then: it speaks of them in order.
    async fn order(&self, order: &Value) {
        let before = *self.arrived.noted();
        {
            let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(orders, "{order}").expect("a server that listens");
            orders.flush().expect("a server that listens");
        }
        let noted = self.until(|| (*self.arrived.noted() > before).then_some(()));
        noted.await.expect("a server that does as it is told");
    }

    /// The oldest mail to this address that was not asked for before. Waits
    /// until it arrives.
    pub async fn next_to(&self, address: &str) -> Mail {
        let arrived = self.until(|| self.arrived.take(address)).await;
        arrived.unwrap_or_else(|| panic!("no mail to {address}"))
    }

    /// No mail to this address arrives that was not asked for before.
    pub async fn none_to(&self, address: &str) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mail = self.arrived.take(address);
        assert!(mail.is_none(), "a mail to {address}: {mail:?}");
    }

    /// How many mails to this address have arrived in all.
    pub async fn count_to(&self, address: &str) -> usize {
        self.order(&json!({})).await;
        let mails = self.arrived.mails();
        mails.iter().filter(|kept| kept.mail.to == address).count()
    }

    /// How many mails have arrived in all.
    pub async fn count(&self) -> usize {
        self.order(&json!({})).await;
        self.arrived.mails().len()
    }

    async fn until<T>(&self, there: impl Fn() -> Option<T>) -> Option<T> {
        let waiting = async {
            loop {
                let news = self.arrived.news.notified();
                tokio::pin!(news);
                // From now on nothing is missed.
                news.as_mut().enable();
                if let Some(it) = there() {
                    return it;
                }
                news.await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.ok()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Arrived {
    fn mails(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn noted(&self) -> MutexGuard<'_, usize> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, address: &str) -> Option<Mail> {
        let mut mails = self.mails();
        let mut fresh = mails.iter_mut().filter(|kept| !kept.taken);
        let kept = fresh.find(|kept| kept.mail.to == address)?;
        kept.taken = true;
        Some(kept.mail.clone())
    }

    fn take_in(&self, line: &str) {
        if line == "noted" {
            *self.noted() += 1;
        } else {
            let said: Said = serde_json::from_str(line).expect("a mail");
            let mail = said.into();
            self.mails().push(Kept { mail, taken: false });
        }
        self.news.notify_waiters();
    }
}

impl From<Said> for Mail {
    fn from(said: Said) -> Self {
        let header = |name: &str| {
            let mut found = said.headers.iter().filter(|(it, _)| it == name);
            let value = found.next().map(|(_, value)| value.clone());
            assert!(found.next().is_none(), "several {name}: {:?}", said.headers);
            value.unwrap_or_default()
        };
        // What every mail has to be, whatever it says.
        assert_eq!(said.kind, "multipart/alternative");
        assert!(said.defects.is_empty(), "{:?}", said.defects);
        assert_eq!(said.envelope_from, "post@web.test");
        assert_eq!(said.envelope_to, [header("To")]);
        let words = said.text.split_whitespace();
        let links = words.filter(|word| word.starts_with("http"));
        Self {
            subject: header("Subject"),
            from: header("From"),
            to: header("To"),
            links: links.map(str::to_owned).collect(),
            html: said.html,
            text: said.text,
            headers: said.headers,
            encrypted: said.encrypted,
            login: said.login,
        }
    }
}

/// A certificate for `localhost` that nobody else believes.
fn make_certificate(files: &TempDir) {
    let at = |name: &str| files.path().join(name);
    std::fs::write(
        at("openssl.cnf"),
        "[req]\ndistinguished_name = name\nx509_extensions = more\nprompt = no\n\
         [name]\nCN = localhost\n\
         [more]\nbasicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost\n",
    )
    .expect("a file");
    let made = Command::new("openssl")
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
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{said}");
}
