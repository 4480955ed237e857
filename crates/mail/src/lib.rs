//! What a letter looks like, and how it leaves: over SMTP, or through
//! SendGrid's API.
//!
//! `words` turns what a letter says into a subject and two bodies by the files
//! in `templates`; each transport has a file. Not here: which letters there
//! are, when one is sent, and what is in its links (`freehold-app`).

mod names;
mod sender;
mod sendgrid;
mod smtp;
mod words;

use freehold_app::{Letter, Mailer, Sent};

pub use sender::{NotASender, Sender};
pub use sendgrid::SendGridSettings;
pub use smtp::{Security, SmtpSettings};
pub use words::{Written, write};

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
pub enum NoMailer {
    /// A certificate file that cannot be read or holds none.
    #[error("{file}: {why}")]
    Certificates {
        /// The file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The machine's TLS could not be set up.
    #[error("letters cannot be sent: {0}")]
    Tls(String),
}

/// Sends letters in the name of one sender.
#[derive(Debug)]
pub struct PostOffice {
    sender: Sender,
    product: String,
    transport: Transport,
}

#[derive(Debug)]
enum Transport {
    Smtp(Box<Smtp>),
    SendGrid(SendGrid),
}

impl PostOffice {
    /// Opens no connection yet. `product` is what letters call the place that
    /// people are invited to.
    ///
    /// # Errors
    /// When a certificate file cannot be read.
    pub fn open(
        sender: Sender,
        product: impl Into<String>,
        transport: &TransportSettings,
    ) -> Result<Self, NoMailer> {
        let transport = match transport {
            TransportSettings::Smtp(settings) => Transport::Smtp(Box::new(Smtp::open(settings)?)),
            TransportSettings::SendGrid(settings) => {
                Transport::SendGrid(SendGrid::open(settings.clone())?)
            }
        };
        Ok(Self {
            sender,
            product: product.into(),
            transport,
        })
    }
}

impl Mailer for PostOffice {
    fn send(&self, letter: Letter) -> Sent<'_> {
        Box::pin(async move {
            let written = write(&letter, &self.product);
            match &self.transport {
                Transport::Smtp(smtp) => smtp.send(&self.sender, &letter, written).await,
                Transport::SendGrid(api) => api.send(&self.sender, &letter, &written).await,
            }
        })
    }
}
