//! What is asked of many people, one request at a time. Each figure is the median of what a client waits for, from sending to
//! the last byte.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use super::data::Crowd;
use crate::{
    error::{BenchError, Result},
    load::client::Client,
    plan::{Engine, Part},
    report,
    results::{Measured, median_and_most},
    scenarios::round_trips,
    system::server::Server,
};

/// How often each request is sent.
const TIMES: usize = 21;
/// Invitations in one call.
const BULK: usize = 1_000;

/// Asks, and keeps what it took.
pub(crate) struct Questions<'a> {
    client: &'a Client,
    server: &'a Server,
    crowd: &'a Crowd,
    measured: &'a mut Measured,
}

impl<'a> Questions<'a> {
    /// Everything. A question that is answered otherwise than it should be has
    /// no figure, and the others are asked all the same.
    pub(crate) fn ask(
        client: &'a Client,
        server: &'a Server,
        crowd: &'a Crowd,
        measured: &'a mut Measured,
    ) -> Result<()> {
        crowd.expect_all(client, server)?;
        let mut it = Self {
            client,
            server,
            crowd,
            measured,
        };
        let Crowd {
            organization,
            workspace,
            project,
            ..
        } = crowd;
        it.keep("details", |it, _| {
            it.timed(
                200,
                Method::GET,
                &format!("/organizations/{organization}"),
                None,
            )
        });
        it.keep("organizations", |it, _| it.guest("/organizations/"));
        it.keep("projects", |it, _| it.guest("/projects"));
        it.keep("assign", |it, n| {
            let role = if n % 2 == 0 { "viewer" } else { "developer" };
            let email = format!("crowd{}@bench.example", 100 + n / 2);
            let body = json!({"email": email, "organization_id": organization, "role": role});
            let path = format!("/workspaces/{workspace}/roles");
            it.timed(200, Method::POST, &path, Some(&body))
        });
        it.keep("create-project", |it, n| {
            let body = json!({ "name": format!("Another {n}") });
            let path = format!("/projects?project_id={project}");
            let (took, made) = it.asked(201, Method::POST, &path, Some(&body))?;
            // Taken away again, so that there are five before each.
            let id = made["project_id"].as_str().unwrap_or_default();
            let path = format!("/projects/{id}?project_id={project}");
            it.timed(200, Method::DELETE, &path, None)?;
            Ok(took)
        });
        it.keep("accept", |it, _| it.accepts().map(|(took, _)| took));
        if it.measured.engine == Engine::Postgres {
            it.keep("accept-trips", |it, _| it.accepts().map(|(_, trips)| trips));
        }
        it.keep("remove", |it, n| {
            let email = format!("crowd{}@bench.example", 1_000 + n);
            it.timed(200, Method::DELETE, &it.member(&email), None)
        });
        it.keep("invite-many", |it, n| {
            let rows = (0..BULK)
                .map(|i| json!({"email": format!("new{n}x{i}@bench.example"), "role": "viewer"}));
            let body = json!({ "invitations": rows.collect::<Vec<_>>() });
            let path = format!("/organizations/{organization}/invitations");
            it.timed(200, Method::POST, &path, Some(&body))
        });
        Ok(())
    }

    /// The median of some, of which the first only warms up.
    fn keep(&mut self, name: &'static str, ask: impl Fn(&Self, usize) -> Result<f64>) {
        let all: Result<Vec<f64>> = (0..=TIMES).map(|n| ask(self, n)).collect();
        let engine = self.measured.engine;
        match all {
            Ok(all) => {
                let (median, most) = median_and_most(all[1..].to_vec());
                let text = format!("{name} {median:.2}, at most {most:.2}");
                report::line(engine, Part::People.name(), &text);
                self.measured.crowd.insert(name, median);
            }
            Err(error) => {
                let text = format!("{name}: {error}");
                report::line(engine, "not measured", &text);
                self.measured.problems.push(text);
            }
        }
    }

    fn timed(&self, status: u16, method: Method, path: &str, body: Option<&Value>) -> Result<f64> {
        Ok(self.asked(status, method, path, body)?.0)
    }

    /// Asked by the host: milliseconds, and the answer.
    fn asked(
        &self,
        status: u16,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(f64, Value)> {
        self.asked_by(&self.crowd.host.session, status, method, path, body)
    }

    fn guest(&self, path: &str) -> Result<f64> {
        let session = &self.crowd.guest.session;
        Ok(self.asked_by(session, 200, Method::GET, path, None)?.0)
    }

    fn asked_by(
        &self,
        who: &str,
        status: u16,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(f64, Value)> {
        let url = self.server.url(path);
        let start = Instant::now();
        let reply = self.client.expect(status, method, &url, Some(who), body)?;
        let took = start.elapsed().as_secs_f64() * 1e3;
        Ok((took, serde_json::from_str(&reply.body)?))
    }

    fn member(&self, email: &str) -> String {
        format!("/workspaces/{}/users?email={email}", self.crowd.workspace)
    }

    /// The newcomer is invited, accepts, and is removed again. Only the second
    /// is measured: milliseconds, and round trips.
    fn accepts(&self) -> Result<(f64, f64)> {
        let Crowd {
            organization,
            workspace,
            project,
            newcomer,
            ..
        } = self.crowd;
        let base = format!("/organizations/{organization}/workspaces/{workspace}/invite");
        let email = &newcomer.email;
        let body = json!([{ "email": email }]);
        let (_, link) = self.asked(200, Method::POST, &base, Some(&body))?;
        let link = link["url"].as_str().unwrap_or_default();
        let token = link.split(['=', '&']).nth(1).ok_or(BenchError::Program {
            program: "freehold",
            said: format!("a link without a token: {link}"),
        })?;
        let body = json!({ "token": token, "email": email });
        let path = format!("{base}/accept?project_id={project}");
        // Asking for the number costs trips too.
        let idle = round_trips::so_far(self.client, self.server)?;
        let before = round_trips::so_far(self.client, self.server)?;
        let (took, _) = self.asked_by(&newcomer.session, 200, Method::POST, &path, Some(&body))?;
        let after = round_trips::so_far(self.client, self.server)?;
        let trips = (after - before) - (before - idle);
        self.timed(200, Method::DELETE, &self.member(email), None)?;
        Ok((took, trips))
    }
}
