//! The rules that the schema holds by itself, shown by raw SQL on both
//! engines: what breaks a rule is refused by that rule, and what comes closest
//! to it without breaking it is not. Here: owners, users, uniqueness.

use freehold_store::Engine;
use freehold_testkit::{TestDatabase, on_each_database};

use crate::fixtures::database::{SampleDatabase, id};

/// Refused, and by this rule: the constraint in PostgreSQL, and what SQLite
/// says in its place.
pub(crate) async fn expect_refused(db: &TestDatabase, postgres: &str, sqlite: &str, sql: &str) {
    let Err(expect_refused) = db.execute(sql).await else {
        panic!("{:?} did it: {sql}", db.engine());
    };
    match db.engine() {
        Engine::Postgres => assert_eq!(
            expect_refused.constraint.as_deref(),
            Some(postgres),
            "{expect_refused}"
        ),
        Engine::Sqlite => assert!(expect_refused.message.ends_with(sqlite), "{expect_refused}"),
    }
}

pub(crate) async fn expect_allowed(db: &TestDatabase, sql: &str) {
    if let Err(expect_refused) = db.execute(sql).await {
        panic!("{:?} refused {sql}: {expect_refused}", db.engine());
    }
}

/// SQLite does not say which reference it was.
pub(crate) const FOREIGN_KEY_FAILED: &str = "FOREIGN KEY constraint failed";

#[tokio::test]
async fn an_owner_is_a_member_with_the_role_owner() {
    on_each_database(async |db| {
        let SampleDatabase {
            ada,
            bob,
            cleo,
            acme,
            ada_in_acme,
            bob_in_acme,
            ..
        } = SampleDatabase::create(db).await;
        let rule = "fk_organizations_owner_member";
        let (other, membership) = (id(db, 11), id(db, 43));

        let orphan = format!("INSERT INTO organizations (id, owner_id) VALUES ({other}, {cleo});");
        expect_refused(db, rule, FOREIGN_KEY_FAILED, &orphan).await;
        let member = |role| {
            format!(
                "INSERT INTO organization_members (id, user_id, organization_id, role)
                 VALUES ({membership}, {cleo}, {other}, '{role}');"
            )
        };
        expect_refused(
            db,
            rule,
            FOREIGN_KEY_FAILED,
            &format!("{orphan} {}", member("admin")),
        )
        .await;
        expect_allowed(db, &format!("{orphan} {}", member("owner"))).await;

        let demote =
            format!("UPDATE organization_members SET role = 'admin' WHERE id = {ada_in_acme};");
        let promote =
            format!("UPDATE organization_members SET role = 'owner' WHERE id = {bob_in_acme};");
        let transfer_ownership =
            format!("UPDATE organizations SET owner_id = {bob} WHERE id = {acme};");
        expect_refused(db, rule, FOREIGN_KEY_FAILED, &demote).await;
        expect_refused(db, rule, FOREIGN_KEY_FAILED, &transfer_ownership).await;
        expect_refused(
            db,
            rule,
            FOREIGN_KEY_FAILED,
            &format!("DELETE FROM organization_members WHERE user_id = {ada}"),
        )
        .await;
        expect_allowed(db, &format!("{demote} {promote} {transfer_ownership}")).await;
    })
    .await;
}

#[tokio::test]
async fn an_organization_has_one_owner() {
    on_each_database(async |db| {
        let SampleDatabase {
            cleo,
            acme,
            bob_in_acme,
            ..
        } = SampleDatabase::create(db).await;
        let columns = "organization_members.organization_id";
        let rule = "uq_organization_members_one_owner";
        let promote =
            format!("UPDATE organization_members SET role = 'owner' WHERE id = {bob_in_acme}");
        expect_refused(db, rule, columns, &promote).await;
        let add = |role| {
            format!(
                "INSERT INTO organization_members (id, user_id, organization_id, role)
                 VALUES ({}, {cleo}, {acme}, '{role}')",
                id(db, 43)
            )
        };
        expect_refused(db, rule, columns, &add("owner")).await;
        expect_allowed(db, &add("admin")).await;
        expect_refused(
            db,
            "organizations_owner_role_check",
            "owner_role = 'owner'",
            &format!("UPDATE organizations SET owner_role = 'admin' WHERE id = {acme}"),
        )
        .await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn membership_is_unique() {
    on_each_database(async |db| {
        let SampleDatabase {
            bob,
            cleo,
            acme,
            workspace,
            project,
            ..
        } = SampleDatabase::create(db).await;
        let levels = [
            (
                "uq_organization_members_organization_user",
                "organization_members.organization_id, organization_members.user_id",
                "organization_members (id, user_id, organization_id, role)",
                format!("{acme}, 'admin'"),
            ),
            (
                "uq_workspace_members_workspace_user",
                "workspace_members.workspace_id, workspace_members.user_id",
                "workspace_members (id, user_id, workspace_id, organization_id)",
                format!("{workspace}, {acme}"),
            ),
            (
                "uq_project_members_project_user",
                "project_members.project_id, project_members.user_id",
                "project_members (id, user_id, project_id, workspace_id)",
                format!("{project}, {workspace}"),
            ),
        ];
        for (n, (rule, columns, into, scope)) in levels.into_iter().enumerate() {
            let add = |user: &str| {
                format!(
                    "INSERT INTO {into} VALUES ({}, {user}, {scope})",
                    id(db, 90 + n as u128)
                )
            };
            expect_refused(db, rule, columns, &add(&bob)).await;
            expect_allowed(db, &add(&cleo)).await;
        }
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn email_is_normalized_and_unique() {
    on_each_database(async |db| {
        SampleDatabase::create(db).await;
        let add = |email: &str| {
            format!(
                "INSERT INTO users (id, email) VALUES ({}, '{email}')",
                id(db, 5)
            )
        };
        expect_refused(db, "users_email_key", "users.email", &add("ada@acme.test")).await;
        expect_refused(
            db,
            "users_email_normal",
            "users_email_normal",
            &add("Ada@acme.test"),
        )
        .await;
        expect_refused(
            db,
            "users_email_normal",
            "users_email_normal",
            &add("ada@ACME.test"),
        )
        .await;
        expect_allowed(db, &add("ada.l@acme.test")).await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn login_identity_is_unique() {
    on_each_database(async |db| {
        let SampleDatabase { ada, bob, .. } = SampleDatabase::create(db).await;
        let add = |user: &str, method: &str| {
            format!(
                "INSERT INTO user_identities (id, user_id, method, subject)
                 VALUES ({}, {user}, '{method}', 'ada@acme.test')",
                id(db, 90)
            )
        };
        let (rule, columns) = (
            "uq_user_identities_method_subject",
            "user_identities.method, user_identities.subject",
        );
        expect_refused(db, rule, columns, &add(&bob, "email:password")).await;
        expect_allowed(db, &add(&ada, "email:otp")).await;
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn owner_cannot_be_deleted() {
    on_each_database(async |db| {
        let SampleDatabase { ada, bob, cleo, .. } = SampleDatabase::create(db).await;
        let delete_user = |user: &str| format!("DELETE FROM users WHERE id = {user}");
        expect_refused(
            db,
            "fk_organizations_owner_id_users",
            FOREIGN_KEY_FAILED,
            &delete_user(&ada),
        )
        .await;
        expect_allowed(db, &delete_user(&cleo)).await;
        // A member who owns nothing is deleted, with all rows that refer to the membership.
        expect_allowed(db, &delete_user(&bob)).await;
        assert_eq!(
            db.query_number("SELECT count(*) FROM organization_members")
                .await,
            1
        );
        assert_eq!(
            db.query_number("SELECT count(*) FROM project_members")
                .await,
            1
        );
        assert_eq!(db.query_number("SELECT count(*) FROM api_keys").await, 0);
        assert_eq!(
            db.query_number("SELECT count(*) FROM organizations").await,
            1
        );
        db.expect_clean().await;
    })
    .await;
}

#[tokio::test]
async fn slugs_and_prefixes_are_unique() {
    on_each_database(async |db| {
        let SampleDatabase {
            ada,
            bob,
            acme,
            project,
            ..
        } = SampleDatabase::create(db).await;
        let hex = "0b".repeat(32);
        let key = |prefix: &str| {
            format!(
                "INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id)
                 VALUES ({}, '{prefix}', '{prefix}.{hex}', {project}, {bob})",
                id(db, 91)
            )
        };
        expect_refused(
            db,
            "uq_api_keys_prefix",
            "api_keys.prefix",
            &key("aB3dE6gH"),
        )
        .await;
        // Capitals are significant.
        expect_allowed(db, &key("AB3dE6gH")).await;

        let resource = |kind: &str, n: u128| {
            format!(
                "INSERT INTO resources (id, project_id, kind, slug)
                 VALUES ({}, {project}, '{kind}', 'first')",
                id(db, 92 + n)
            )
        };
        expect_refused(
            db,
            "uq_resources_project_kind_slug",
            "resources.project_id, resources.kind, resources.slug",
            &resource("testset", 0),
        )
        .await;
        expect_allowed(db, &resource("evaluator", 0)).await;
        expect_refused(
            db,
            "resources_kind_check",
            "kind IN ('testset', 'evaluator', 'environment')",
            &resource("poem", 1),
        )
        .await;

        expect_allowed(
            db,
            &format!("UPDATE organizations SET slug = 'acme' WHERE id = {acme}"),
        )
        .await;
        let second = |slug: &str| {
            format!(
                "INSERT INTO organizations (id, slug, owner_id) VALUES ({0}, '{slug}', {ada});
                 INSERT INTO organization_members (id, user_id, organization_id, role)
                 VALUES ({1}, {ada}, {0}, 'owner');",
                id(db, 12),
                id(db, 44)
            )
        };
        expect_refused(
            db,
            "uq_organizations_slug",
            "organizations.slug",
            &second("acme"),
        )
        .await;
        expect_allowed(db, &second("acme-2")).await;
    })
    .await;
}
