//! The users who send the requests at one size, and their requests.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    error::{BenchError, Result},
    load::client::{Client, Request},
    scenarios::test_users::{TestUser, sign_up},
    system::server::{Server, operator},
};

/// The number of hosts and of guests.
pub(super) const USERS_PER_GROUP: usize = 64;

/// Hosts create organizations and invite guests, who have one organization.
pub(super) struct Users<'s> {
    server: &'s Server,
    /// Tells the names of different sizes apart.
    size: u32,
    pub(super) hosts: Vec<Host>,
    guests: Vec<TestUser>,
}

/// A user with the scope of the invitations.
pub(super) struct Host {
    pub(super) user: TestUser,
    organization: String,
    workspace: String,
    project: String,
}

impl<'s> Users<'s> {
    /// Signs up all users.
    pub(super) fn create(client: &Client, server: &'s Server, size: u32) -> Result<Self> {
        let user = |group: &str, n: usize| {
            sign_up(client, server, &format!("{group}{n}at{size}@bench.example"))
        };
        let host = |n| -> Result<Host> {
            let user = user("host", n)?;
            let url = server.url("/projects/current");
            let reply = client.expect(200, Method::GET, &url, Some(&user.session), None)?;
            let scope: Value = serde_json::from_str(&reply.body)?;
            let id = |name: &str| scope[name].as_str().unwrap_or_default().to_owned();
            Ok(Host {
                organization: id("organization_id"),
                workspace: id("workspace_id"),
                project: id("project_id"),
                user,
            })
        };
        Ok(Self {
            server,
            size,
            hosts: (0..USERS_PER_GROUP).map(host).collect::<Result<_>>()?,
            guests: (0..USERS_PER_GROUP)
                .map(|n| user("guest", n))
                .collect::<Result<_>>()?,
        })
    }

    fn request(
        &self,
        status: u16,
        method: Method,
        path: &str,
        authorization: String,
        body: Option<Value>,
    ) -> Request {
        Request {
            status,
            method,
            url: self.server.url(path),
            authorization: Some(authorization),
            body,
        }
    }

    fn host(&self, n: usize) -> &Host {
        &self.hosts[n % USERS_PER_GROUP]
    }

    /// Each host invites another guest in each round.
    fn guest(&self, n: usize) -> &TestUser {
        &self.guests[(n + n / USERS_PER_GROUP) % USERS_PER_GROUP]
    }

    /// Creates an organization, by API key.
    pub(super) fn create_organization(&self, n: usize) -> Request {
        let body = json!({"name": format!("growth {} {n}", self.size), "description": "d"});
        let key = self.host(n).user.key.clone();
        self.request(201, Method::POST, "/organizations/", key, Some(body))
    }

    /// Lists one organization, by API key.
    pub(super) fn list(&self, n: usize) -> Request {
        let key = self.guest(n).key.clone();
        self.request(200, Method::GET, "/organizations/", key, None)
    }

    /// Invites a guest to the organization of a host.
    pub(super) fn invite(&self, n: usize) -> Request {
        let host = self.host(n);
        let body = json!([{ "email": self.guest(n).email }]);
        let session = host.user.session.clone();
        self.request(200, Method::POST, &host.invitations(), session, Some(body))
    }

    /// Accepts that invitation, whose response is `invited`.
    pub(super) fn accept(&self, n: usize, invited: &str) -> Result<Request> {
        let (host, guest) = (self.host(n), self.guest(n));
        let invited: Value = serde_json::from_str(invited)?;
        let link = invited["url"].as_str().unwrap_or_default();
        let token = link.split(['=', '&']).nth(1).ok_or(BenchError::Program {
            program: "freehold",
            output: format!("a link without a token: {link}"),
        })?;
        let body = json!({ "token": token, "email": guest.email });
        let path = format!("{}/accept?project_id={}", host.invitations(), host.project);
        let session = guest.session.clone();
        Ok(self.request(200, Method::POST, &path, session, Some(body)))
    }

    /// Leaves the organization again.
    pub(super) fn leave(&self, n: usize) -> Request {
        let path = format!("/organizations/{}/leave", self.host(n).organization);
        self.request(
            200,
            Method::POST,
            &path,
            self.guest(n).session.clone(),
            None,
        )
    }

    /// Signs in as a guest.
    pub(super) fn sign_in(&self, n: usize) -> Request {
        let email = &self.guest(n).email;
        let body = json!({"formFields": [{"id": "email", "value": email}, {"id": "password", "value": "Secret12!"}]});
        Request {
            authorization: None,
            ..self.request(200, Method::POST, "/auth/signin", String::new(), Some(body))
        }
    }

    /// Creates an account with an API key, as an operator.
    pub(super) fn create_account(&self, n: usize) -> Request {
        let name = format!("account{n}at{}", self.size);
        let user = json!({"email": format!("{name}@bench.example"), "name": name});
        let body = json!({
            "options": {"seed_defaults": false, "create_api_keys": true},
            "accounts": {"a": {"user": user}},
        });
        let path = "/admin/simple/accounts/";
        self.request(200, Method::POST, path, operator(), Some(body))
    }
}

impl Host {
    fn invitations(&self) -> String {
        let Self {
            organization,
            workspace,
            ..
        } = self;
        format!("/organizations/{organization}/workspaces/{workspace}/invite")
    }
}
