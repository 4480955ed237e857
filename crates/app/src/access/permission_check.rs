//! Permission checks for services. If the caller has the permission, the service
//! gets a token to act on their behalf. A refusal has no reason, unless the
//! permission does not exist.

use freehold_domain::{PermissionCatalog, PermissionRef, Refusal, closest_name};
use secrecy::SecretString;
use uuid::Uuid;

use super::{Caller, Scope};
use crate::command::Outcome;
use crate::runtime::App;

/// A permission check that a service asks for, as unparsed text. No field is
/// required in the request, but a check without `action` or `resource_type` is
/// refused.
#[derive(Clone, Debug, Default)]
pub struct PermissionCheck {
    /// The permission.
    pub action: Option<String>,
    /// `project`, `workspace` or `organization`.
    pub scope_type: Option<String>,
    /// The id of the scope, which has to be the scope of the request.
    pub scope_id: Option<String>,
    /// `service` or `local_secrets`.
    pub resource_type: Option<String>,
}

/// The resource types that services ask about. The permission covers both; an
/// edition may count their use.
const RESOURCE_TYPES: [&str; 2] = ["service", "local_secrets"];

impl PermissionCheck {
    /// Returns whether the check is about the scope of the request, or
    /// names no scope.
    fn matches_scope(&self, scope: &Scope) -> bool {
        let record = scope.record();
        let scope_id = match self.scope_type.as_deref() {
            None => return self.scope_id.is_none(),
            Some("project") => record.project.uuid(),
            Some("workspace") => record.workspace.uuid(),
            Some("organization") => record.organization.uuid(),
            Some(_) => return false,
        };
        let requested = self.scope_id.as_deref().map(Uuid::try_parse);
        matches!(requested, Some(Ok(id)) if id == scope_id)
    }

    fn has_known_resource_type(&self) -> bool {
        let requested = self.resource_type.as_deref();
        requested.is_some_and(|requested| RESOURCE_TYPES.contains(&requested))
    }
}

impl App {
    /// Returns a token for the service if `caller` has the permission.
    ///
    /// # Errors
    /// [`Refusal::UnknownPermission`] if no such permission exists;
    /// [`Refusal::NotPermitted`] for everything else.
    pub fn check_permission(
        &self,
        caller: &Caller,
        check: &PermissionCheck,
    ) -> Outcome<SecretString> {
        let (Some(action), Some(scope)) = (check.action.as_deref(), &caller.scope) else {
            return Err(Refusal::NotPermitted.into());
        };
        let permissions = self.permissions();
        let action = permissions
            .find(action)
            .ok_or_else(|| unknown_permission(action, permissions))?;
        let is_valid = check.matches_scope(scope) && check.has_known_resource_type();
        if !is_valid || super::check_project_permission(caller, action).is_err() {
            return Err(Refusal::NotPermitted.into());
        }
        let key = &self.settings().service_key;
        key.token(caller, scope, self.now())
    }
}

/// Returns the refusal of a check of `name`, which no permission has.
fn unknown_permission(name: &str, permissions: &PermissionCatalog) -> Refusal {
    let names = permissions.iter().map(PermissionRef::as_str);
    let reason = match closest_name(name, names) {
        Some(closest) => format!("action: there is no such permission; did you mean {closest}?"),
        None => {
            "action: there is no such permission; GET /workspaces/permissions lists them".to_owned()
        }
    };
    Refusal::UnknownPermission { reason }
}
