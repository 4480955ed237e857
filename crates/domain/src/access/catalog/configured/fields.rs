//! The parts of a configured role, and their errors.

use serde_json::{Map, Value};

use super::{NotARoleCatalog, Result, RoleCatalogSetting};
use crate::{NO_ROLE, PermissionCatalog, PermissionIndex, PermissionRef, closest_name};

/// The maximum length of the name of a role, in characters.
const MAX_SLUG_LENGTH: usize = 64;

impl RoleCatalogSetting {
    pub(super) fn refuse<T>(self, why: impl Into<String>) -> Result<T> {
        Err(NotARoleCatalog {
            part: self,
            why: why.into(),
        })
    }

    pub(super) fn object<'a>(
        self,
        path: &str,
        value: &'a Value,
        example: &str,
    ) -> Result<&'a Map<String, Value>> {
        value.as_object().map_or_else(
            || self.refuse(format!("{path}: expected a JSON object like {example}")),
            Ok,
        )
    }

    /// Reads what an object says of a role beside its name. An unknown key is
    /// refused, because it is probably misspelled.
    pub(super) fn fields(
        self,
        path: &str,
        object: &Map<String, Value>,
        known: &[&str],
        catalog: &PermissionCatalog,
    ) -> Result<RoleFields> {
        if let Some(other) = object.keys().find(|key| !known.contains(&key.as_str())) {
            return self.refuse(format!(
                "{path}: unknown key `{other}`; expected {}",
                known.join(", ")
            ));
        }
        let description = match object.get("description") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => return self.refuse(format!("{path}: `description` must be a string")),
        };
        let permissions = match object.get("permissions") {
            None | Some(Value::Null) => None,
            Some(list) => Some(self.permissions(path, list, catalog)?),
        };
        Ok(RoleFields {
            description,
            permissions,
        })
    }

    fn permissions(
        self,
        path: &str,
        list: &Value,
        catalog: &PermissionCatalog,
    ) -> Result<Vec<PermissionIndex>> {
        let Some(list) = list.as_array().filter(|list| !list.is_empty()) else {
            return self.refuse(format!(
                "{path}: `permissions` must be a list with at least one permission, \
                 such as [\"view_spans\"]"
            ));
        };
        let mut permissions = Vec::new();
        for item in list {
            let Some(permission) = item.as_str().and_then(|text| catalog.find(text)) else {
                let names = catalog.iter().map(PermissionRef::as_str);
                let hint = match item.as_str() {
                    Some("*") => "; only `owner` has `*`".to_owned(),
                    Some(text) => closest_name(text, names)
                        .map_or_else(String::new, |name| format!("; did you mean {name}?")),
                    None => String::new(),
                };
                return self.refuse(format!(
                    "{path}: {item} is not a permission{hint} \
                     (`GET /workspaces/permissions` lists all of them)"
                ));
            };
            if !permissions.contains(&permission.index()) {
                permissions.push(permission.index());
            }
        }
        Ok(permissions)
    }

    pub(super) fn slug(self, path: &str, slug: &str) -> Result<String> {
        let usable = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if slug == NO_ROLE {
            return self.refuse(format!(
                "{path}: {NO_ROLE:?} means that a member has no role, so no role can have this name"
            ));
        }
        if (1..=MAX_SLUG_LENGTH).contains(&slug.len()) && slug.chars().all(usable) {
            return Ok(slug.to_owned());
        }
        self.refuse(format!(
            "{path}: {slug:?} is not a valid name of a role: expected 1 to {MAX_SLUG_LENGTH} of a-z, \
             0-9, _ and -"
        ))
    }
}

/// What the configuration says of a role beside its name.
#[derive(Debug)]
pub(super) struct RoleFields {
    pub(super) description: Option<String>,
    pub(super) permissions: Option<Vec<PermissionIndex>>,
}
