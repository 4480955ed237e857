//! Users of small organizations: signing up and in, reading, and creating
//! organizations.

use std::{thread, time::Duration};

use reqwest::Method;
use serde_json::json;

use super::{round_trips, run::AppState, test_users::People};
use crate::{
    error::{BenchError, Result},
    load::wrk::Job,
    plan::Part,
    report,
    system::{
        process::{Whose, settle},
        server::Server,
    },
};

impl AppState<'_> {
    pub(super) fn reads(&mut self, server: &Server, people: &People) -> Result<()> {
        let list = server.url("/organizations/");
        let roles = server.url("/access/roles");
        let ask = |url: &str, who: &str| self.client.expect(200, Method::GET, url, Some(who), None);
        // One request by hand each: `wrk` sees statuses only, and an empty
        // list would be quick.
        let reply = ask(&list, &people.reader)?;
        let organizations: Vec<serde_json::Value> = serde_json::from_str(&reply.body)?;
        if organizations.len() != 1 {
            return Err(BenchError::Answer {
                request: format!("GET {list}"),
                status: 200,
                body: reply.body,
            });
        }
        ask(&list, &people.session)?;
        ask(&roles, &people.reader)?;

        self.part(Part::RoundTrips, |house| house.round_trips(server, people));
        self.part(Part::Plain, |house| house.plain(reply.body.len()));
        for (part, url, lines) in [
            (Part::ListKey, &list, &people.reader_keys),
            (Part::ListSession, &list, &people.reader_sessions),
            (Part::VerifyKey, &roles, &people.reader_keys),
        ] {
            self.part(part, |house| {
                let job = house.job("get.lua", url.clone(), Some(lines));
                let load = house.load(server.pid(), &job, true, true)?;
                house.keep(part, load);
                Ok(())
            });
        }
        Ok(())
    }

    pub(super) fn create(&mut self, server: &Server, people: &People, part: Part) -> Result<()> {
        let job = self.job(
            "create.lua",
            server.url("/organizations/"),
            Some(&people.creator_keys),
        );
        let load = self.load(server.pid(), &job, true, true)?;
        self.keep(part, load);
        Ok(())
    }

    pub(super) fn sign_up(&mut self, server: &Server) -> Result<()> {
        let job = self.job("sign_up.lua", server.url("/auth/signup"), None);
        let job = Job {
            seconds: job.seconds * 2,
            ..job
        };
        let load = self.load(server.pid(), &job, false, true)?;
        self.keep(Part::SignUp, load);
        Ok(())
    }

    pub(super) fn sign_in(&mut self, server: &Server, people: &People) -> Result<()> {
        let job = self.job(
            "sign_in.lua",
            server.url("/auth/signin"),
            Some(&people.reader_emails),
        );
        let job = Job {
            seconds: job.seconds * 2,
            ..job
        };
        let load = self.load(server.pid(), &job, false, true)?;
        self.keep(Part::SignIn, load);
        Ok(())
    }

    /// Reads alone, then the same reads while sixty-four people sign up.
    pub(super) fn busy_reads(&mut self, server: &Server, people: &People) -> Result<()> {
        let reads = self.job(
            "get.lua",
            server.url("/organizations/"),
            Some(&people.reader_keys),
        );
        let calm = self.load(server.pid(), &reads, true, true)?;
        let sign_ups = self.job("sign_up.lua", server.url("/auth/signup"), None);
        let sign_ups = Job {
            connections: 64,
            seconds: reads.seconds + 3,
            ..sign_ups
        }
        .start()?;
        thread::sleep(Duration::from_secs(1));
        let busy = reads.run();
        let sign_ups = sign_ups.finish()?;
        let busy = busy?;
        report::busy(self.measured.engine, &calm.figures, &busy, &sign_ups);
        self.measured.calm_p99_us = Some(calm.figures.p99_us);
        self.measured.busy_p99_us = Some(busy.p99_us);
        settle(Whose::Process(server.pid()))
    }

    pub(super) fn round_trips(&mut self, server: &Server, people: &People) -> Result<()> {
        if self.cluster.is_none() {
            return Ok(());
        }
        let url = server.url("/organizations/");
        let body = json!({"name": "round trips", "description": "d"});
        let create = round_trips::per_request(self.client, server, || {
            self.client
                .expect(201, Method::POST, &url, Some(&people.creator), Some(&body))
                .map(drop)
        })?;
        let read = round_trips::per_request(self.client, server, || {
            self.client
                .expect(200, Method::GET, &url, Some(&people.reader), None)
                .map(drop)
        })?;
        let text = format!("create organization {create:.2}, list by key {read:.2}");
        report::line(self.measured.engine, Part::RoundTrips.name(), &text);
        (self.measured.trips_create, self.measured.trips_read) = (Some(create), Some(read));
        Ok(())
    }
}
