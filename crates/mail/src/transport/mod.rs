//! The choice between the transports, each of which has a file.

mod sendgrid;
mod smtp;

use freehold_app::{DeliveryError, EmailMessage};

pub use sendgrid::SendGridSettings;
pub use smtp::{SmtpSecurity, SmtpSettings};

use crate::Sender;
use crate::render::RenderedEmail;
use sendgrid::SendGrid;
use smtp::Smtp;

/// The transport of emails and its settings.
#[derive(Clone, Debug)]
pub enum TransportSettings {
    /// A mail server.
    Smtp(SmtpSettings),
    /// SendGrid's API.
    SendGrid(SendGridSettings),
}

/// Why no email can be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerSetupError {
    /// A certificate file cannot be read or contains no certificate.
    #[error("{file}: {reason}")]
    Certificates {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS could not be set up.
    #[error("TLS for sending emails could not be set up: {0}")]
    Tls(String),
}

#[derive(Debug)]
pub(crate) enum Transport {
    Smtp(Box<Smtp>),
    SendGrid(SendGrid),
}

impl Transport {
    pub(crate) fn open(settings: &TransportSettings) -> Result<Self, MailerSetupError> {
        Ok(match settings {
            TransportSettings::Smtp(settings) => Self::Smtp(Box::new(Smtp::open(settings)?)),
            TransportSettings::SendGrid(settings) => {
                Self::SendGrid(SendGrid::open(settings.clone())?)
            }
        })
    }

    pub(crate) async fn send(
        &self,
        sender: &Sender,
        message: &EmailMessage,
        rendered: RenderedEmail,
    ) -> Result<(), DeliveryError> {
        match self {
            Self::Smtp(smtp) => smtp.send(sender, message, rendered).await,
            Self::SendGrid(api) => api.send(sender, message, &rendered).await,
        }
    }
}
