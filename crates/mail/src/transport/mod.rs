//! How emails are sent: the choice between the transports, each of which has a file.

mod sendgrid;
mod smtp;

use freehold_app::{DeliveryError, EmailMessage};

pub use sendgrid::SendGridSettings;
pub use smtp::{SmtpSecurity, SmtpSettings};

use crate::Sender;
use crate::render::RenderedEmail;
use sendgrid::SendGrid;
use smtp::Smtp;

/// How letters leave.
#[derive(Clone, Debug)]
pub enum TransportSettings {
    /// Through a mail server.
    Smtp(SmtpSettings),
    /// Through SendGrid's API.
    SendGrid(SendGridSettings),
}

/// Why no letters can be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailerSetupError {
    /// A certificate file that cannot be read or holds none.
    #[error("{file}: {reason}")]
    Certificates {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The machine's TLS could not be set up.
    #[error("letters cannot be sent: {0}")]
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
        letter: &EmailMessage,
        written: RenderedEmail,
    ) -> Result<(), DeliveryError> {
        match self {
            Self::Smtp(smtp) => smtp.send(sender, letter, written).await,
            Self::SendGrid(api) => api.send(sender, letter, &written).await,
        }
    }
}
