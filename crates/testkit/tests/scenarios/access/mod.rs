//! Access: sign-up policies, roles, permissions, API keys and the scope of requests.

mod access_matrix;
mod added_permissions;
mod api_keys;
mod entry;
mod permission_check;
mod privilege_escalation;
mod rank;
mod revocation;
mod roles;
mod scopes;
