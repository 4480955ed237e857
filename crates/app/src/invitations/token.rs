//! The secret token of an invitation and the link that contains it.
//!
//! The token is derived from a key of the server, the invitation and its
//! generation. The node that sends the email, perhaps later and on another
//! host, derives it again: the database stores only its hash, and the outbox
//! nothing of it.
//!
//! Not here: what an invitation is, and who may use it.

use aws_lc_rs::hmac;
use freehold_domain::{Id, InvitationToken, Organization, Project, Workspace};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use uuid::Uuid;

use crate::command::Outcome;
use crate::runtime::App;

/// Part of the signed text, so that the key cannot be used for another purpose.
const HMAC_CONTEXT: &[u8] = b"invitation";

/// Derives the tokens of invitations.
pub(crate) struct InvitationTokens(hmac::Key);

impl InvitationTokens {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The token of one generation of an invitation; always the same.
    pub(crate) fn of(&self, invitation: Uuid, generation: i64) -> InvitationToken {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(HMAC_CONTEXT);
        context.update(invitation.as_bytes());
        context.update(&generation.to_be_bytes());
        let tag = context.sign();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&tag.as_ref()[..16]);
        InvitationToken::from_bytes(bytes)
    }
}

impl App {
    /// The deriver of invitation tokens. The first call reads its key from the
    /// database, so call it before a transaction is begun.
    pub(crate) async fn invitation_tokens(&self) -> Outcome<&InvitationTokens> {
        self.server_keys().invitation_tokens().await
    }

    /// The token of one generation of an invitation.
    pub(crate) async fn invitation_token(
        &self,
        invitation: Uuid,
        generation: i64,
    ) -> Outcome<InvitationToken> {
        Ok(self.invitation_tokens().await?.of(invitation, generation))
    }
}

/// The data in an invitation link.
#[derive(Clone, Debug)]
pub(crate) struct InvitationLinkData<'a> {
    /// The invitee's address.
    pub(crate) email: &'a str,
    pub(crate) organization: Id<Organization>,
    pub(crate) workspace: Id<Workspace>,
    /// The workspace's default project.
    pub(crate) project: Option<Id<Project>>,
}

/// The link of an invitation, with the reference API's query parameters
/// (docs/COMPATIBILITY.md#invitations). Opening it changes nothing.
pub(crate) fn invitation_link(
    public_url: &str,
    token: &InvitationToken,
    data: &InvitationLinkData<'_>,
) -> SecretString {
    let InvitationLinkData {
        email,
        organization,
        workspace,
        project,
    } = data;
    let project = project.map_or(String::new(), |project| project.to_string());
    let link = format!(
        "{public_url}/auth?token={}&email={}&organization_id={organization}&workspace_id={workspace}&project_id={project}",
        token.expose_secret(),
        utf8_percent_encode(email, RESERVED),
    );
    link.into()
}

/// Every character except ASCII letters, digits and `-._~` (the unreserved
/// characters of RFC 3986).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn tokens_differ_by_invitation_and_generation() {
        let tokens = InvitationTokens::new(&[7; 32]);
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let text = tokens.of(one, 1).expose_secret();
        assert_eq!(text.len(), 22);
        assert_eq!(tokens.of(one, 1).expose_secret(), text);
        assert_ne!(tokens.of(one, 2).expose_secret(), text);
        assert_ne!(tokens.of(other, 1).expose_secret(), text);
        assert_ne!(
            InvitationTokens::new(&[8; 32]).of(one, 1).expose_secret(),
            text
        );
    }

    #[test]
    fn link_values_are_percent_encoded() {
        let token = InvitationToken::from_bytes([0; 16]);
        let data = InvitationLinkData {
            email: "o'neil+a&b=c@bücher.test",
            organization: Id::new(Uuid::from_u128(1)),
            workspace: Id::new(Uuid::from_u128(2)),
            project: None,
        };
        assert_eq!(
            invitation_link("https://web.test", &token, &data).expose_secret(),
            "https://web.test/auth?token=AAAAAAAAAAAAAAAAAAAAAA\
             &email=o%27neil%2Ba%26b%3Dc%40b%C3%BCcher.test\
             &organization_id=00000000-0000-0000-0000-000000000001\
             &workspace_id=00000000-0000-0000-0000-000000000002&project_id="
        );
    }
}
