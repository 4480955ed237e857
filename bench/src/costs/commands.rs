//! The commands whose cost is measured, and their requests.

use reqwest::Method;
use serde_json::{Value, json};

use super::population::Population;
use crate::{
    error::{BenchError, Result},
    load::client::Client,
    system::server::{Server, operator},
};

/// The server and its users.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) client: &'a Client,
    pub(super) server: &'a Server,
    pub(super) population: &'a Population,
}

/// A request that is ready to be sent.
pub(super) struct Request {
    method: Method,
    path: String,
    authorization: Option<String>,
    body: Option<Value>,
    status: u16,
    /// A text that is in the body of a success: some refusals have status 200.
    expected_text: &'static str,
}

/// A command of the table.
pub(super) struct Command {
    /// The name in the table and in the snapshot.
    pub(super) name: &'static str,
    /// Whether new projects get their initial content.
    pub(super) seeds: bool,
    /// Does what has to be done before the request, such as inviting a user who then
    /// accepts, and returns the request with this number.
    pub(super) request: fn(&Scene<'_>, usize) -> Result<Request>,
}

const fn command(name: &'static str, request: fn(&Scene<'_>, usize) -> Result<Request>) -> Command {
    Command {
        name,
        seeds: false,
        request,
    }
}

/// All commands, in the order of the table. Numbers in names have a fixed width, so
/// that all requests of a command have the same size.
#[rustfmt::skip]
pub(super) const COMMANDS: &[Command] = &[
    command("sign-up", |_, n| sign("/auth/signup", &format!("new{n:03}"))),
    command("sign-in", |_, _| sign("/auth/signin", "creator")),
    command("session-check", |scene, _| Ok(get("/organizations/", &scene.population.creator.user.session))),
    command("list-by-key", |scene, _| Ok(get("/organizations/", &scene.population.creator.user.key))),
    command("key-check", |scene, _| Ok(get("/access/roles", &scene.population.creator.user.key))),
    command("create-organization", create_organization),
    Command { name: "create-organization-with-seeds", seeds: true, request: create_organization },
    command("create-project", create_project),
    command("invite", invite),
    command("accept-invitation", accept_invitation),
    command("leave", leave),
    command("remove-member", remove_member),
    command("change-role", change_role),
    command("create-api-key", |scene, _| {
        Ok(send(200, Method::POST, "/keys", &scene.population.owner.user.session, None))
    }),
    command("admin-single-account", |_, n| admin_single_account(n)),
    command("transfer", transfer),
];

impl Request {
    /// Sends the request. A response with another status is an error.
    pub(super) fn send(&self, scene: &Scene<'_>) -> Result<()> {
        let reply = scene.client.expect(
            self.status,
            self.method.clone(),
            &scene.server.url(&self.path),
            self.authorization.as_deref(),
            self.body.as_ref(),
        )?;
        if reply.body.contains(self.expected_text) {
            return Ok(());
        }
        Err(BenchError::Response {
            request: format!("{} {}", self.method, self.path),
            status: reply.status,
            body: reply.body,
        })
    }
}

fn send(
    status: u16,
    method: Method,
    path: &str,
    authorization: &str,
    body: Option<Value>,
) -> Request {
    Request {
        method,
        path: path.to_owned(),
        authorization: Some(authorization.to_owned()),
        body,
        status,
        expected_text: "",
    }
}

fn get(path: &str, authorization: &str) -> Request {
    send(200, Method::GET, path, authorization, None)
}

fn sign(path: &str, name: &str) -> Result<Request> {
    let email = format!("{name}@bench.example");
    let body = json!({"formFields": [{"id": "email", "value": email}, {"id": "password", "value": "Secret12!"}]});
    Ok(Request {
        method: Method::POST,
        path: path.to_owned(),
        authorization: None,
        body: Some(body),
        status: 200,
        expected_text: r#""status":"OK""#,
    })
}

fn create_organization(scene: &Scene<'_>, n: usize) -> Result<Request> {
    let body = json!({"name": format!("bench {n:03}"), "description": "d"});
    let key = &scene.population.creator.user.key;
    Ok(send(201, Method::POST, "/organizations/", key, Some(body)))
}

/// In the guest's own organization: the one that users join has one project.
fn create_project(scene: &Scene<'_>, n: usize) -> Result<Request> {
    let body = json!({ "name": format!("Project {n:03}") });
    let session = &scene.population.guest.user.session;
    Ok(send(201, Method::POST, "/projects", session, Some(body)))
}

fn invite(scene: &Scene<'_>, n: usize) -> Result<Request> {
    let path = scene.population.invitations();
    let body = json!([{ "email": format!("invited{n:03}@bench.example") }]);
    let session = &scene.population.owner.user.session;
    Ok(send(200, Method::POST, &path, session, Some(body)))
}

fn accept_invitation(scene: &Scene<'_>, _: usize) -> Result<Request> {
    let guest = &scene.population.guest;
    end_membership(scene)?;
    let (path, body) = scene.population.invite(scene.client, scene.server, guest)?;
    let session = &guest.user.session;
    Ok(send(200, Method::POST, &path, session, Some(body)))
}

fn leave_request(scene: &Scene<'_>) -> Request {
    let path = format!("/organizations/{}/leave", scene.population.organization);
    let session = &scene.population.guest.user.session;
    send(200, Method::POST, &path, session, None)
}

/// Makes sure that the guest is not a member.
fn end_membership(scene: &Scene<'_>) -> Result<()> {
    let Request {
        method,
        path,
        authorization,
        ..
    } = leave_request(scene);
    // Refused if the guest is no member.
    let url = scene.server.url(&path);
    scene
        .client
        .send(method, &url, authorization.as_deref(), None)?;
    Ok(())
}

fn start_membership(scene: &Scene<'_>) -> Result<()> {
    end_membership(scene)?;
    let guest = &scene.population.guest;
    scene
        .population
        .invite_and_accept(scene.client, scene.server, guest)
}

fn leave(scene: &Scene<'_>, _: usize) -> Result<Request> {
    start_membership(scene)?;
    Ok(leave_request(scene))
}

fn remove_member(scene: &Scene<'_>, _: usize) -> Result<Request> {
    let Population {
        owner,
        guest,
        organization,
        ..
    } = scene.population;
    start_membership(scene)?;
    let path = format!("/organizations/{organization}/members/{}", guest.id);
    let session = &owner.user.session;
    Ok(send(200, Method::DELETE, &path, session, None))
}

fn change_role(scene: &Scene<'_>, n: usize) -> Result<Request> {
    let Population {
        owner,
        member,
        organization,
        workspace,
        ..
    } = scene.population;
    // Names of the same length.
    let role = if n.is_multiple_of(2) {
        "viewer"
    } else {
        "editor"
    };
    let email = &member.user.email;
    let body = json!({"email": email, "organization_id": organization, "role": role});
    let path = format!("/workspaces/{workspace}/roles");
    let session = &owner.user.session;
    Ok(send(200, Method::POST, &path, session, Some(body)))
}

fn admin_single_account(n: usize) -> Result<Request> {
    let name = format!("account{n:03}");
    let user = json!({"email": format!("{name}@bench.example"), "name": name});
    let body = json!({
        "options": {"seed_defaults": false, "create_api_keys": true},
        "accounts": {"a": {"user": user}},
    });
    let path = "/admin/simple/accounts/";
    Ok(send(200, Method::POST, path, &operator(), Some(body)))
}

/// Transfers the organization to the member and back.
fn transfer(scene: &Scene<'_>, n: usize) -> Result<Request> {
    let Population {
        owner,
        member,
        organization,
        ..
    } = scene.population;
    let (from, to) = if n.is_multiple_of(2) {
        (owner, member)
    } else {
        (member, owner)
    };
    let path = format!("/organizations/{organization}/transfer/{}", to.id);
    Ok(send(200, Method::POST, &path, &from.user.session, None))
}
