//! A service asks whether its caller may do something. A yes comes with a token
//! that lets the service act in the caller's name; a no never says why.

use freehold_domain::{Permission, Refusal};
use uuid::Uuid;

use super::{Caller, Scope};
use crate::command::Outcome;
use crate::runtime::App;

/// What a service asks, as it was written. All of it is optional to write, and
/// most of it is not to do without.
#[derive(Clone, Debug, Default)]
pub struct PermissionQuestion {
    /// A permission.
    pub action: Option<String>,
    /// `project`, `workspace` or `organization`.
    pub scope_type: Option<String>,
    /// Its id. It has to be the one that the request works in.
    pub scope_id: Option<String>,
    /// `service` or `local_secrets`.
    pub resource_type: Option<String>,
}

/// What services ask about. Whoever has the permission may use either; an
/// edition may count what is used.
const RESOURCE_TYPES: [&str; 2] = ["service", "local_secrets"];

impl PermissionQuestion {
    /// Whether it is about the place that the request works in. A question
    /// that names none is.
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
    /// A token for the service, if `caller` may do what it asks about.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] for everything else.
    pub fn check_permission(
        &self,
        caller: &Caller,
        question: &PermissionQuestion,
    ) -> Outcome<String> {
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
