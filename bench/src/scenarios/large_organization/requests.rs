//! Requests to the large organization, one at a time. Each figure is the median of
//! the time from sending to the last byte of the response.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use super::data::LargeOrganization;
use crate::{
    error::{BenchError, Result},
    load::client::Client,
    plan::{Engine, Part},
    report,
    results::{Measured, median_and_max},
    scenarios::round_trips,
    system::server::Server,
};

/// How often each request is sent.
const REPETITIONS: usize = 21;
/// Invitations in one request.
const INVITATIONS_PER_CALL: usize = 1_000;

/// Sends the requests and records their times.
pub(crate) struct TimedRequests<'a> {
    client: &'a Client,
    server: &'a Server,
    data: &'a LargeOrganization,
    measured: &'a mut Measured,
}

impl<'a> TimedRequests<'a> {
    /// Measures all requests. One with an unexpected response has no figure and does
    /// not stop the others.
    pub(crate) fn run(
        client: &'a Client,
        server: &'a Server,
        data: &'a LargeOrganization,
        measured: &'a mut Measured,
    ) -> Result<()> {
        data.check_sizes(client, server)?;
        let mut requests = Self {
            client,
            server,
            data,
            measured,
        };
        let LargeOrganization {
            organization,
            workspace,
            project,
            ..
        } = data;
        requests.record("details", |requests, _| {
            requests.timed(
                200,
                Method::GET,
                &format!("/organizations/{organization}"),
                None,
            )
        });
        requests.record("organizations", |requests, _| {
            requests.busy_member("/organizations/")
        });
        requests.record("projects", |requests, _| requests.busy_member("/projects"));
        requests.record("assign", |requests, n| {
            let role = if n % 2 == 0 { "viewer" } else { "developer" };
            let email = format!("crowd{}@bench.example", 100 + n / 2);
            let body = json!({"email": email, "organization_id": organization, "role": role});
            let path = format!("/workspaces/{workspace}/roles");
            requests.timed(200, Method::POST, &path, Some(&body))
        });
        requests.record("create-project", |requests, n| {
            let body = json!({ "name": format!("Another {n}") });
            let path = format!("/projects?project_id={project}");
            let (took, created) = requests.send(201, Method::POST, &path, Some(&body))?;
            // Deleted again, so that there are always five before.
            let id = created["project_id"].as_str().unwrap_or_default();
            let path = format!("/projects/{id}?project_id={project}");
            requests.timed(200, Method::DELETE, &path, None)?;
            Ok(took)
        });
        requests.record("accept", |requests, _| {
            requests.accept_invitation().map(|(took, _)| took)
        });
        if requests.measured.engine == Engine::Postgres {
            requests.record("accept-trips", |requests, _| {
                requests.accept_invitation().map(|(_, trips)| trips)
            });
        }
        requests.record("remove", |requests, n| {
            let email = format!("crowd{}@bench.example", 1_000 + n);
            requests.timed(200, Method::DELETE, &requests.member(&email), None)
        });
        requests.record("invite-many", |requests, n| {
            let rows = (0..INVITATIONS_PER_CALL)
                .map(|i| json!({"email": format!("new{n}x{i}@bench.example"), "role": "viewer"}));
            let body = json!({ "invitations": rows.collect::<Vec<_>>() });
            let path = format!("/organizations/{organization}/invitations");
            requests.timed(200, Method::POST, &path, Some(&body))
        });
        Ok(())
    }

    /// Records the median of several requests. The first only warms up.
    fn record(&mut self, name: &'static str, request: impl Fn(&Self, usize) -> Result<f64>) {
        let all: Result<Vec<f64>> = (0..=REPETITIONS).map(|n| request(self, n)).collect();
        let engine = self.measured.engine;
        match all {
            Ok(all) => {
                let (median, max) = median_and_max(all[1..].to_vec());
                let text = format!("{name} {median:.2}, at most {max:.2}");
                report::line(engine, Part::LargeOrganization.name(), &text);
                self.measured.large_organization.insert(name, median);
            }
            Err(error) => {
                let text = format!("{name}: {error}");
                report::line(engine, "not measured", &text);
                self.measured.problems.push(text);
            }
        }
    }

    fn timed(&self, status: u16, method: Method, path: &str, body: Option<&Value>) -> Result<f64> {
        Ok(self.send(status, method, path, body)?.0)
    }

    /// Sends a request of the owner and returns its milliseconds and the response.
    fn send(
        &self,
        status: u16,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(f64, Value)> {
        self.send_as(&self.data.owner.session, status, method, path, body)
    }

    fn busy_member(&self, path: &str) -> Result<f64> {
        let session = &self.data.busy_member.session;
        Ok(self.send_as(session, 200, Method::GET, path, None)?.0)
    }

    fn send_as(
        &self,
        authorization: &str,
        status: u16,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(f64, Value)> {
        let url = self.server.url(path);
        let start = Instant::now();
        let reply = self
            .client
            .expect(status, method, &url, Some(authorization), body)?;
        let took = start.elapsed().as_secs_f64() * 1e3;
        Ok((took, serde_json::from_str(&reply.body)?))
    }

    fn member(&self, email: &str) -> String {
        format!("/workspaces/{}/users?email={email}", self.data.workspace)
    }

    /// Invites the invitee, accepts the invitation, and removes the member. Returns
    /// the milliseconds and round trips of accepting.
    fn accept_invitation(&self) -> Result<(f64, f64)> {
        let LargeOrganization {
            organization,
            workspace,
            project,
            invitee,
            ..
        } = self.data;
        let base = format!("/organizations/{organization}/workspaces/{workspace}/invite");
        let email = &invitee.email;
        let body = json!([{ "email": email }]);
        let (_, link) = self.send(200, Method::POST, &base, Some(&body))?;
        let link = link["url"].as_str().unwrap_or_default();
        let token = link.split(['=', '&']).nth(1).ok_or(BenchError::Program {
            program: "freehold",
            output: format!("a link without a token: {link}"),
        })?;
        let body = json!({ "token": token, "email": email });
        let path = format!("{base}/accept?project_id={project}");
        // Reading the counter takes round trips, too.
        let idle = round_trips::total_round_trips(self.client, self.server)?;
        let before = round_trips::total_round_trips(self.client, self.server)?;
        let (took, _) = self.send_as(&invitee.session, 200, Method::POST, &path, Some(&body))?;
        let after = round_trips::total_round_trips(self.client, self.server)?;
        let trips = (after - before) - (before - idle);
        self.timed(200, Method::DELETE, &self.member(email), None)?;
        Ok((took, trips))
    }
}
