//! The data: an organization with 10,000 members and five projects, and a user in
//! 2,000 organizations, created in SQL. Not here: the requests (`requests`).

use reqwest::Method;
use rusqlite::Connection;
use serde_json::Value;
use url::Url;

use crate::{
    error::{BenchError, Result},
    load::client::Client,
    scenarios::test_users::{TestUser, sign_up},
    system::server::{Server, Settings},
};

const ROWS: &str = include_str!("../../../sql/large_organization.sql");

/// Members of the large organization, including its owner.
pub(crate) const MEMBERS: usize = 10_000;
/// Organizations of the busy member, including their own.
pub(crate) const ORGANIZATIONS: usize = 2_000;

/// The users who send the requests, and the ids in them.
pub(crate) struct LargeOrganization {
    /// The owner of the large organization.
    pub(crate) owner: TestUser,
    /// The member of 2,000 organizations.
    pub(crate) busy_member: TestUser,
    /// The user who is invited and removed.
    pub(crate) invitee: TestUser,
    /// The large organization.
    pub(crate) organization: String,
    /// Its workspace.
    pub(crate) workspace: String,
    /// Its default project.
    pub(crate) project: String,
}

impl LargeOrganization {
    /// Signs up three users at a server, and adds all others after it has stopped.
    pub(crate) fn create(client: &Client, settings: &Settings) -> Result<Self> {
        let server = Server::start(settings, client)?;
        let sign_up_as = |name: &str| sign_up(client, &server, &format!("{name}@bench.example"));
        let (owner, busy_member, invitee) = (
            sign_up_as("host")?,
            sign_up_as("guest")?,
            sign_up_as("newcomer")?,
        );
        let url = server.url("/projects");
        let reply = client.expect(200, Method::GET, &url, Some(&owner.session), None)?;
        let projects: Value = serde_json::from_str(&reply.body)?;
        let id = |name: &str| projects[0][name].as_str().unwrap_or_default().to_owned();
        let data = Self {
            organization: id("organization_id"),
            workspace: id("workspace_id"),
            project: id("project_id"),
            owner,
            busy_member,
            invitee,
        };
        server.stop()?;
        if let Some(database) = &settings.database {
            fill_postgres(client, database)?;
        } else {
            fill_sqlite(settings)?;
        }
        Ok(data)
    }

    /// Checks the numbers of members and organizations: with fewer, the figures would
    /// be too good.
    pub(crate) fn check_sizes(&self, client: &Client, server: &Server) -> Result<()> {
        let url = server.url(&format!("/organizations/{}", self.organization));
        let details = list(client, &url, &self.owner)?;
        let members = details["default_workspace"]["members"]
            .as_array()
            .map_or(0, Vec::len);
        let list = list(client, &server.url("/organizations/"), &self.busy_member)?;
        let organizations = list.as_array().map_or(0, Vec::len);
        if (members, organizations) == (MEMBERS, ORGANIZATIONS) {
            return Ok(());
        }
        Err(BenchError::Response {
            request: format!("GET {url}"),
            status: 200,
            body: format!("{members} members, {organizations} organizations"),
        })
    }
}

fn list(client: &Client, url: &str, user: &TestUser) -> Result<Value> {
    let reply = client.expect(200, Method::GET, url, Some(&user.session), None)?;
    Ok(serde_json::from_str(&reply.body)?)
}

fn fill_postgres(client: &Client, database: &Url) -> Result<()> {
    // Not in order, like ids of imported accounts may be.
    let id = |prefix: &str, column: &str| format!("md5('{prefix}' || {column})::uuid");
    let numbers = |to: usize| format!("generate_series(0, {to} - 1) AS t(n)");
    let at = "timestamptz '2026-01-01' + n * interval '1 second'";
    let sql = fill_placeholders(id, numbers, at, "gen_random_uuid()");
    client.sql(database, &[&sql])
}

fn fill_sqlite(settings: &Settings) -> Result<()> {
    let id =
        |prefix: &str, column: &str| format!("CAST(printf('{prefix}%015d', {column}) AS BLOB)");
    let numbers = |to: usize| {
        format!(
            "(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {to} - 1)
               SELECT n FROM s) AS t"
        )
    };
    let sql = fill_placeholders(
        id,
        numbers,
        "1767225600000000 + n * 1000000",
        "randomblob(16)",
    );
    let connection = Connection::open(settings.folder.join("freehold.db"))?;
    connection.execute_batch("PRAGMA foreign_keys=ON")?;
    Ok(connection.execute_batch(&format!("BEGIN IMMEDIATE; {sql} COMMIT;"))?)
}

fn fill_placeholders(
    id: impl Fn(&str, &str) -> String,
    numbers: impl Fn(usize) -> String,
    at: &str,
    random: &str,
) -> String {
    // Without comments, which name the placeholders.
    let rows: Vec<&str> = ROWS
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    let mut sql = rows
        .join("\n")
        .replace("{n}", &numbers(MEMBERS))
        // One organization is the busy member's own.
        .replace("{m}", &numbers(ORGANIZATIONS - 1))
        .replace("{at}", at)
        .replace("{random}", random);
    for prefix in "uxyabcdefghowp".chars().map(String::from) {
        sql = sql.replace(&format!("{{id:{prefix}:n}}"), &id(&prefix, "n"));
    }
    sql
}
