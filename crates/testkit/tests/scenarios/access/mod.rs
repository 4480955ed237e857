//! Access: who may enter, what roles, permissions and API keys allow, and in which project.

mod access_matrix;
mod api_keys;
mod entry;
mod permission_check;
mod privilege_escalation;
mod rank;
mod revocation;
mod roles;
mod scopes;
