//! Rows are deleted when their retention has ended, and no others.

use std::time::Duration;

use freehold_app::Retention;
use freehold_domain::{Clock, RandomSource, Timestamp};
use freehold_server::system::SystemRandomSource;
use freehold_testkit::{TestApp, scenario};

use super::{HOUR, SHORT, status, wait_until};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A different retention for each kind of row, so that none is mistaken for
/// another.
fn retention() -> Retention {
    Retention {
        audit_events: Some(10 * DAY),
        undelivered_events: Some(20 * DAY),
        delivered: Some(30 * DAY),
        dead_emails: Some(40 * DAY),
        invitations: Some(50 * DAY),
        imports: Some(60 * DAY),
    }
}

const FOR_EVER: Retention = Retention {
    audit_events: None,
    undelivered_events: None,
    delivered: None,
    dead_emails: None,
    invitations: None,
    imports: None,
};

/// The names of the seeded rows. The first part is the kind, the last part when a
/// row is deleted: `never`, `expired` whatever the settings are, or `old` by them.
const ALL: &str = "
    attempts/open/never attempts/past/expired attempts/recent/never
    audit/bootstrap/never audit/operator/old audit/recent/never audit/user/old
    email/cancelled/old email/dead/old email/dead-recently/never email/queued/never
    email/sent-recently/never event/delivered/old event/delivered-recently/never
    event/undelivered/old event/undelivered-recently/never
    import/done/old import/done-recently/never import/open/never
    invitation/accepted/old invitation/accepted-recently/never invitation/expired/old
    invitation/lapsed/old invitation/open/never invitation/resent/never
    job/known/never job/unknown/expired
    record/past/expired record/valid/never
    reset/past/expired reset/valid/never
    session/past/expired session/recent/never session/valid/never";

struct Seed<'a> {
    app: &'a TestApp,
    now: Timestamp,
}

impl Seed<'_> {
    fn ago(&self, time: Duration) -> String {
        self.app.db().sql_time(self.now - time)
    }

    fn later(&self, time: Duration) -> String {
        self.app.db().sql_time(self.now + time)
    }

    /// A new id that was generated so long ago.
    fn id(&self, age: Duration) -> String {
        let at = self.now - age;
        self.app.db().sql_uuid(SystemRandomSource.uuid(at))
    }

    /// A text as 32 bytes, filled with spaces.
    fn bytes(&self, text: &str) -> String {
        self.app.db().sql_bytes(format!("{text:32}").as_bytes())
    }

    async fn run(&self, sql: String) {
        self.app.db().execute(&sql).await.unwrap();
    }

    async fn rows_that_expire(&self, user: &str) {
        let hash = self.bytes("hash");
        for (name, until) in [
            ("attempts/past/expired", self.ago(2 * HOUR)),
            ("attempts/recent/never", self.ago(HOUR / 120)),
            ("attempts/open/never", self.later(DAY)),
        ] {
            self.run(format!(
                "INSERT INTO attempts (subject, count, until) VALUES ('{name}', 1, {until})"
            ))
            .await;
        }
        for (name, until) in [
            ("session/past/expired", self.ago(2 * HOUR)),
            ("session/recent/never", self.ago(HOUR / 120)),
            ("session/valid/never", self.later(DAY)),
        ] {
            let (id, at) = (self.id(DAY), self.ago(DAY));
            self.run(format!(
                "INSERT INTO sessions (id, user_id, refresh_hash, rotated_at, expires_at, identities,
                                       user_agent, created_at)
                 VALUES ({id}, {user}, {hash}, {at}, {until}, '[]', '{name}', {at})"
            ))
            .await;
        }
        for (name, until) in [
            ("reset/past/expired", self.ago(2 * HOUR)),
            ("reset/valid/never", self.later(DAY)),
        ] {
            let (hash, at) = (self.bytes(name), self.ago(DAY));
            self.run(format!(
                "INSERT INTO password_resets (token_hash, user_id, expires_at, created_at)
                 VALUES ({hash}, {user}, {until}, {at})"
            ))
            .await;
        }
        for (name, until) in [
            ("record/past/expired", self.ago(2 * HOUR)),
            ("record/valid/never", self.later(DAY)),
        ] {
            let id = self.bytes(name);
            self.run(format!(
                "INSERT INTO idempotency_records (id, fingerprint, response, expires_at)
                 VALUES ({id}, {hash}, {hash}, {until})"
            ))
            .await;
        }
        for (name, age) in [("job/known/never", DAY), ("job/unknown/expired", 91 * DAY)] {
            let (id, at, soon) = (self.id(DAY), self.ago(age), self.later(400 * DAY));
            self.run(format!(
                "INSERT INTO jobs (name, runner_id, lease_until, last_started_at, last_finished_at, overdue_at)
                 VALUES ('{name}', {id}, {at}, {at}, {at}, {soon})"
            ))
            .await;
        }
    }

    async fn outbox(&self) {
        for (name, created, delivered, dead) in [
            ("event/undelivered/old", 21, None, None),
            ("event/undelivered-recently/never", 19, None, None),
            ("event/delivered/old", 100, Some(31), None),
            ("event/delivered-recently/never", 100, Some(29), None),
            ("email/cancelled/old", 100, Some(31), None),
            ("email/sent-recently/never", 100, Some(29), None),
            ("email/dead/old", 100, None, Some(41)),
            ("email/dead-recently/never", 100, None, Some(39)),
            ("email/queued/never", 100, None, None),
        ] {
            let topic = name.split('/').next().unwrap();
            let id = self.id(created * DAY);
            let (created, soon) = (self.ago(created * DAY), self.later(DAY));
            let [done, dead] = [delivered, dead].map(|age| match age {
                Some(age) => self.ago(age * DAY),
                None => "NULL".to_owned(),
            });
            self.run(format!(
                "INSERT INTO outbox (id, topic, payload, created_at, available_at, done_at, failed_at, last_error)
                 VALUES ({id}, '{topic}', '{{}}', {created}, {soon}, {done}, {dead}, '{name}')"
            ))
            .await;
        }
    }

    async fn invitations(&self, organization: &str) {
        // Created, status, answered, expires; in days before now.
        for (name, created, status, answered, expires) in [
            ("invitation/accepted/old", 70, "accepted", Some(51), 60),
            (
                "invitation/accepted-recently/never",
                52,
                "accepted",
                Some(49),
                45,
            ),
            ("invitation/expired/old", 70, "expired", None, 51),
            // Its status does not say yet that it has expired.
            ("invitation/lapsed/old", 70, "pending", None, 51),
            // Created long ago, and its link was sent again.
            ("invitation/resent/never", 70, "pending", None, 49),
            ("invitation/open/never", 1, "pending", None, 0),
        ] {
            let id = self.id(created * DAY);
            let (created, expires) = (self.ago(created * DAY), self.ago(expires * DAY));
            let answered = answered.map_or("NULL".to_owned(), |age| self.ago(age * DAY));
            let token = hex::encode(name)
                .chars()
                .cycle()
                .take(64)
                .collect::<String>();
            let used = status == "accepted";
            let expires = match name {
                "invitation/open/never" => self.later(DAY),
                _ => expires,
            };
            self.run(format!(
                "INSERT INTO project_invitations
                     (id, token, email, used, status, role, workspace_id, organization_id,
                      expiration_date, answered_at, created_at)
                 SELECT {id}, '{token}', '{name}', {used}, '{status}', 'viewer', id, organization_id,
                        {expires}, {answered}, {created}
                   FROM workspaces WHERE organization_id = {organization}"
            ))
            .await;
        }
    }

    async fn imports_and_audit_events(&self) {
        for (name, finished) in [
            ("import/done/old", Some(61)),
            ("import/done-recently/never", Some(59)),
            ("import/open/never", None),
        ] {
            let (id, at) = (self.id(100 * DAY), self.ago(100 * DAY));
            let finished = finished.map_or("NULL".to_owned(), |age| self.ago(age * DAY));
            self.run(format!(
                "INSERT INTO imports (id, digest, started_at, updated_at, finished_at)
                 VALUES ({id}, '{name}', {at}, {at}, {finished})"
            ))
            .await;
        }
        for (name, age, operator) in [
            ("audit/user/old", 11, "NULL"),
            ("audit/operator/old", 11, "'bot'"),
            ("audit/bootstrap/never", 11, "'bootstrap'"),
            ("audit/recent/never", 9, "NULL"),
        ] {
            let (id, at) = (self.id(age * DAY), self.ago(age * DAY));
            self.run(format!(
                "INSERT INTO audit_events (id, at, action, actor_kind, actor_name, request_id)
                 VALUES ({id}, {at}, 'organization.created', 'operator', {operator}, '{name}')"
            ))
            .await;
        }
    }
}

/// Inserts all rows, with ages relative to the clock.
async fn seed(app: &TestApp) {
    let ada = app.sign_up("ada").await;
    let organization = app.sql_id(&ada.only_organization_id().await);
    let seed = Seed {
        app,
        now: app.clock().now(),
    };
    seed.rows_that_expire(&app.sql_id(&ada.id)).await;
    seed.outbox().await;
    seed.invitations(&organization).await;
    seed.imports_and_audit_events().await;
}

/// The names of the seeded rows that are there.
async fn remaining(app: &TestApp) -> Vec<String> {
    let bytes = |column: &str| match app.db().engine() {
        freehold_testkit::Engine::Sqlite => {
            format!("rtrim(CAST({column} AS TEXT))")
        }
        freehold_testkit::Engine::Postgres => {
            format!("rtrim(convert_from({column}, 'UTF8'))")
        }
    };
    let sql = format!(
        "SELECT CAST(name AS TEXT) FROM (
             SELECT subject AS name FROM attempts UNION ALL SELECT user_agent FROM sessions
             UNION ALL SELECT {} FROM password_resets
             UNION ALL SELECT {} FROM idempotency_records WHERE length(id) = 32
             UNION ALL SELECT last_error FROM outbox UNION ALL SELECT email FROM project_invitations
             UNION ALL SELECT digest FROM imports UNION ALL SELECT request_id FROM audit_events
             UNION ALL SELECT name FROM jobs) AS named
          WHERE name LIKE '%/%/%'",
        bytes("token_hash"),
        bytes("id"),
    );
    let mut names = app.db().query_texts(&sql).await;
    names.sort();
    names
}

fn expected(is_kept: impl Fn(&str) -> bool) -> Vec<String> {
    let names = ALL.split_whitespace().filter(|name| is_kept(name));
    let mut names: Vec<_> = names.map(str::to_owned).collect();
    names.sort();
    names
}

/// Starts the server again with this retention, and waits until all jobs have run.
async fn purge(app: &mut TestApp, retention: Retention) {
    app.restart(|settings| {
        settings.job_poll_interval = SHORT;
        settings.retention = retention;
    })
    .await;
    let statuses = app.app().job_statuses().await;
    let purges = statuses.iter().filter(|job| job.name.starts_with("purge_"));
    let purges: Vec<_> = purges.map(|job| job.name).collect();
    assert_eq!(purges.len(), 11, "{purges:?}");
    for job in purges {
        let app = &*app;
        wait_until(job, async || status(app.app(), job).await.succeeded > 0).await;
    }
}

scenario!(rows_are_deleted_when_their_retention_ends, async |app| {
    seed(app).await;
    assert_eq!(remaining(app).await, expected(|_| true));
    // Kept for ever, unless they expire by themselves.
    purge(app, FOR_EVER).await;
    assert_eq!(
        remaining(app).await,
        expected(|name| !name.ends_with("/expired"))
    );
    app.clock().advance(HOUR + HOUR / 60);
    purge(app, retention()).await;
    assert_eq!(
        remaining(app).await,
        expected(|name| name.ends_with("/never")
            // These have expired an hour later.
            && !["attempts/recent/never", "session/recent/never"].contains(&name))
    );
    // Invalid on purpose.
    app.db()
        .execute(
            "DELETE FROM project_invitations WHERE email LIKE 'invitation/%';
             DELETE FROM outbox WHERE last_error LIKE 'email/%';",
        )
        .await
        .unwrap();
});
