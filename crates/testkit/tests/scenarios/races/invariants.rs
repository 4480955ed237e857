//! Invariants of members and organizations, which hold after any concurrent
//! requests.
//!
//! Many of them are also constraints of the schema or checks of `doctor`. They are
//! written independently here, so that a race is not judged by its own
//! protection.

use freehold_testkit::{TestDatabase, on_each_database};

use crate::fixtures::database::{SampleDatabase, id};

/// A name, and a query that counts the violations.
type Invariant = (&'static str, &'static str);

const INVARIANTS: &[Invariant] = &[
    (
        "an organization has one owner",
        "SELECT count(*) FROM organizations o
          WHERE 1 <> (SELECT count(*) FROM organization_members m
                       WHERE m.organization_id = o.id AND m.role = 'owner')",
    ),
    (
        "its owner is a member of it",
        "SELECT count(*) FROM organizations o
          WHERE NOT EXISTS (SELECT 1 FROM organization_members m
                             WHERE m.organization_id = o.id AND m.user_id = o.owner_id
                               AND m.role = 'owner')",
    ),
    (
        "only the owner has the role owner below",
        "SELECT count(*) FROM organizations o
           JOIN projects p ON p.organization_id = o.id
           JOIN project_members m ON m.project_id = p.id
          WHERE m.role = 'owner' AND m.user_id <> o.owner_id",
    ),
    (
        "a member of a workspace is a member of its organization",
        "SELECT count(*) FROM workspace_members wm
          WHERE NOT EXISTS (SELECT 1 FROM organization_members om
                             WHERE om.organization_id = wm.organization_id
                               AND om.user_id = wm.user_id)",
    ),
    (
        "a member of a workspace is in every project of it",
        "SELECT count(*) FROM workspace_members wm
           JOIN projects p ON p.workspace_id = wm.workspace_id
          WHERE NOT EXISTS (SELECT 1 FROM project_members pm
                             WHERE pm.project_id = p.id AND pm.user_id = wm.user_id)",
    ),
    (
        "a member of a project is a member of its workspace",
        "SELECT count(*) FROM project_members pm
           JOIN projects p ON p.id = pm.project_id
          WHERE NOT EXISTS (SELECT 1 FROM workspace_members wm
                             WHERE wm.workspace_id = p.workspace_id AND wm.user_id = pm.user_id)",
    ),
    (
        "a member has one role",
        "SELECT count(*) FROM workspace_members wm
           JOIN project_members pm ON pm.workspace_id = wm.workspace_id AND pm.user_id = wm.user_id
          WHERE pm.role <> wm.role",
    ),
    (
        "no user is a member twice",
        "SELECT count(*) FROM
            (SELECT 1 FROM workspace_members GROUP BY workspace_id, user_id HAVING count(*) > 1
             UNION ALL
             SELECT 1 FROM project_members GROUP BY project_id, user_id HAVING count(*) > 1
             UNION ALL
             SELECT 1 FROM organization_members GROUP BY organization_id, user_id HAVING count(*) > 1)
            AS twice",
    ),
    (
        "who has a key is a member of its project",
        "SELECT count(*) FROM api_keys k
          WHERE NOT EXISTS (SELECT 1 FROM project_members pm
                             WHERE pm.project_id = k.project_id AND pm.user_id = k.created_by_id)",
    ),
    (
        "an address has at most one open invitation",
        "SELECT count(*) FROM
            (SELECT 1 FROM project_invitations WHERE status = 'pending'
              GROUP BY workspace_id, lower(email) HAVING count(*) > 1) AS several",
    ),
    (
        "every invitee who accepted has joined, unless they left",
        "SELECT count(*) FROM project_invitations i
          WHERE i.status = 'accepted' AND i.user_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM workspace_members wm
                             WHERE wm.workspace_id = i.workspace_id AND wm.user_id = i.user_id)
            AND NOT EXISTS (SELECT 1 FROM audit_events e
                             WHERE e.organization_id = i.organization_id
                               AND e.target_id = i.user_id AND e.refused IS NULL
                               AND e.action IN ('member.removed', 'member.left'))",
    ),
    (
        "an invitation says of itself whether it is used",
        "SELECT count(*) FROM project_invitations
          WHERE used <> (status = 'accepted') OR (used AND answered_at IS NULL)",
    ),
    (
        "a workspace has one default project",
        "SELECT count(*) FROM workspaces w
          WHERE 1 <> (SELECT count(*) FROM projects p
                       WHERE p.workspace_id = w.id AND p.is_default)",
    ),
];

/// The names of the violated invariants.
pub(super) async fn invariants(db: &TestDatabase) -> Vec<String> {
    let queries: Vec<String> = INVARIANTS
        .iter()
        .map(|(name, count)| format!("SELECT '{name}' AS name, ({count}) AS wrong"))
        .collect();
    let queries = queries.join(" UNION ALL ");
    let sql = format!("SELECT 'not so: ' || name FROM ({queries}) AS all_of_them WHERE wrong > 0");
    db.query_texts(&sql).await
}

/// The constraint that would refuse the violation even without locks.
fn forbidding_constraint(invariant: &str) -> Option<(&'static str, &'static str)> {
    Some(match invariant {
        "no user is a member twice" => ("workspace_members", "uq_workspace_members_workspace_user"),
        "an address has at most one open invitation" => {
            ("project_invitations", "uq_project_invitations_one_open")
        }
        "an invitation says of itself whether it is used" => {
            ("project_invitations", "project_invitations_used")
        }
        _ => return None,
    })
}

/// Each violation is detected, on both engines.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_invariant_violation_is_detected() {
    let seeded = |db: &TestDatabase, sample: &SampleDatabase| {
        let SampleDatabase {
            ada,
            bob,
            cleo,
            acme,
            workspace,
            project,
            ..
        } = sample;
        let [a, b, c] = [1_001, 1_002, 1_003].map(|n| id(db, n));
        let invitation = |id: &str, email: &str, status: &str, user: &str| {
            let used = status == "accepted";
            let token = id.replace('\'', "");
            format!(
                "INSERT INTO project_invitations (id, token, email, role, status, used, answered_at,
                        user_id, project_id, workspace_id, organization_id)
                 VALUES ({id}, '{token}', '{email}', 'viewer', '{status}', {used},
                        {}, {user}, {project}, {workspace}, {acme});",
                crate::fixtures::database::sql_seconds(db, 1_760_000_000)
            )
        };
        vec![
            (
                "an organization has one owner",
                "UPDATE organization_members SET role = 'viewer' WHERE role = 'owner'".to_owned(),
            ),
            (
                "its owner is a member of it",
                format!("UPDATE organizations SET owner_id = {cleo}"),
            ),
            (
                "only the owner has the role owner below",
                format!("UPDATE project_members SET role = 'owner' WHERE user_id = {bob}"),
            ),
            (
                "a member of a workspace is a member of its organization",
                format!("DELETE FROM organization_members WHERE user_id = {bob}"),
            ),
            (
                "a member of a workspace is in every project of it",
                format!(
                    "INSERT INTO projects (id, project_name, organization_id, workspace_id)
                     VALUES ({a}, 'Second', {acme}, {workspace})"
                ),
            ),
            (
                "a member of a project is a member of its workspace",
                format!("DELETE FROM workspace_members WHERE user_id = {bob}"),
            ),
            (
                "a member has one role",
                format!("UPDATE project_members SET role = 'admin' WHERE user_id = {bob}"),
            ),
            (
                "no user is a member twice",
                format!(
                    "INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role)
                     VALUES ({a}, {bob}, {workspace}, {acme}, 'editor')"
                ),
            ),
            (
                "who has a key is a member of its project",
                format!("UPDATE api_keys SET created_by_id = {cleo}"),
            ),
            (
                "an address has at most one open invitation",
                invitation(&a, "new@else.test", "pending", "NULL")
                    + &invitation(&b, "new@else.test", "pending", "NULL"),
            ),
            (
                "every invitee who accepted has joined, unless they left",
                invitation(&a, "cleo@else.test", "accepted", cleo),
            ),
            (
                "an invitation says of itself whether it is used",
                invitation(&c, "bob@acme.test", "accepted", bob)
                    + "UPDATE project_invitations SET used = false;",
            ),
            (
                "a workspace has one default project",
                format!("UPDATE projects SET is_default = false WHERE id = {project}"),
            ),
            // A consistent state has no violations.
            (
                "",
                invitation(&a, "cleo@else.test", "accepted", cleo)
                    + &format!(
                        "INSERT INTO audit_events (id, at, action, actor_kind, actor_id, organization_id, target_id)
                         VALUES ({b}, {}, 'member.removed', 'user', {ada}, {acme}, {cleo});",
                        crate::fixtures::database::sql_seconds(db, 1_760_000_000)
                    )
                    + &invitation(&c, "new@else.test", "pending", "NULL"),
            ),
        ]
    };
    on_each_database(async |first| {
        let sample = SampleDatabase::create(first).await;
        assert_eq!(invariants(first).await, Vec::<String>::new());
        let all = seeded(first, &sample);
        for (name, _) in INVARIANTS {
            assert!(all.iter().any(|(seeded, _)| seeded == name), "{name}");
        }
        for (n, (name, _)) in all.into_iter().enumerate() {
            let db = TestDatabase::new(first.engine()).await;
            let sample = SampleDatabase::create(&db).await;
            if let Some((table, rule)) = forbidding_constraint(name) {
                db.drop_constraint(table, rule).await;
            }
            let (_, sql) = seeded(&db, &sample).swap_remove(n);
            db.execute_without_constraints(&sql).await.unwrap();
            let found = invariants(&db).await;
            if name.is_empty() {
                assert_eq!(found, Vec::<String>::new());
            } else {
                let expected = format!("not so: {name}");
                assert!(found.contains(&expected), "{expected}: {found:?}");
            }
        }
    })
    .await;
}
