//! The sender of emails.

use std::str::FromStr;

use lettre::message::Mailbox;

/// An email address, optionally with a name: `Acme <mail@acme.test>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// A text is not a sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an email address, or a name and an address as in `Acme <mail@acme.test>`")]
pub struct NotASender;

impl FromStr for Sender {
    type Err = NotASender;

    fn from_str(text: &str) -> Result<Self, NotASender> {
        if text.chars().any(char::is_control) {
            return Err(NotASender);
        }
        text.trim().parse().map(Self).map_err(|_| NotASender)
    }
}

impl Sender {
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.0
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The address without the name.
    #[must_use]
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }

    /// The domain of the address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        let plain: Sender = "mail@acme.test".parse().unwrap();
        assert_eq!((plain.name(), plain.address()), (None, "mail@acme.test"));
        let named: Sender = " Acme Mail <mail@acme.test> ".parse().unwrap();
        assert_eq!(named.name(), Some("Acme Mail"));
        assert_eq!(named.domain(), "acme.test");
        for wrong in ["", "acme", "mail@", "a\r\nBcc: b@c.test <mail@acme.test>"] {
            assert_eq!(wrong.parse::<Sender>(), Err(NotASender), "{wrong:?}");
        }
    }
}
