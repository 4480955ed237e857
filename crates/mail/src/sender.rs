//! In whose name letters are sent.

use std::str::FromStr;

use lettre::message::Mailbox;

/// An address, perhaps with a name before it: `Acme <post@acme.test>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// A text that is no sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an e-mail address, or a name and an address as in `Acme <post@acme.test>`")]
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

    /// The address alone.
    #[must_use]
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }

    /// What stands behind the address's `@`.
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
        let plain: Sender = "post@acme.test".parse().unwrap();
        assert_eq!((plain.name(), plain.address()), (None, "post@acme.test"));
        let named: Sender = " Acme Post <post@acme.test> ".parse().unwrap();
        assert_eq!(named.name(), Some("Acme Post"));
        assert_eq!(named.domain(), "acme.test");
        for wrong in ["", "acme", "post@", "a\r\nBcc: b@c.test <post@acme.test>"] {
            assert_eq!(wrong.parse::<Sender>(), Err(NotASender), "{wrong:?}");
        }
    }
}
