//! The list of all statements of this crate, so that a test can have both engines
//! prepare them: the compiler does not check SQL.

use crate::engine::{Insert, Sql, migration};
use crate::schema::{doctor, migrations};
use crate::{
    access, accounts, audit, auth, content, email, idempotency, invitations, jobs, locks, members,
    operators, organizations, outbox, retention, server_keys,
};

/// One row, and the smallest chunk of many rows.
const INSERT_SIZES: [usize; 2] = [1, 16];

/// Returns every statement of this crate. A file with statements is listed here by
/// its `ALL`, and in [`inserts`] by its `INSERTS` if it has any.
pub fn statements() -> Vec<&'static Sql> {
    let declared: &[&[&'static Sql]] = &[
        access::api_keys::ALL,
        access::callers::ALL,
        accounts::identities::ALL,
        accounts::passwords::ALL,
        accounts::users::ALL,
        audit::read::ALL,
        auth::attempts::ALL,
        auth::password_resets::ALL,
        auth::sessions::ALL,
        auth::sign_in::ALL,
        content::resources::ALL,
        email::data::ALL,
        email::jobs::ALL,
        idempotency::ALL,
        invitations::accept_and_decline::ALL,
        invitations::issue::ALL,
        invitations::addresses_in_use::ALL,
        invitations::links::ALL,
        invitations::list::ALL,
        invitations::revoke::ALL,
        jobs::ALL,
        locks::ALL,
        members::context::ALL,
        members::join::ALL,
        members::read::ALL,
        members::remove::ALL,
        members::roles::ALL,
        operators::deprovisioning::ALL,
        operators::details::ALL,
        operators::lookup::ALL,
        operators::explain::ALL,
        operators::imports::ALL,
        operators::keys::ALL,
        operators::provisioning::ALL,
        operators::provisioning::workspaces::ALL,
        operators::search::ALL,
        organizations::delete::ALL,
        organizations::projects::ALL,
        organizations::read::ALL,
        organizations::transfer::ALL,
        organizations::update::ALL,
        organizations::workspaces::ALL,
        outbox::ALL,
        retention::ALL,
        server_keys::ALL,
        migration::ALL,
    ];
    let sized = inserts()
        .into_iter()
        .flat_map(|insert| INSERT_SIZES.map(|rows| insert.sql(rows)));
    declared
        .iter()
        .copied()
        .flatten()
        .copied()
        .chain(sized)
        .collect()
}

/// Returns every table that rows are inserted into in bulk, with the columns to
/// fill.
pub fn inserts() -> Vec<&'static Insert> {
    let all: &[&[&'static Insert]] = &[
        access::api_keys::INSERTS,
        accounts::identities::INSERTS,
        accounts::passwords::INSERTS,
        accounts::users::INSERTS,
        audit::write::INSERTS,
        auth::password_resets::INSERTS,
        auth::sessions::INSERTS,
        content::resources::INSERTS,
        idempotency::INSERTS,
        invitations::issue::INSERTS,
        invitations::links::INSERTS,
        members::insert::INSERTS,
        operators::keys::INSERTS,
        organizations::create::INSERTS,
        outbox::INSERTS,
    ];
    all.iter().copied().flatten().copied().collect()
}

/// Returns the statements of `doctor`, which may differ between engines.
pub fn doctor_statements(engine: crate::Engine) -> Vec<&'static Sql> {
    doctor::statements(engine)
}

/// Returns a fingerprint of the schema on PostgreSQL, which changes with the
/// migrations.
pub fn schema_fingerprint() -> String {
    let history: String = migrations::ALL.iter().map(|step| step.postgres).collect();
    hex::encode(&migration::checksum(&history)[..8])
}
