//! What an email looks like, and how it is sent: over SMTP, or through
//! SendGrid's API.
//!
//! `render` makes a subject and two bodies of an email by the files in
//! `templates`; each transport has a file. Not here: which emails there are,
//! when one is sent, and what its links contain (`freehold-app`).

mod render;
mod sanitize;
mod sender;
mod transport;

use freehold_app::{EmailMessage, Mailer, SendFuture};

pub use render::{RenderedEmail, render};
pub use sender::{NotASender, Sender};
pub use transport::{
    MailerSetupError, SendGridSettings, SmtpSecurity, SmtpSettings, TransportSettings,
};

use transport::Transport;

/// Sends letters in the name of one sender.
#[derive(Debug)]
pub struct TransportMailer {
    sender: Sender,
    product: String,
    transport: Transport,
}

impl TransportMailer {
    /// Opens no connection yet. `product` is what letters call the place that
    /// people are invited to.
    ///
    /// # Errors
    /// When a certificate file cannot be read.
    pub fn open(
        sender: Sender,
        product: impl Into<String>,
        transport: &TransportSettings,
    ) -> Result<Self, MailerSetupError> {
        Ok(Self {
            sender,
            product: product.into(),
            transport: Transport::open(transport)?,
        })
    }
}

impl Mailer for TransportMailer {
    fn send(&self, letter: EmailMessage) -> SendFuture<'_> {
        Box::pin(async move {
            let rendered = render(&letter, &self.product);
            self.transport.send(&self.sender, &letter, rendered).await
        })
    }
}
