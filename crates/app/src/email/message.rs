//! What is sent, and the port through which it leaves.
//!
//! Not here: what a letter looks like (`freehold-mail`), and when it is sent
//! (`delivery`).

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use freehold_domain::{Email, Timestamp};
use uuid::Uuid;

/// A letter that can be sent: all that it says, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailMessage {
    /// The same each time that it is tried, so that whoever receives it twice
    /// can tell.
    pub id: Uuid,
    /// Whose address it goes to.
    pub to: Email,
    /// When it is written.
    pub at: Timestamp,
    /// What it says.
    pub template: EmailTemplate,
}

/// What a letter says. Names are as people chose them: whoever shows them has
/// to escape them.
#[derive(Clone, PartialEq, Eq)]
pub enum EmailTemplate {
    /// Somebody is asked to join.
    Invitation {
        /// Who asks; nobody when an operator does.
        inviter: Option<String>,
        /// The organization's name, if it has one.
        organization: Option<String>,
        /// Where the invitation is accepted.
        link: String,
        /// Until when it is good.
        expires: Option<Timestamp>,
    },
    /// Somebody has joined.
    MemberJoined {
        /// Who.
        member: String,
        /// Their address.
        email: String,
        /// The organization's name, if it has one.
        organization: Option<String>,
        /// Where members are managed.
        link: String,
    },
    /// A forgotten password.
    PasswordReset {
        /// Where it is set anew.
        link: String,
        /// Until when that is good.
        expires: Timestamp,
    },
    /// An operator tries whether letters arrive.
    Test {
        /// The server that sends it.
        link: String,
    },
}

impl fmt::Debug for EmailTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Links open things.
        f.write_str(match self {
            Self::Invitation { .. } => "Invitation(..)",
            Self::MemberJoined { .. } => "MemberJoined(..)",
            Self::PasswordReset { .. } => "PasswordReset(..)",
            Self::Test { .. } => "Test(..)",
        })
    }
}

/// Why a letter did not leave. Its text is for operators and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It will not leave next time either: the address or the letter is refused.
    #[error("{0}")]
    Permanent(String),
    /// It may leave later.
    #[error("{0}")]
    Transient(String),
}

/// What [`Mailer::send`] answers.
pub type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;

/// Sends letters.
pub trait Mailer: fmt::Debug + Send + Sync {
    /// Sends one; ends when somebody else has taken it over.
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
