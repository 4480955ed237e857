//! Requests about invitations.

use serde_json::{Value, json};

use super::TestUser;
use super::members::TestScope;
use crate::client::{Client, Response};

/// The link of an invitation, parsed as the page behind it does.
#[derive(Clone, Debug)]
pub struct InvitationLink {
    /// The whole link.
    pub url: String,
    /// The invitation's token.
    pub token: String,
    /// The invitee's address.
    pub email: String,
    /// The scope of the invitation.
    pub scope: TestScope,
}

impl InvitationLink {
    /// Parses the link of a response.
    #[track_caller]
    pub fn from_response(response: &Response) -> Self {
        Self::parse(&response.text_field("url"))
    }

    /// Parses a link.
    #[track_caller]
    pub fn parse(url: &str) -> Self {
        let (_, query) = url.split_once("/auth?").expect("a link to /auth");
        let parameter = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let pair = pairs.find(|(key, _)| *key == name);
            let (_, value) = pair.unwrap_or_else(|| panic!("no {name} in {url}"));
            percent_decoded(value)
        };
        Self {
            url: url.to_owned(),
            token: parameter("token"),
            email: parameter("email"),
            scope: TestScope {
                organization: parameter("organization_id"),
                workspace: parameter("workspace_id"),
                project: parameter("project_id"),
            },
        }
    }

    /// This link with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        let token = token.to_owned();
        Self {
            token,
            ..self.clone()
        }
    }

    /// This link with another address.
    #[must_use]
    pub fn with_email(&self, email: &str) -> Self {
        let email = email.to_owned();
        Self {
            email,
            ..self.clone()
        }
    }
}

fn percent_decoded(value: &str) -> String {
    let mut bytes = value.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        let digits = [bytes.clone().next(), bytes.clone().nth(1)];
        match (byte, digits) {
            (b'%', [Some(high), Some(low)]) => {
                let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit");
                out.push(u8::try_from(16 * digit(high) + digit(low)).expect("a byte"));
                bytes.nth(1);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).expect("a text")
}

/// The path prefix of the reference API's three endpoints.
fn invitations_path(scope: &TestScope) -> String {
    let TestScope {
        organization,
        workspace,
        ..
    } = scope;
    format!("/organizations/{organization}/workspaces/{workspace}/invite")
}

/// Posts an invitation with the client's credential.
pub async fn post_invitation(who: &Client, scope: &TestScope, body: &Value) -> Response {
    who.post(&invitations_path(scope), body).await
}

impl TestUser {
    /// Invites an address with one role.
    pub async fn invite(&self, scope: &TestScope, email: &str, role: &str) -> Response {
        post_invitation(self, scope, &json!([{"email": email, "roles": [role]}])).await
    }

    /// As [`TestUser::invite`]; has to succeed. Returns the link.
    pub async fn invite_by_link(
        &self,
        scope: &TestScope,
        email: &str,
        role: &str,
    ) -> InvitationLink {
        InvitationLink::from_response(&self.invite(scope, email, role).await.expect_status(200))
    }

    /// Resends the invitation of an address.
    pub async fn resend_invitation(&self, scope: &TestScope, email: &str) -> Response {
        let path = format!("{}/resend", invitations_path(scope));
        self.post(&path, &json!({"email": email})).await
    }

    /// Accepts the invitation of a link.
    pub async fn accept_invitation(&self, link: &InvitationLink) -> Response {
        let InvitationLink {
            token,
            email,
            scope,
            ..
        } = link;
        let path = format!(
            "{}/accept?project_id={}",
            invitations_path(scope),
            scope.project
        );
        self.post(&path, &json!({"token": token, "email": email}))
            .await
    }

    /// Lists the invitations of an organization, newest first.
    pub async fn list_invitations(&self, organization: &str, query: &str) -> Vec<Value> {
        let path = format!("/organizations/{organization}/invitations{query}");
        items(&self.get(&path).await)
    }

    /// The id of the newest invitation for an address.
    pub async fn newest_invitation_id(&self, organization: &str, email: &str) -> String {
        let all = self.list_invitations(organization, "").await;
        let newest = all.iter().find(|invitation| invitation["email"] == email);
        let newest = newest.unwrap_or_else(|| panic!("{email} is not among {all:?}"));
        newest["id"].as_str().expect("an id").to_owned()
    }

    /// The invitations that the user has received.
    pub async fn inbox(&self) -> Vec<Value> {
        items(&self.get("/invitations").await)
    }
}

#[track_caller]
fn items(response: &Response) -> Vec<Value> {
    let listed = response.clone().expect_status(200);
    let items = listed.json()["invitations"].as_array();
    items.expect("a list").clone()
}
