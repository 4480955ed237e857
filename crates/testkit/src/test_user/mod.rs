//! Users of the API, and their requests.

mod invitations;
mod members;

use std::ops::Deref;

use serde_json::{Value, json};

use crate::client::{Client, Response};

pub use invitations::{InvitationLink, post_invitation};
pub use members::TestScope;

/// The password of every user, unless the scenario is about passwords.
pub const PASSWORD: &str = "Correct-Horse-7";

/// A user with an account and a session, whose tokens are sent in headers.
/// Dereferences to a [`Client`] with the user's access token.
#[derive(Clone, Debug)]
pub struct TestUser {
    client: Client,
    /// The user's email address.
    pub email: String,
    /// The user's id, which is also the id at sign-in.
    pub id: String,
    /// The session's access token.
    pub access_token: String,
    /// The session's refresh token.
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
    /// Signs up with `email`; has to succeed.
    pub async fn sign_up(client: &Client, email: &str) -> Self {
        let response = client
            .post("/auth/signup", &credentials_form(email, PASSWORD))
            .await;
        Self::from_response(client, response)
    }

    /// Signs in with `email`; has to succeed.
    pub async fn sign_in(client: &Client, email: &str, password: &str) -> Self {
        let response = client
            .post("/auth/signin", &credentials_form(email, password))
            .await;
        Self::from_response(client, response)
    }

    /// The user that this response has signed in.
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

    /// This user with the tokens of a refresh.
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

    /// Refreshes the session.
    pub async fn refresh_session(&self) -> Response {
        let client = self
            .client
            .with_authorization(format!("Bearer {}", self.refresh_token));
        client.post_empty("/auth/session/refresh").await
    }

    /// Creates an organization; has to succeed. Returns its id.
    pub async fn create_organization(&self, name: &str) -> String {
        let response = self.post("/organizations/", &json!({"name": name})).await;
        response.expect_status(201).text_field("id")
    }

    /// The user's organizations.
    pub async fn organizations(&self) -> Vec<Value> {
        list(self.get("/organizations/").await)
    }

    /// The id of the user's only organization.
    pub async fn only_organization_id(&self) -> String {
        let all = self.organizations().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all[0]["id"].as_str().expect("an id").to_owned()
    }

    /// The user's projects.
    pub async fn projects(&self) -> Vec<Value> {
        list(self.get("/projects").await)
    }

    /// Renames an organization.
    pub async fn rename_organization(&self, organization: &str, name: &str) -> Response {
        let path = format!("/organizations/{organization}");
        self.patch(&path, &json!({"name": name})).await
    }

    /// Transfers the ownership of an organization.
    pub async fn transfer_organization(&self, organization: &str, to: &str) -> Response {
        let path = format!("/organizations/{organization}/transfer/{to}");
        self.post_empty(&path).await
    }

    /// Deletes an organization.
    pub async fn delete_organization(&self, organization: &str) -> Response {
        self.delete(&format!("/organizations/{organization}")).await
    }

    /// Creates an API key for the user's default project.
    pub async fn create_api_key(&self) -> ApiKey {
        self.create_api_key_at("/keys").await
    }

    /// Creates an API key for the project that the path names.
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
        .unwrap_or_else(|| panic!("not a list: {response}"))
        .clone()
}

/// An API key. Dereferences to a [`Client`] with it.
#[derive(Clone, Debug)]
pub struct ApiKey {
    client: Client,
    /// The whole key, as it was returned once.
    pub text: String,
}

impl Deref for ApiKey {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl ApiKey {
    /// A client with this key.
    pub fn from_text(client: &Client, text: &str) -> Self {
        Self {
            client: client.with_authorization(format!("ApiKey {text}")),
            text: text.to_owned(),
        }
    }

    /// The part before the dot.
    pub fn prefix(&self) -> &str {
        self.text.split('.').next().expect("a prefix")
    }

    /// The ids of the organizations that the key can list.
    pub async fn organizations(&self) -> Vec<String> {
        let all = list(self.get("/organizations/").await);
        all.iter()
            .map(|organization| organization["id"].as_str().expect("an id").to_owned())
            .collect()
    }
}
