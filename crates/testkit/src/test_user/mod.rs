//! People: somebody who signs up and does what people do.

mod invitations;
mod members;

use std::ops::Deref;

use serde_json::{Value, json};

use crate::client::{Answer, Client};

pub use invitations::{InviteLink, invite};
pub use members::Place;

/// What everybody's password is, unless the story is about passwords.
pub const PASSWORD: &str = "Correct-Horse-7";

/// Somebody with an account and a session, whose tokens travel in headers.
/// Asks by themselves: a person is a [`Client`] with their access token.
#[derive(Clone, Debug)]
pub struct Person {
    client: Client,
    /// Their address.
    pub email: String,
    /// Their user id, which is also their id at sign-in.
    pub id: String,
    /// What opens things.
    pub access: String,
    /// What renews it.
    pub refresh: String,
}

impl Deref for Person {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// The form of the sign-in pages.
pub fn form(email: &str, password: &str) -> Value {
    json!({"formFields": [{"id": "email", "value": email}, {"id": "password", "value": password}]})
}

impl Person {
    /// Signs up by `email`, and has to succeed.
    pub async fn sign_up(client: &Client, email: &str) -> Self {
        let answer = client.post("/auth/signup", &form(email, PASSWORD)).await;
        Self::of(client, answer)
    }

    /// Signs in by `email`, and has to succeed.
    pub async fn sign_in(client: &Client, email: &str, password: &str) -> Self {
        let answer = client.post("/auth/signin", &form(email, password)).await;
        Self::of(client, answer)
    }

    /// Whoever this answer has signed in.
    #[track_caller]
    pub fn of(client: &Client, answer: Answer) -> Self {
        let answer = answer.expect(200);
        assert!(answer.json()["status"] == "OK", "not signed in: {answer}");
        let header = |name: &str| answer.header(name).expect("a token").to_owned();
        let user = &answer.json()["user"];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let access = header("st-access-token");
        Self {
            client: client.with(format!("Bearer {access}")),
            email: text(&user["emails"][0]),
            id: text(&user["id"]),
            refresh: header("st-refresh-token"),
            access,
        }
    }

    /// The same person with what a refresh gave them.
    #[track_caller]
    pub fn with_tokens_of(&self, answer: Answer) -> Self {
        let answer = answer.expect(200);
        let header = |name: &str| answer.header(name).expect("a token").to_owned();
        let access = header("st-access-token");
        Self {
            client: self.client.with(format!("Bearer {access}")),
            refresh: header("st-refresh-token"),
            access,
            ..self.clone()
        }
    }

    /// Sends their refresh token.
    pub async fn refreshes(&self) -> Answer {
        let client = self.client.with(format!("Bearer {}", self.refresh));
        client.post_nothing("/auth/session/refresh").await
    }

    /// Founds an organization; its id.
    pub async fn founds(&self, name: &str) -> String {
        let answer = self.post("/organizations/", &json!({"name": name})).await;
        answer.expect(201).word("id")
    }

    /// The organizations they are in.
    pub async fn organizations(&self) -> Vec<Value> {
        list(self.get("/organizations/").await)
    }

    /// The id of the one organization they are in.
    pub async fn home(&self) -> String {
        let all = self.organizations().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all[0]["id"].as_str().expect("an id").to_owned()
    }

    /// The projects they are in.
    pub async fn projects(&self) -> Vec<Value> {
        list(self.get("/projects").await)
    }

    /// Gives another name to an organization.
    pub async fn renames(&self, organization: &str, name: &str) -> Answer {
        let path = format!("/organizations/{organization}");
        self.patch(&path, &json!({"name": name})).await
    }

    /// Hands an organization over.
    pub async fn transfers(&self, organization: &str, to: &str) -> Answer {
        let path = format!("/organizations/{organization}/transfer/{to}");
        self.post_nothing(&path).await
    }

    /// Deletes an organization, if the server lets them.
    pub async fn deletes(&self, organization: &str) -> Answer {
        self.delete(&format!("/organizations/{organization}")).await
    }

    /// Makes a key for their default project.
    pub async fn adds_key(&self) -> ApiKey {
        self.adds_key_at("/keys").await
    }

    /// Makes a key for the project that the path names.
    pub async fn adds_key_at(&self, path: &str) -> ApiKey {
        let text = self.post_nothing(path).await.expect(200);
        ApiKey::of(&self.client, text.json().as_str().expect("a key"))
    }
}

#[track_caller]
fn list(answer: Answer) -> Vec<Value> {
    let answer = answer.expect(200);
    answer
        .json()
        .as_array()
        .unwrap_or_else(|| panic!("no list: {answer}"))
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
    pub fn of(client: &Client, text: &str) -> Self {
        Self {
            client: client.with(format!("ApiKey {text}")),
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
