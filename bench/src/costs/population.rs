//! The users and organizations of the fixed population.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::{
    error::{BenchError, Result},
    load::client::Client,
    scenarios::test_users::{TestUser, sign_up},
    system::server::{Server, operator},
};

/// Accounts beside those that send the requests.
const OTHER_ACCOUNTS: usize = 40;

/// A user of the population.
pub(super) struct Actor {
    /// The credentials.
    pub(super) user: TestUser,
    /// The user's id.
    pub(super) id: String,
}

/// The users who send the requests, and the ids in them.
pub(super) struct Population {
    /// The owner of the organization.
    pub(super) owner: Actor,
    /// A member of the organization, whose role changes.
    pub(super) member: Actor,
    /// The user who is invited and leaves.
    pub(super) guest: Actor,
    /// A user who owns nothing but the first organization.
    pub(super) creator: Actor,
    /// The owner's organization.
    pub(super) organization: String,
    /// Its workspace.
    pub(super) workspace: String,
    /// Its project.
    pub(super) project: String,
}

impl Population {
    /// Signs up all users at an empty server.
    pub(super) fn create(client: &Client, server: &Server) -> Result<Self> {
        create_other_accounts(client, server)?;
        let actor = |name: &str| -> Result<Actor> {
            let user = sign_up(client, server, &format!("{name}@bench.example"))?;
            let profile = get(client, server, "/profile", &user)?;
            let id = text(&profile["id"])?;
            Ok(Actor { user, id })
        };
        let owner = actor("owner")?;
        let current = get(client, server, "/projects/current", &owner.user)?;
        let population = Self {
            member: actor("member")?,
            guest: actor("guest")?,
            creator: actor("creator")?,
            organization: text(&current["organization_id"])?,
            workspace: text(&current["workspace_id"])?,
            project: text(&current["project_id"])?,
            owner,
        };
        population.invite_and_accept(client, server, &population.member)?;
        Ok(population)
    }

    /// The path of invitations.
    pub(super) fn invitations(&self) -> String {
        let Self {
            organization,
            workspace,
            ..
        } = self;
        format!("/organizations/{organization}/workspaces/{workspace}/invite")
    }

    /// Invites a user and returns the path and the body of accepting.
    pub(super) fn invite(
        &self,
        client: &Client,
        server: &Server,
        invitee: &Actor,
    ) -> Result<(String, Value)> {
        let base = self.invitations();
        let email = &invitee.user.email;
        let body = json!([{ "email": email }]);
        let session = Some(self.owner.user.session.as_str());
        let reply = client.expect(200, Method::POST, &server.url(&base), session, Some(&body))?;
        let link = text(&serde_json::from_str::<Value>(&reply.body)?["url"])?;
        let token = link.split(['=', '&']).nth(1).unwrap_or_default();
        let path = format!("{base}/accept?project_id={}", self.project);
        Ok((path, json!({ "token": token, "email": email })))
    }

    /// Makes a user a member of the organization.
    pub(super) fn invite_and_accept(
        &self,
        client: &Client,
        server: &Server,
        invitee: &Actor,
    ) -> Result<()> {
        let (path, body) = self.invite(client, server, invitee)?;
        let session = Some(invitee.user.session.as_str());
        client.expect(200, Method::POST, &server.url(&path), session, Some(&body))?;
        Ok(())
    }
}

fn create_other_accounts(client: &Client, server: &Server) -> Result<()> {
    let accounts: Map<String, Value> = (0..OTHER_ACCOUNTS)
        .map(|n| {
            let name = format!("other{n:02}");
            let user = json!({"email": format!("{name}@bench.example"), "name": name});
            (name, json!({ "user": user }))
        })
        .collect();
    let body = json!({
        "options": {"seed_defaults": false, "create_api_keys": true},
        "accounts": accounts,
    });
    let url = server.url("/admin/simple/accounts/");
    client.expect(200, Method::POST, &url, Some(&operator()), Some(&body))?;
    Ok(())
}

fn get(client: &Client, server: &Server, path: &str, user: &TestUser) -> Result<Value> {
    let url = server.url(path);
    let reply = client.expect(200, Method::GET, &url, Some(&user.session), None)?;
    Ok(serde_json::from_str(&reply.body)?)
}

fn text(value: &Value) -> Result<String> {
    match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(BenchError::Program {
            program: "freehold",
            output: format!("a response without a text: {value}"),
        }),
    }
}
