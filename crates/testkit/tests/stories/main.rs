//! Stories, told to SQLite and to PostgreSQL, each in a database of its own.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails may say so by panicking"
)]

mod accounts;
mod admission;
mod bulk_invitations;
mod content;
mod corruptions;
mod deletion;
mod doctor;
mod doctor_speed;
mod doors;
mod errors;
mod events;
mod explain;
mod extensions;
mod faults;
mod hijacks;
mod idempotency;
mod imports;
mod invitation_inbox;
mod invitation_links;
mod invitations;
mod keys;
mod mail;
mod member_passwords;
mod members;
mod nasty;
mod operator_deletes;
mod operator_passwords;
mod operator_reads;
mod operator_transfers;
mod operators;
mod organizations;
mod passwords;
mod permission_check;
mod projects_written;
mod provisioning;
mod provisioning_core;
mod race_list;
mod races;
mod rank;
mod rehearsals;
mod removals;
mod revocation;
mod roles;
mod round_trips;
mod schema;
mod schema_chain;
mod scopes;
mod seam;
mod seam_bulk;
mod seam_postgres;
mod seam_told;
mod sessions;
mod statements;
mod tokens;
mod tour;
mod town;
mod traces;
mod transfer;
mod web_client;
mod workspaces;
