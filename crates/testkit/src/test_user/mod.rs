//! People: somebody who signs up and does what people do.

mod invitations;
mod members;

use std::ops::Deref;

use serde_json::{Value, json};

use crate::client::{Client, Response};

pub use invitations::{InvitationLink, post_invitation};
pub use members::TestScope;

/// What everybody's password is, unless the story is about passwords.
pub const PASSWORD: &str = "Correct-Horse-7";

/// Somebody with an account and a session, whose tokens travel in headers.
/// Asks by themselves: a person is a [`Client`] with their access token.
#[derive(Clone, Debug)]
pub struct TestUser {
    client: Client,
    /// Their address.
    pub email: String,
    /// Their user id, which is also their id at sign-in.
    pub id: String,
    /// What opens things.
    pub access_token: String,
    /// What renews it.
    pub refresh_token: String,
}

impl Deref for TestUser {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// The form of the sign-in pages.
pub fn credentials_form(email: &str, password: &str) -> Value {
    json!({"formFields": [{"id": "email", "value": email}, {"id": "password", "value": password}]})
}

impl TestUser {
    /// Signs up by `email`, and has to succeed.
    pub async fn sign_up(client: &Client, email: &str) -> Self {
        let response = client
            .post("/auth/signup", &credentials_form(email, PASSWORD))
            .await;
        Self::from_response(client, response)
    }

    /// Signs in by `email`, and has to succeed.
    pub async fn sign_in(client: &Client, email: &str, password: &str) -> Self {
        let response = client
            .post("/auth/signin", &credentials_form(email, password))
            .await;
        Self::from_response(client, response)
    }

    /// Whoever this response has signed in.
    #[track_caller]
    pub fn from_response(client: &Client, response: Response) -> Self {
        let response = response.expect_status(200);
        assert!(
            response.json()["status"] == "OK",
            "not signed in: {response}"
        );
        let header = |name: &str| response.header(name).expect("a token").to_owned();
        let user = &response.json()["user"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let access_token = header("st-access-token");
        Self {
            client: client.with_authorization(format!("Bearer {access_token}")),
            email: text(&user["emails"][0]),
            id: text(&user["id"]),
            refresh_token: header("st-refresh-token"),
            access_token,
        }
    }

    /// The same person with what a refresh gave them.
    #[track_caller]
    pub fn with_tokens_from(&self, response: Response) -> Self {
        let response = response.expect_status(200);
        let header = |name: &str| response.header(name).expect("a token").to_owned();
        let access_token = header("st-access-token");
        Self {
            client: self
                .client
                .with_authorization(format!("Bearer {access_token}")),
            refresh_token: header("st-refresh-token"),
            access_token,
            ..self.clone()
        }
    }

    /// Sends their refresh token.
    pub async fn refresh_session(&self) -> Response {
        let client = self
            .client
            .with_authorization(format!("Bearer {}", self.refresh_token));
        client.post_empty("/auth/session/refresh").await
    }

    /// Founds an organization; its id.
    pub async fn create_organization(&self, name: &str) -> String {
        let response = self.post("/organizations/", &json!({"name": name})).await;
        response.expect_status(201).text_field("id")
    }

    /// The organizations they are in.
    pub async fn organizations(&self) -> Vec<Value> {
        list(self.get("/organizations/").await)
    }

    /// The id of the one organization they are in.
    pub async fn only_organization_id(&self) -> String {
        let all = self.organizations().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all[0]["id"].as_str().expect("an id").to_owned()
    }

    /// The projects they are in.
    pub async fn projects(&self) -> Vec<Value> {
        list(self.get("/projects").await)
    }

    /// Gives another name to an organization.
    pub async fn rename_organization(&self, organization: &str, name: &str) -> Response {
        let path = format!("/organizations/{organization}");
        self.patch(&path, &json!({"name": name})).await
    }

    /// Hands an organization over.
    pub async fn transfer_organization(&self, organization: &str, to: &str) -> Response {
        let path = format!("/organizations/{organization}/transfer/{to}");
        self.post_empty(&path).await
    }

    /// Deletes an organization, if the server lets them.
    pub async fn delete_organization(&self, organization: &str) -> Response {
        self.delete(&format!("/organizations/{organization}")).await
    }

    /// Makes a key for their default project.
    pub async fn create_api_key(&self) -> ApiKey {
        self.create_api_key_at("/keys").await
    }

    /// Makes a key for the project that the path names.
    pub async fn create_api_key_at(&self, path: &str) -> ApiKey {
        let text = self.post_empty(path).await.expect_status(200);
        ApiKey::from_text(&self.client, text.json().as_str().expect("a key"))
    }
}

#[track_caller]
fn list(response: Response) -> Vec<Value> {
    let response = response.expect_status(200);
    response
        .json()
        .as_array()
        .unwrap_or_else(|| panic!("no list: {response}"))
        .clone()
}

/// A key, and a program that asks with it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    client: Client,
    /// All of it, as it was shown once.
    pub text: String,
}

impl Deref for ApiKey {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl ApiKey {
    /// A program that has this key.
    pub fn from_text(client: &Client, text: &str) -> Self {
        Self {
            client: client.with_authorization(format!("ApiKey {text}")),
            text: text.to_owned(),
        }
    }

    /// What stands before the dot.
    pub fn prefix(&self) -> &str {
        self.text.split('.').next().expect("a prefix")
    }

    /// The ids of the organizations that its owner is in.
    pub async fn organizations(&self) -> Vec<String> {
        let all = list(self.get("/organizations/").await);
        all.iter()
            .map(|it| it["id"].as_str().expect("an id").to_owned())
            .collect()
    }
}
