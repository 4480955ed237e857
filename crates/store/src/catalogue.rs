//! Every statement of this crate in one list, so that a test can have both
//! engines prepare them: nothing checks SQL when it is compiled.

use crate::seam::{Insert, Sql};
use crate::{
    api_keys, bulk_invitations, callers, directory, doctor, founding, invitation_answers,
    invitation_links, invitation_lists, invitations, joining, letters, members, migrations,
    organizations, projects, records, removal, resources, sessions, standing, users, workspaces,
};

/// One row, and the smallest size in which many rows travel.
const SIZES: [usize; 2] = [1, 16];

/// Every statement that the crate can run. A new table file adds its `ALL`,
/// and its `INSERTS` if it has any.
pub fn statements() -> Vec<&'static Sql> {
    let written: &[&[&'static Sql]] = &[
        api_keys::ALL,
        bulk_invitations::ALL,
        callers::ALL,
        directory::ALL,
        invitation_answers::ALL,
        invitation_links::ALL,
        invitation_lists::ALL,
        invitations::ALL,
        joining::ALL,
        letters::ALL,
        members::ALL,
        organizations::ALL,
        projects::ALL,
        records::ALL,
        removal::ALL,
        resources::ALL,
        sessions::ALL,
        standing::ALL,
        users::ALL,
        workspaces::ALL,
        migrations::ALL_STATEMENTS,
    ];
    let inserts: &[&[&'static Insert]] = &[
        api_keys::INSERTS,
        founding::INSERTS,
        invitation_links::INSERTS,
        invitations::INSERTS,
        projects::INSERTS,
        records::INSERTS,
        sessions::INSERTS,
        users::INSERTS,
        workspaces::INSERTS,
    ];
    let sized = inserts
        .iter()
        .copied()
        .flatten()
        .flat_map(|insert| SIZES.map(|rows| insert.sql(rows)));
    written
        .iter()
        .copied()
        .flatten()
        .copied()
        .chain(sized)
        .collect()
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
