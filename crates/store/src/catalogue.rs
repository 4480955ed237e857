//! Every statement of this crate in one list, so that a test can have both
//! engines prepare them: nothing checks SQL when it is compiled.

use crate::seam::{Insert, Sql};
use crate::{
    account_file, api_keys, audit_log, bulk_accounts, bulk_invitations, bulk_lookups, bulk_members,
    bulk_passwords, callers, deprovisioning, directory, doctor, explaining, founding, handover,
    holding, imports, invitation_answers, invitation_links, invitation_lists, invitations, joining,
    letters, members, migrations, operator_keys, organizations, outbox_state, projects, records,
    removal, resources, search, sessions, standing, users, withdrawal, workspaces,
};

/// One row, and the smallest size in which many rows travel.
const SIZES: [usize; 2] = [1, 16];

/// Every statement that the crate can run. A new table file adds its `ALL`,
/// and its `INSERTS` if it has any.
pub fn statements() -> Vec<&'static Sql> {
    let written: &[&[&'static Sql]] = &[
        api_keys::ALL,
        bulk_accounts::ALL,
        bulk_invitations::ALL,
        bulk_lookups::ALL,
        bulk_lookups::inside::ALL,
        bulk_members::ALL,
        bulk_passwords::ALL,
        callers::ALL,
        deprovisioning::ALL,
        directory::ALL,
        founding::ALL,
        handover::ALL,
        holding::ALL,
        imports::ALL,
        invitation_answers::ALL,
        invitation_links::ALL,
        invitation_lists::ALL,
        invitations::ALL,
        joining::ALL,
        letters::ALL,
        members::ALL,
        operator_keys::ALL,
        organizations::ALL,
        projects::ALL,
        records::ALL,
        removal::ALL,
        resources::ALL,
        sessions::ALL,
        standing::ALL,
        users::ALL,
        withdrawal::ALL,
        workspaces::ALL,
        account_file::ALL,
        audit_log::ALL,
        explaining::ALL,
        outbox_state::ALL,
        search::ALL,
        migrations::ALL_STATEMENTS,
    ];
    let sized = inserts()
        .into_iter()
        .flat_map(|insert| SIZES.map(|rows| insert.sql(rows)));
    written
        .iter()
        .copied()
        .flatten()
        .copied()
        .chain(sized)
        .collect()
}

/// Every table that many rows are added to at once, with the columns that are
/// filled.
pub fn inserts() -> Vec<&'static Insert> {
    let all: &[&[&'static Insert]] = &[
        api_keys::INSERTS,
        bulk_accounts::INSERTS,
        bulk_members::INSERTS,
        founding::INSERTS,
        invitation_links::INSERTS,
        invitations::INSERTS,
        operator_keys::INSERTS,
        projects::INSERTS,
        records::INSERTS,
        sessions::INSERTS,
        users::INSERTS,
        workspaces::INSERTS,
    ];
    all.iter().copied().flatten().copied().collect()
}

/// The statements that `doctor` reads with, which may differ between engines.
pub fn doctor_statements(engine: crate::Engine) -> Vec<&'static Sql> {
    doctor::statements(engine)
}

/// Names the schema that this program makes on PostgreSQL: another history,
/// another name.
pub fn schema_fingerprint() -> String {
    let history: String = migrations::ALL.iter().map(|step| step.postgres).collect();
    migrations::checksum(&history)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
