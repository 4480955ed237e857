//! The configured permissions and roles: three settings that contain JSON.
//!
//! Not here: the format of the JSON (`freehold_domain::PermissionCatalog` and
//! `RoleCatalog`).

use freehold_app::Extensions;
use freehold_domain::{PermissionCatalog, RoleCatalog, RoleCatalogSetting};
use serde_json::Value;

use super::{problem::Problem, reader::Reader, settings::*};

/// Returns the built-in catalog with the configured changes. Every error stops
/// the start: a wrong role would grant or deny access.
pub(super) fn read_roles(r: &mut Reader, extensions: &Extensions) -> RoleCatalog {
    let permissions = read_permissions(r, extensions);
    let mut json = |setting| {
        parse_json(r, setting).unwrap_or_else(|error| {
            add_problem(r, setting, error);
            None
        })
    };
    let (lists, overlay) = (json(&ACCESS_ROLES), json(&ACCESS_ROLES_OVERLAY));
    // Without the permissions, every role that has one would be reported, too.
    let Some(permissions) = permissions else {
        return RoleCatalog::built_in();
    };
    let configured = RoleCatalog::over(permissions).configure(lists.as_ref(), overlay.as_ref());
    let roles = configured.unwrap_or_else(|error| {
        let setting = match error.part {
            RoleCatalogSetting::Lists => &ACCESS_ROLES,
            RoleCatalogSetting::Overlay => &ACCESS_ROLES_OVERLAY,
        };
        add_problem(r, setting, error.to_string());
        RoleCatalog::built_in()
    });
    for slug in roles.workspace_only_roles() {
        let name = r.source(&ACCESS_ROLES).name(&ACCESS_ROLES);
        r.add_notice(format!(
            "{name}: `{slug}` is a workspace role without a project role: it has no permissions in projects"
        ));
    }
    roles
}

/// Returns the built-in permissions, those of the extensions and the declared ones,
/// or `None` after reporting a problem.
fn read_permissions(r: &mut Reader, extensions: &Extensions) -> Option<PermissionCatalog> {
    let declared = parse_json(r, &ACCESS_PERMISSIONS);
    let catalog = match extensions.permissions() {
        Ok(catalog) => catalog,
        Err(error) => {
            r.add_problem(Problem::Extension {
                reason: error.to_string(),
            });
            return None;
        }
    };
    let catalog = declared.and_then(|declared| match declared {
        Some(declared) => catalog
            .with_declared(&declared)
            .map_err(|error| error.to_string()),
        None => Ok(catalog),
    });
    catalog
        .map_err(|reason| add_problem(r, &ACCESS_PERMISSIONS, reason))
        .ok()
}

/// Returns the value of a setting, `None` if it is empty.
///
/// # Errors
/// Why it is not JSON.
fn parse_json(r: &mut Reader, setting: &'static Setting) -> Result<Option<Value>, String> {
    let text = r.read_or_default(setting, |text| Some(text.to_owned()));
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| format!("this is not JSON: {error}"))
}

fn add_problem(r: &mut Reader, setting: &'static Setting, reason: String) {
    let name = r.source(setting).name(setting);
    r.add_problem(Problem::Roles { name, reason });
}
