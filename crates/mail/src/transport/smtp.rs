//! Sends emails through a mail server.

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

/// The default time limit for sending one email.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// The maximum number of open connections.
const POOL_SIZE: u32 = 8;
/// How long an idle connection stays open.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The encryption of the connection to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// No encryption.
    None,
    /// The connection switches to TLS with STARTTLS. If the server does not offer
    /// it, nothing is sent.
    StartTls,
    /// TLS from the start of the connection.
    Tls,
}

/// The mail server and the connection to it.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// The host name, which must be in the certificate of the server.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The encryption of the connection.
    pub security: SmtpSecurity,
    /// User name and password; `None` to send without authentication.
    pub account: Option<(String, SecretString)>,
    /// The time limit for sending one email; `None` for 60 seconds.
    pub timeout: Option<Duration>,
    /// A file of certificates (PEM) that are trusted in addition to the system's.
    pub certificates: Option<PathBuf>,
}

/// A client of one mail server with a pool of connections.
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
        email: &EmailMessage,
        rendered: RenderedEmail,
    ) -> Result<(), DeliveryError> {
        let message = build_message(sender, email, rendered)?;
        // The library's own time limit only covers connecting.
        let sent = tokio::time::timeout(self.timeout, self.transport.send(message)).await;
        let Ok(sent) = sent else {
            let why = "the mail server did not respond in time";
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
        let certificate =
            Certificate::from_pem(&pem).map_err(|error| certificate_error(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder
        .build_rustls()
        .map_err(|error| MailerSetupError::Tls(error.to_string()))
}

/// The header that marks automatic emails, to prevent automatic replies.
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

fn build_message(
    sender: &Sender,
    email: &EmailMessage,
    rendered: RenderedEmail,
) -> Result<Message, DeliveryError> {
    let invalid = |why: String| DeliveryError::Permanent(format!("the email is not valid: {why}"));
    let to = Address::new(email.to.local_part(), email.to.domain())
        .map_err(|error| invalid(error.to_string()))?;
    let since_1970 = u64::try_from(email.at.micros()).unwrap_or_default();
    Message::builder()
        .from(sender.mailbox().clone())
        .to(Mailbox::new(None, to))
        .subject(rendered.subject)
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(since_1970))
        .message_id(Some(format!("<{}@{}>", email.id, sender.domain())))
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(
            rendered.text,
            rendered.html,
        ))
        .map_err(|error| invalid(error.to_string()))
}

/// Classifies an error. A permanent refusal of the email or its address is
/// permanent; one of our account is transient, because the operator can correct
/// the settings and the email is sent afterwards.
fn delivery_error(error: &Error) -> DeliveryError {
    let message = error.to_string();
    let is_about_our_account = |code: u16| matches!(code, 530 | 534 | 535 | 538);
    let refused = error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion && !is_about_our_account(code.into())
    });
    if refused {
        DeliveryError::Permanent(message)
    } else {
        DeliveryError::Transient(message)
    }
}
