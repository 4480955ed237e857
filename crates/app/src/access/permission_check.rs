//! Permission checks for services. If the caller has the permission, the service
//! gets a token to act on their behalf; a refusal has no reason.

use freehold_domain::{Permission, Refusal};
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
    /// Returns whether the question is about the scope of the request, or
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
    /// [`Refusal::NotPermitted`] for everything else.
    pub fn check_permission(
        &self,
        caller: &Caller,
        question: &PermissionCheck,
    ) -> Outcome<SecretString> {
        let action = question.action.as_deref();
        let action: Option<Permission> = action.and_then(|text| text.parse().ok());
        let (Some(action), Some(scope)) = (action, &caller.scope) else {
            return Err(Refusal::NotPermitted.into());
        };
        let is_valid = question.matches_scope(scope) && question.has_known_resource_type();
        if !is_valid || super::check_project_permission(caller, action).is_err() {
            return Err(Refusal::NotPermitted.into());
        }
        let key = &self.settings().service_key;
        key.token(caller, scope, self.now())
    }
}
