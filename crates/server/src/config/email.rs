//! Settings for sending email: which of the two mailers is configured, and whether
//! its settings are complete.

use std::path::PathBuf;

use freehold_mail::{
    MailerSetupError, SendGridSettings, Sender, SmtpSecurity, SmtpSettings, TransportMailer,
    TransportSettings,
};
use secrecy::SecretString;

use super::{
    problem::Problem, reader::Reader, sections::seconds, settings::*, sources::SettingSource,
    values,
};

/// How emails are sent.
#[derive(Debug)]
pub struct EmailSettings {
    /// Sender of all emails.
    pub sender: Sender,
    /// Name of the product, as emails show it.
    pub product: String,
    /// The mail server, or SendGrid.
    pub transport: TransportSettings,
}

impl EmailSettings {
    /// Creates the mailer, without connecting.
    ///
    /// # Errors
    /// If a certificate file contains no certificate.
    pub fn open(&self) -> Result<TransportMailer, MailerSetupError> {
        TransportMailer::open(self.sender.clone(), &self.product, &self.transport)
    }
}

/// Reads a setting without a default. `show` returns the text for `config print`.
fn optional<T>(
    r: &mut Reader,
    setting: &'static Setting,
    read: impl Fn(&str) -> Option<T>,
    show: impl Fn(&T) -> Option<String>,
) -> Option<T> {
    let read = |text: &str| read(text).map(Some);
    r.read_or_derive(
        setting,
        read,
        || None,
        |value| value.as_ref().and_then(&show),
    )
}

fn text(r: &mut Reader, setting: &'static Setting) -> Option<String> {
    optional(
        r,
        setting,
        |text| Some(text.to_owned()),
        |value| Some(value.clone()),
    )
}

fn secret(r: &mut Reader, setting: &'static Setting) -> Option<SecretString> {
    optional(r, setting, |text| Some(text.into()), |_| None)
}

fn sender(r: &mut Reader, setting: &'static Setting) -> Option<Sender> {
    // `config print` shows the configured text, not a re-quoted form of it.
    let read = |text: &str| Some((text.parse().ok()?, text.to_owned()));
    optional(r, setting, read, |(_, text)| Some(text.clone())).map(|(sender, _)| sender)
}

pub(super) fn read_email(r: &mut Reader) -> Option<EmailSettings> {
    let product = r.read_or_default(&MAIL_PRODUCT_NAME, |text| Some(text.to_owned()));
    let smtp = read_smtp(r);
    let sendgrid = read_sendgrid(r);
    if smtp.is_some() && sendgrid.is_some() {
        r.add_notice(
            "a mail server and SendGrid are both configured: emails are sent through the mail server".to_owned(),
        );
    }
    let (sender, transport) = smtp.or(sendgrid)?;
    Some(EmailSettings {
        sender,
        product,
        transport,
    })
}

/// Whether all of `requires` are set. Reports the missing ones if one of
/// `triggers` is set.
fn is_complete(
    r: &mut Reader,
    triggers: &[&'static Setting],
    requires: &[(&'static Setting, bool)],
) -> bool {
    let missing: Vec<String> = requires
        .iter()
        .filter(|(_, is_set)| !is_set)
        .map(|(setting, _)| setting.key.to_owned())
        .collect();
    if missing.is_empty() {
        return true;
    }
    let set = triggers
        .iter()
        .find(|setting| r.source(setting) != SettingSource::Default);
    if let Some(set) = set {
        let name = r.source(set).name(set);
        r.add_problem(Problem::IncompleteMailer { name, missing });
    }
    false
}

fn read_smtp(r: &mut Reader) -> Option<(Sender, TransportSettings)> {
    let host = text(r, &SMTP_HOST);
    let port = optional(
        r,
        &SMTP_PORT,
        |text| text.parse::<u16>().ok().filter(|port| *port > 0),
        |port| Some(port.to_string()),
    );
    let username = text(r, &SMTP_USERNAME);
    let password = secret(r, &SMTP_PASSWORD);
    let sender = sender(r, &SMTP_FROM_EMAIL);
    let security = read_security(r);
    let timeout = seconds(r, &SMTP_TIMEOUT_SECONDS, 1);
    let certificates = read_certificates(r);

    let triggers = [&SMTP_HOST, &SMTP_USERNAME, &SMTP_PASSWORD];
    let requires = [
        (&SMTP_HOST, host.is_some()),
        (&SMTP_PORT, port.is_some()),
        (&SMTP_FROM_EMAIL, sender.is_some()),
    ];
    let credentials_are_complete = match (&username, &password) {
        (Some(_), None) => is_complete(r, &[&SMTP_USERNAME], &[(&SMTP_PASSWORD, false)]),
        (None, Some(_)) => is_complete(r, &[&SMTP_PASSWORD], &[(&SMTP_USERNAME, false)]),
        _ => true,
    };
    if !is_complete(r, &triggers, &requires) || !credentials_are_complete {
        return None;
    }
    let host = host?;
    if security == SmtpSecurity::None && username.is_some() && !is_local(&host) {
        r.add_notice(format!("smtp_password is sent to {host} unencrypted"));
    }
    let settings = SmtpSettings {
        host,
        port: port?,
        security,
        account: username.zip(password),
        timeout: Some(timeout),
        certificates,
    };
    Some((sender?, TransportSettings::Smtp(settings)))
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// `smtp_use_ssl` takes precedence over the default of `smtp_use_tls`; setting both
/// is refused.
fn read_security(r: &mut Reader) -> SmtpSecurity {
    let starttls = r.switch(&SMTP_USE_TLS);
    let tls = r.switch(&SMTP_USE_SSL);
    let set = r.source(&SMTP_USE_TLS) != SettingSource::Default;
    match (starttls, tls) {
        (true, true) if set => {
            let first = r.source(&SMTP_USE_TLS).name(&SMTP_USE_TLS);
            let second = r.source(&SMTP_USE_SSL).name(&SMTP_USE_SSL);
            r.add_problem(Problem::ConflictingTls { first, second });
            SmtpSecurity::Tls
        }
        (_, true) => SmtpSecurity::Tls,
        (true, false) => SmtpSecurity::StartTls,
        (false, false) => SmtpSecurity::None,
    }
}

fn read_certificates(r: &mut Reader) -> Option<PathBuf> {
    let file = optional(
        r,
        &SMTP_CERTIFICATES,
        |text| Some(PathBuf::from(text)),
        |file| Some(file.display().to_string()),
    )?;
    if let Err(error) = std::fs::File::open(&file) {
        let name = r.source(&SMTP_CERTIFICATES).name(&SMTP_CERTIFICATES);
        r.add_problem(Problem::Unreadable {
            name,
            file: file.clone(),
            reason: error.to_string(),
        });
    }
    Some(file)
}

fn read_sendgrid(r: &mut Reader) -> Option<(Sender, TransportSettings)> {
    let key = secret(r, &SENDGRID_API_KEY);
    let sender = sender(r, &SENDGRID_FROM_EMAIL);
    let url = r.read_or_default(&SENDGRID_URL, |text| {
        let url = values::web_url(text)?;
        Some(url.as_str().trim_end_matches('/').to_owned())
    });
    let requires = [
        (&SENDGRID_API_KEY, key.is_some()),
        (&SENDGRID_FROM_EMAIL, sender.is_some()),
    ];
    if !is_complete(r, &[&SENDGRID_API_KEY], &requires) {
        return None;
    }
    let settings = SendGridSettings { key: key?, url };
    Some((sender?, TransportSettings::SendGrid(settings)))
}
