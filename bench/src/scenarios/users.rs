//! Users of small organizations: sign-up, sign-in, reads, and creating
//! organizations.

use std::{thread, time::Duration};

use reqwest::Method;
use serde_json::json;

use super::{round_trips, run::EngineRun, test_users::TestUsers};
use crate::{
    error::{BenchError, Result},
    load::wrk::Job,
    plan::Part,
    report,
    system::{
        process::{CpuScope, wait_until_idle},
        server::Server,
    },
};

impl EngineRun<'_> {
    pub(super) fn reads(&mut self, server: &Server, users: &TestUsers) -> Result<()> {
        let list = server.url("/organizations/");
        let roles = server.url("/access/roles");
        let get = |url: &str, authorization: &str| {
            self.client
                .expect(200, Method::GET, url, Some(authorization), None)
        };
        // One request for each with this client, because `wrk` only checks the
        // status, and an empty list would be faster.
        let reply = get(&list, &users.reader)?;
        let organizations: Vec<serde_json::Value> = serde_json::from_str(&reply.body)?;
        if organizations.len() != 1 {
            return Err(BenchError::Response {
                request: format!("GET {list}"),
                status: 200,
                body: reply.body,
            });
        }
        get(&list, &users.session)?;
        get(&roles, &users.reader)?;

        self.part(Part::RoundTrips, |engine_run| {
            engine_run.round_trips(server, users)
        });
        self.part(Part::Plain, |engine_run| engine_run.plain(reply.body.len()));
        for (part, url, lines) in [
            (Part::ListKey, &list, &users.reader_keys),
            (Part::ListSession, &list, &users.reader_sessions),
            (Part::VerifyKey, &roles, &users.reader_keys),
        ] {
            self.part(part, |engine_run| {
                let job = engine_run.job("get.lua", url.clone(), Some(lines));
                let load = engine_run.load(server.pid(), &job, true, true)?;
                engine_run.record(part, load);
                Ok(())
            });
        }
        Ok(())
    }

    pub(super) fn create(&mut self, server: &Server, users: &TestUsers, part: Part) -> Result<()> {
        let job = self.job(
            "create.lua",
            server.url("/organizations/"),
            Some(&users.creator_keys),
        );
        let load = self.load(server.pid(), &job, true, true)?;
        self.record(part, load);
        Ok(())
    }

    pub(super) fn sign_up(&mut self, server: &Server) -> Result<()> {
        let job = self.job("sign_up.lua", server.url("/auth/signup"), None);
        let job = Job {
            seconds: job.seconds * 2,
            ..job
        };
        let load = self.load(server.pid(), &job, false, true)?;
        self.record(Part::SignUp, load);
        Ok(())
    }

    pub(super) fn sign_in(&mut self, server: &Server, users: &TestUsers) -> Result<()> {
        let job = self.job(
            "sign_in.lua",
            server.url("/auth/signin"),
            Some(&users.reader_emails),
        );
        let job = Job {
            seconds: job.seconds * 2,
            ..job
        };
        let load = self.load(server.pid(), &job, false, true)?;
        self.record(Part::SignIn, load);
        Ok(())
    }

    /// Measures reads alone, then the same reads during sign-ups on 64 connections.
    pub(super) fn busy_reads(&mut self, server: &Server, users: &TestUsers) -> Result<()> {
        let reads = self.job(
            "get.lua",
            server.url("/organizations/"),
            Some(&users.reader_keys),
        );
        let alone = self.load(server.pid(), &reads, true, true)?;
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
        report::busy(self.measured.engine, &alone.figures, &busy, &sign_ups);
        self.measured.reads_alone_p99_us = Some(alone.figures.p99_us);
        self.measured.reads_beside_sign_ups_p99_us = Some(busy.p99_us);
        wait_until_idle(CpuScope::Process(server.pid()))
    }

    pub(super) fn round_trips(&mut self, server: &Server, users: &TestUsers) -> Result<()> {
        if self.cluster.is_none() {
            return Ok(());
        }
        let url = server.url("/organizations/");
        let body = json!({"name": "round trips", "description": "d"});
        let create = round_trips::per_request(self.client, server, || {
            self.client
                .expect(201, Method::POST, &url, Some(&users.creator), Some(&body))
                .map(drop)
        })?;
        let read = round_trips::per_request(self.client, server, || {
            self.client
                .expect(200, Method::GET, &url, Some(&users.reader), None)
                .map(drop)
        })?;
        let text = format!("create organization {create:.2}, list by key {read:.2}");
        report::line(self.measured.engine, Part::RoundTrips.name(), &text);
        (self.measured.trips_create, self.measured.trips_read) = (Some(create), Some(read));
        Ok(())
    }
}
