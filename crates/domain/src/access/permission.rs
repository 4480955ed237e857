//! The built-in permissions that a member of a project can have.
//!
//! Not here: which role has which ([`crate::Role`]), and the permissions that
//! extensions and deployers add ([`crate::PermissionCatalog`]).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Defines the enum, its names and its order from one list.
macro_rules! permissions {
    ($($name:ident = $text:literal,)*) => {
        /// A built-in permission. The order of the variants is the canonical order,
        /// in which the owner's permissions are listed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Permission {
            /// Every built-in permission, in canonical order.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$name,)*];

            /// The number of built-in permissions.
            pub const COUNT: usize = [$(Self::$name,)*].len();

            /// The name in databases and in the API.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }

        impl FromStr for Permission {
            type Err = NotAPermission;

            fn from_str(text: &str) -> Result<Self, NotAPermission> {
                match text {
                    $($text => Ok(Self::$name),)*
                    _ => Err(NotAPermission),
                }
            }
        }
    };
}

permissions! {
    ViewApplications = "view_applications",
    EditApplication = "edit_application",
    RunService = "run_service",
    ViewWebhooks = "view_webhooks",
    EditWebhooks = "edit_webhooks",
    ViewSecret = "view_secret",
    EditSecret = "edit_secret",
    ViewSpans = "view_spans",
    EditSpans = "edit_spans",
    ViewFolders = "view_folders",
    EditFolders = "edit_folders",
    ViewApiKeys = "view_api_keys",
    EditApiKeys = "edit_api_keys",
    ViewWorkspace = "view_workspace",
    EditWorkspace = "edit_workspace",
    CreateWorkspace = "create_workspace",
    DeleteWorkspace = "delete_workspace",
    ModifyUserRoles = "modify_user_roles",
    AddNewUserToWorkspace = "add_new_user_to_workspace",
    EditOrganization = "edit_organization",
    DeleteOrganization = "delete_organization",
    AddNewUserToOrganization = "add_new_user_to_organization",
    ResetPassword = "reset_password",
    ViewBilling = "view_billing",
    EditBilling = "edit_billing",
    ViewWorkflows = "view_workflows",
    EditWorkflows = "edit_workflows",
    RunWorkflows = "run_workflows",
    ViewEvaluators = "view_evaluators",
    EditEvaluators = "edit_evaluators",
    ViewEnvironments = "view_environments",
    EditEnvironments = "edit_environments",
    DeployEnvironments = "deploy_environments",
    ViewQueries = "view_queries",
    EditQueries = "edit_queries",
    ViewTestsets = "view_testsets",
    EditTestsets = "edit_testsets",
    ViewAnnotations = "view_annotations",
    EditAnnotations = "edit_annotations",
    ViewInvocations = "view_invocations",
    EditInvocations = "edit_invocations",
    ViewEvaluationRuns = "view_evaluation_runs",
    EditEvaluationRuns = "edit_evaluation_runs",
    ViewEvaluationScenarios = "view_evaluation_scenarios",
    EditEvaluationScenarios = "edit_evaluation_scenarios",
    ViewEvaluationResults = "view_evaluation_results",
    EditEvaluationResults = "edit_evaluation_results",
    ViewEvaluationMetrics = "view_evaluation_metrics",
    EditEvaluationMetrics = "edit_evaluation_metrics",
    ViewEvaluationQueues = "view_evaluation_queues",
    EditEvaluationQueues = "edit_evaluation_queues",
    ViewEvents = "view_events",
    ViewTools = "view_tools",
    EditTools = "edit_tools",
    RunTools = "run_tools",
    ViewTriggers = "view_triggers",
    EditTriggers = "edit_triggers",
    RunTriggers = "run_triggers",
    ViewSessions = "view_sessions",
    EditSessions = "edit_sessions",
    RunSessions = "run_sessions",
    ViewMounts = "view_mounts",
    EditMounts = "edit_mounts",
    UseMounts = "use_mounts",
}

/// A text is not the name of a built-in permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A permission must be one of the names that GET /workspaces/permissions lists.")]
pub struct NotAPermission;

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permission_names_and_order_match_the_compatibility_reference() {
        let reference = include_str!("../../tests/access/permissions.txt");
        let ours: Vec<_> = Permission::ALL.iter().map(|p| p.as_str()).collect();
        assert_eq!(ours, reference.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn every_permission_round_trips() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(permission));
        }
        assert_eq!("*".parse::<Permission>(), Err(NotAPermission));
        assert_eq!("View_Spans".parse::<Permission>(), Err(NotAPermission));
    }
}
