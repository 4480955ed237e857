//! The configured role catalog: two settings that contain JSON.
//!
//! Not here: the format of the JSON (`freehold_domain::RoleCatalog`).

use freehold_domain::{RoleCatalog, RoleCatalogSetting};
use serde_json::Value;

use super::{problem::Problem, reader::Reader, settings::*};

/// Returns the built-in catalog with the configured changes. Every error stops
/// the start: a wrong role would grant or deny access.
pub(super) fn read_roles(r: &mut Reader) -> RoleCatalog {
    let lists = json(r, &ACCESS_ROLES);
    let overlay = json(r, &ACCESS_ROLES_OVERLAY);
    let configured = RoleCatalog::configured(lists.as_ref(), overlay.as_ref());
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

fn json(r: &mut Reader, setting: &'static Setting) -> Option<Value> {
    let text = r.read_or_default(setting, |text| Some(text.to_owned()));
    if text.is_empty() {
        return None;
    }
    match serde_json::from_str(&text) {
        Ok(value) => Some(value),
        Err(error) => {
            add_problem(r, setting, format!("this is not JSON: {error}"));
            None
        }
    }
}

fn add_problem(r: &mut Reader, setting: &'static Setting, reason: String) {
    let name = r.source(setting).name(setting);
    r.add_problem(Problem::Roles { name, reason });
}
