//! The role catalogue as an operator wants it: two settings that hold JSON.
//!
//! Not here: what the JSON may say (`freehold_domain::RoleCatalog`).

use freehold_domain::{RoleCatalog, RoleCatalogSetting};
use serde_json::Value;

use super::{problem::Problem, reader::Reader, settings::*};

/// The built-in catalogue with what was configured. Any mistake stops the
/// start: a role that is not what somebody meant opens doors or closes them.
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
