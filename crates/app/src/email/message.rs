//! Messages, and the port through which they are sent.
//!
//! Not here: the text and layout of an email (`freehold-mail`), and when it is
//! sent (`delivery`).

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use freehold_domain::{Email, Timestamp};
use uuid::Uuid;

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailMessage {
    /// The same for every attempt, so that a recipient can recognize a
    /// duplicate.
    pub id: Uuid,
    /// The recipient's address.
    pub to: Email,
    /// When it was composed.
    pub at: Timestamp,
    /// The content.
    pub template: EmailTemplate,
}

/// The content of a message. Names are chosen by users and have to be escaped.
#[derive(Clone, PartialEq, Eq)]
pub enum EmailTemplate {
    /// A user or an address is invited to join.
    Invitation {
        /// The name or address of the issuer, if there is one.
        inviter: Option<String>,
        /// The organization's name, if it has one.
        organization: Option<String>,
        /// The link that accepts the invitation.
        link: String,
        /// When the invitation expires.
        expires: Option<Timestamp>,
    },
    /// A user has joined a workspace.
    MemberJoined {
        /// The name of the new member.
        member: String,
        /// The address of the new member.
        email: String,
        /// The organization's name, if it has one.
        organization: Option<String>,
        /// The page for managing members.
        link: String,
    },
    /// A user has forgotten their password.
    PasswordReset {
        /// The link that sets a new password.
        link: String,
        /// When the link expires.
        expires: Timestamp,
    },
    /// An operator tests whether emails arrive.
    Test {
        /// The URL of the server that sends it.
        link: String,
    },
}

impl fmt::Debug for EmailTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The links contain tokens.
        f.write_str(match self {
            Self::Invitation { .. } => "Invitation(..)",
            Self::MemberJoined { .. } => "MemberJoined(..)",
            Self::PasswordReset { .. } => "PasswordReset(..)",
            Self::Test { .. } => "Test(..)",
        })
    }
}

/// Why a message was not sent. The text is for operators and contains no
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The address or the message is refused for good; no retry.
    #[error("{0}")]
    Permanent(String),
    /// A later attempt can succeed.
    #[error("{0}")]
    Transient(String),
}

/// The future that [`Mailer::send`] returns.
pub type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;

/// A sender of email messages.
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Sends a message; resolves when a mail server has accepted it.
    fn send(&self, message: EmailMessage) -> SendFuture<'_>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_links() {
        let template = EmailTemplate::Test {
            link: "https://secret".to_owned(),
        };
        assert!(!format!("{template:?}").contains("secret"));
    }
}
