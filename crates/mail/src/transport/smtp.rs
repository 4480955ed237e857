//! Letters through a mail server.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use freehold_app::{DeliveryError, EmailMessage};
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error, response::Severity};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::MailerSetupError;
use crate::Sender;
use crate::render::RenderedEmail;

/// How long it may take to hand a letter over when nobody says.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections that are kept for the next letter, and how long.
const POOL_SIZE: u32 = 8;
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// How the line to the server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// Not at all.
    None,
    /// Begins in the clear and turns to TLS before anything is said; nothing
    /// is sent when the server does not.
    StartTls,
    /// TLS from the beginning.
    Tls,
}

/// Which server, and how to speak with it.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// Its name, which its certificate has to bear.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// How the line is protected.
    pub security: SmtpSecurity,
    /// Who we are there, with the password; nobody where none is asked for.
    pub account: Option<(String, SecretString)>,
    /// How long it may take to hand a letter over.
    pub timeout: Option<Duration>,
    /// Certificates (PEM) that are believed beside those of this machine.
    pub certificates: Option<PathBuf>,
}

/// A mail server. Connections are made when needed and kept for a while.
pub(crate) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: Duration,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp")
    }
}

impl Smtp {
    pub(crate) fn open(settings: &SmtpSettings) -> Result<Self, MailerSetupError> {
        let tls = match settings.security {
            SmtpSecurity::None => Tls::None,
            SmtpSecurity::StartTls => Tls::Required(tls_parameters(settings)?),
            SmtpSecurity::Tls => Tls::Wrapper(tls_parameters(settings)?),
        };
        let pool = PoolConfig::new()
            .max_size(POOL_SIZE)
            .idle_timeout(POOL_IDLE_TIMEOUT);
        let timeout = settings.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .port(settings.port)
            .tls(tls)
            .timeout(Some(timeout))
            .pool_config(pool);
        if let Some((user, password)) = &settings.account {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            timeout,
        })
    }

    pub(crate) async fn send(
        &self,
        sender: &Sender,
        letter: &EmailMessage,
        written: RenderedEmail,
    ) -> Result<(), DeliveryError> {
        let message = message(sender, letter, written)?;
        // The library's own time limit ends once there is a connection.
        let sent = tokio::time::timeout(self.timeout, self.transport.send(message)).await;
        let Ok(sent) = sent else {
            let why = "the mail server took too long";
            return Err(DeliveryError::Transient(why.to_owned()));
        };
        sent.map(drop).map_err(|error| delivery_error(&error))
    }
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, MailerSetupError> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(file) = &settings.certificates {
        let certificate_error = |reason: String| MailerSetupError::Certificates {
            file: file.display().to_string(),
            reason,
        };
        let pem = std::fs::read(file).map_err(|error| certificate_error(error.to_string()))?;
        let found =
            Certificate::from_pem(&pem).map_err(|error| certificate_error(error.to_string()))?;
        builder = builder.add_root_certificate(found);
    }
    builder
        .build_rustls()
        .map_err(|error| MailerSetupError::Tls(error.to_string()))
}

/// Says that a program wrote it, so that no out-of-office answers come back.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn message(
    sender: &Sender,
    letter: &EmailMessage,
    written: RenderedEmail,
) -> Result<Message, DeliveryError> {
    let refused = |why: String| DeliveryError::Permanent(format!("it cannot be written: {why}"));
    let to = Address::new(letter.to.local_part(), letter.to.domain())
        .map_err(|error| refused(error.to_string()))?;
    let since_1970 = u64::try_from(letter.at.micros()).unwrap_or_default();
    Message::builder()
        .from(sender.mailbox().clone())
        .to(Mailbox::new(None, to))
        .subject(written.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(since_1970))
        .message_id(Some(format!("<{}@{}>", letter.id, sender.domain())))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(
            written.text,
            written.html,
        ))
        .map_err(|error| refused(error.to_string()))
}

/// Whether it may leave later. What a server says about *us* is for an operator
/// to mend, and letters wait for that; what it says about the letter or its
/// address is final.
fn delivery_error(error: &Error) -> DeliveryError {
    let said = error.to_string();
    let is_about_our_account = |code: u16| matches!(code, 530 | 534 | 535 | 538);
    let refused = error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion && !is_about_our_account(code.into())
    });
    if refused {
        DeliveryError::Permanent(said)
    } else {
        DeliveryError::Transient(said)
    }
}
