//! The rate at which SQLite inserts the rows of new organizations: the limit that
//! `create organization` is compared with.
#![expect(
    clippy::disallowed_methods,
    reason = "ids of a raw limit need not be repeatable"
)]

use std::{path::Path, time::Instant};

use rusqlite::{Connection, Statement, params};
use serde::Serialize;
use uuid::Uuid;

use crate::error::Result;

const SCHEMA: &str = include_str!("../../sql/raw_sqlite.sql");
const FLAGS: &str = r#"{"is_demo":false,"allow_email":true,"allow_social":false,"allow_sso":false,"allow_root":false,"domains_only":false,"auto_join":false}"#;
const DETAILS: &str = r#"{"decision":"allow","trace":[{"rule":"allowed_owner","input":"everyone may","passed":true}],"request_id":"01a2082d-7c00-7000-8000-000000000000"}"#;
const PAYLOAD: &str =
    r#"{"organization":"01a2082d-7c00-7000-8000-000000000000","name":"bench organization"}"#;

/// Creations per second.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct RawSqlite {
    /// With one transaction and one fsync for each.
    pub(crate) one_per_fsync: f64,
    /// With one transaction and one fsync for sixteen.
    pub(crate) sixteen_per_fsync: f64,
}

/// Inserts for `seconds` in each way, into databases in `folder`, which must be on a
/// disk: in memory an fsync costs nothing.
pub(crate) fn measure(folder: &Path, seconds: f64) -> Result<RawSqlite> {
    Ok(RawSqlite {
        one_per_fsync: insert_for(&folder.join("raw1.db"), seconds, 1)?,
        sixteen_per_fsync: insert_for(&folder.join("raw16.db"), seconds, 16)?,
    })
}

struct Inserts<'c> {
    organization: Statement<'c>,
    organization_member: Statement<'c>,
    workspace: Statement<'c>,
    workspace_member: Statement<'c>,
    project: Statement<'c>,
    project_member: Statement<'c>,
    audit_event: Statement<'c>,
    outbox_entry: Statement<'c>,
}

impl<'c> Inserts<'c> {
    fn prepare(c: &'c Connection) -> Result<Self> {
        Ok(Self {
            organization: c.prepare(
                "INSERT INTO organizations (id, name, description, flags, owner_id, created_at, created_by_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5)",
            )?,
            organization_member: c.prepare(
                "INSERT INTO organization_members (id, organization_id, user_id, role, created_at) VALUES (?1, ?2, ?3, 'owner', ?4)",
            )?,
            workspace: c.prepare(
                "INSERT INTO workspaces (id, organization_id, name, description, type, created_at) VALUES (?1, ?2, 'Default', '', 'default', ?3)",
            )?,
            workspace_member: c.prepare(
                "INSERT INTO workspace_members (id, workspace_id, user_id, role, created_at) VALUES (?1, ?2, ?3, 'owner', ?4)",
            )?,
            project: c.prepare(
                "INSERT INTO projects (id, organization_id, workspace_id, project_name, is_default, created_at) VALUES (?1, ?2, ?3, 'Default', 1, ?4)",
            )?,
            project_member: c.prepare(
                "INSERT INTO project_members (id, project_id, user_id, role, created_at) VALUES (?1, ?2, ?3, 'owner', ?4)",
            )?,
            audit_event: c.prepare(
                "INSERT INTO audit_events (id, organization_id, actor_id, event, details, created_at) VALUES (?1, ?2, ?3, 'organization.created', ?4, ?5)",
            )?,
            outbox_entry: c.prepare(
                "INSERT INTO outbox (id, topic, payload, due_at) VALUES (?1, 'organization.created', ?2, ?3)",
            )?,
        })
    }

    fn create(&mut self, owner: Uuid, now: i64) -> Result<()> {
        let owner = owner.as_bytes().as_slice();
        let [o, w, p, m1, m2, m3, a, l] = std::array::from_fn(|_| Uuid::now_v7());
        let (o, w, p) = (
            o.as_bytes().as_slice(),
            w.as_bytes().as_slice(),
            p.as_bytes().as_slice(),
        );
        self.organization
            .execute(params![o, "bench organization", "d", FLAGS, owner, now])?;
        self.organization_member
            .execute(params![m1.as_bytes().as_slice(), o, owner, now])?;
        self.workspace.execute(params![w, o, now])?;
        self.workspace_member
            .execute(params![m2.as_bytes().as_slice(), w, owner, now])?;
        self.project.execute(params![p, o, w, now])?;
        self.project_member
            .execute(params![m3.as_bytes().as_slice(), p, owner, now])?;
        self.audit_event
            .execute(params![a.as_bytes().as_slice(), o, owner, DETAILS, now])?;
        self.outbox_entry
            .execute(params![l.as_bytes().as_slice(), PAYLOAD, now])?;
        Ok(())
    }
}

fn insert_for(path: &Path, seconds: f64, batch_size: u32) -> Result<f64> {
    let c = Connection::open(path)?;
    c.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536;")?;
    c.execute_batch(SCHEMA)?;
    let owners: Vec<Uuid> = (0..64).map(|_| Uuid::now_v7()).collect();
    for (i, owner) in owners.iter().enumerate() {
        c.execute(
            "INSERT INTO users (id, email) VALUES (?1, ?2)",
            params![owner.as_bytes().as_slice(), i.to_string()],
        )?;
    }
    let (mut begin, mut commit) = (c.prepare("BEGIN IMMEDIATE")?, c.prepare("COMMIT")?);
    let mut inserts = Inserts::prepare(&c)?;
    let (started, mut created, mut now) = (Instant::now(), 0_u64, 1_795_430_000_000_000_i64);
    while started.elapsed().as_secs_f64() < seconds {
        begin.execute([])?;
        for _ in 0..batch_size {
            now += 1;
            inserts.create(owners[(created % 64) as usize], now)?;
            created += 1;
        }
        commit.execute([])?;
    }
    Ok(created as f64 / started.elapsed().as_secs_f64())
}
