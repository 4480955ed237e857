//! Email templates, and sending emails over SMTP or SendGrid's API.
//!
//! `render` renders the subject and both bodies of an email from the files in
//! `templates`; each transport has a file. Not here: which emails exist, when they
//! are sent, and their links (`freehold-app`).

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

/// Sends emails from one sender.
#[derive(Debug)]
pub struct TransportMailer {
    sender: Sender,
    product: String,
    transport: Transport,
}

impl TransportMailer {
    /// Creates a mailer without opening a connection. `product` is the name of this
    /// deployment in emails.
    ///
    /// # Errors
    /// If a certificate file cannot be read, or TLS cannot be set up.
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
    fn send(&self, message: EmailMessage) -> SendFuture<'_> {
        Box::pin(async move {
            let rendered = render(&message, &self.product);
            self.transport.send(&self.sender, &message, rendered).await
        })
    }
}
