//! The permission catalog: the built-in permissions, those of extensions, and
//! those that the deployer declares for an application of their own.
//!
//! Not here: which role has which permission ([`RoleCatalog`](crate::RoleCatalog)).

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

use crate::{Permission, PermissionIndex, PermissionSet};

/// The maximum length of the name of a permission, in characters.
const MAX_SLUG_LENGTH: usize = 64;

/// The maximum length of the description of a permission, in bytes.
const MAX_DESCRIPTION_LENGTH: usize = 1_000;

/// A permission that an extension has or a deployer declares. [`PermissionCatalog`]
/// checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionDeclaration {
    /// The name: 1 to 64 characters of `a-z`, `0-9` and `_`, beginning with one of
    /// `a-z`.
    pub slug: String,
    /// What the permission is for.
    pub description: String,
}

impl PermissionDeclaration {
    /// Declares a permission.
    pub fn new(slug: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            slug: slug.into(),
            description: description.into(),
        }
    }
}

/// A permission with its name: one of the catalog that it borrows from, or a
/// built-in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PermissionRef<'a> {
    index: PermissionIndex,
    slug: &'a str,
    description: &'a str,
}

impl<'a> PermissionRef<'a> {
    /// The name in configurations and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.slug
    }

    /// What the permission is for; empty for a built-in one.
    #[must_use]
    pub const fn description(self) -> &'a str {
        self.description
    }

    /// The position in the catalog.
    #[must_use]
    pub const fn index(self) -> PermissionIndex {
        self.index
    }

    /// The built-in permission that this is, if it is one.
    #[must_use]
    pub fn built_in(self) -> Option<Permission> {
        self.index.built_in()
    }
}

impl From<Permission> for PermissionRef<'static> {
    fn from(permission: Permission) -> Self {
        Self {
            index: permission.into(),
            slug: permission.as_str(),
            description: "",
        }
    }
}

impl From<PermissionRef<'_>> for PermissionIndex {
    fn from(permission: PermissionRef<'_>) -> Self {
        permission.index
    }
}

impl fmt::Display for PermissionRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug)
    }
}

/// Why a permission is refused. The message names it and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAPermissionCatalog(String);

type Result<T> = std::result::Result<T, NotAPermissionCatalog>;

fn refuse<T>(why: String) -> Result<T> {
    Err(NotAPermissionCatalog(why))
}

/// All permissions of a deployment: the built-in ones in canonical order, then the
/// added ones in the order in which they were added. At most
/// [`PermissionSet::CAPACITY`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionCatalog {
    added: Vec<PermissionDeclaration>,
    added_by_slug: HashMap<String, PermissionIndex>,
    all: PermissionSet,
}

impl Default for PermissionCatalog {
    fn default() -> Self {
        Self::built_in()
    }
}

impl PermissionCatalog {
    /// The catalog without added permissions.
    #[must_use]
    pub fn built_in() -> Self {
        Self {
            added: Vec::new(),
            added_by_slug: HashMap::new(),
            all: Permission::ALL.into_iter().collect(),
        }
    }

    /// Adds permissions.
    ///
    /// # Errors
    /// If a name or a description is not valid, a permission of that name exists,
    /// or the catalog would be too large.
    pub fn with(
        mut self,
        permissions: impl IntoIterator<Item = PermissionDeclaration>,
    ) -> Result<Self> {
        for permission in permissions {
            self.add(permission)?;
        }
        Ok(self)
    }

    /// Adds the permissions that a deployer declares: a JSON list of objects with
    /// `permission`, the name, and `description`, which may be omitted.
    ///
    /// # Errors
    /// As [`PermissionCatalog::with`], and if the list does not have this form.
    pub fn with_declared(self, declared: &Value) -> Result<Self> {
        self.with(parse_declared(declared)?)
    }

    fn add(&mut self, permission: PermissionDeclaration) -> Result<()> {
        let slug = permission.slug.as_str();
        check_slug(slug)?;
        if permission.description.len() > MAX_DESCRIPTION_LENGTH {
            return refuse(format!(
                "permission `{slug}`: the description is longer than {MAX_DESCRIPTION_LENGTH} bytes"
            ));
        }
        match self.find(slug) {
            Some(existing) if existing.built_in().is_some() => {
                return refuse(format!(
                    "permission `{slug}`: this is a built-in permission, which roles can have \
                     without declaring it"
                ));
            }
            Some(_) => return refuse(format!("permission `{slug}`: it is defined twice")),
            None => {}
        }
        let Some(index) = PermissionIndex::new(self.len()) else {
            return refuse(format!(
                "permission `{slug}`: there are at most {} permissions, of which {} are built in",
                PermissionSet::CAPACITY,
                Permission::COUNT
            ));
        };
        self.all = self.all.with(index);
        self.added_by_slug.insert(slug.to_owned(), index);
        self.added.push(permission);
        Ok(())
    }

    /// Returns the permission with this name.
    #[must_use]
    pub fn find(&self, slug: &str) -> Option<PermissionRef<'_>> {
        if let Ok(built_in) = slug.parse::<Permission>() {
            return Some(built_in.into());
        }
        self.get(*self.added_by_slug.get(slug)?)
    }

    /// Returns the permission with this index, which has to be of this catalog.
    pub(super) fn get(&self, index: PermissionIndex) -> Option<PermissionRef<'_>> {
        if let Some(built_in) = index.built_in() {
            return Some(built_in.into());
        }
        let added = self.added.get(index.position() - Permission::COUNT)?;
        Some(PermissionRef {
            index,
            slug: &added.slug,
            description: &added.description,
        })
    }

    /// The permissions, in the order of the catalog.
    pub fn iter(&self) -> impl Iterator<Item = PermissionRef<'_>> {
        let indices = (0..self.len()).filter_map(PermissionIndex::new);
        indices.filter_map(|index| self.get(index))
    }

    /// All permissions, which an owner has.
    #[must_use]
    pub fn all(&self) -> PermissionSet {
        self.all
    }

    /// The number of permissions.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no catalog is empty")]
    pub fn len(&self) -> usize {
        Permission::COUNT + self.added.len()
    }
}

fn check_slug(slug: &str) -> Result<()> {
    let usable = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if slug.len() <= MAX_SLUG_LENGTH
        && slug.starts_with(|c: char| c.is_ascii_lowercase())
        && slug.chars().all(usable)
    {
        return Ok(());
    }
    refuse(format!(
        "{slug:?} is not a valid name of a permission: expected 1 to {MAX_SLUG_LENGTH} of a-z, 0-9 \
         and _, beginning with one of a-z"
    ))
}

fn parse_declared(declared: &Value) -> Result<Vec<PermissionDeclaration>> {
    const EXAMPLE: &str =
        r#"{"permission": "edit_invoices", "description": "Create and change invoices."}"#;
    const KEYS: [&str; 2] = ["permission", "description"];
    let Some(list) = declared.as_array() else {
        return refuse(format!("expected a JSON list like [{EXAMPLE}]"));
    };
    let mut permissions = Vec::new();
    for (item, number) in list.iter().zip(1..) {
        let Some(object) = item.as_object() else {
            return refuse(format!(
                "permission {number}: expected a JSON object like {EXAMPLE}"
            ));
        };
        let Some(slug) = object.get("permission").and_then(Value::as_str) else {
            return refuse(format!(
                "permission {number}: `permission` must be its name, as in {EXAMPLE}"
            ));
        };
        if let Some(other) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return refuse(format!(
                "permission {number}: unknown key `{other}`; expected {}",
                KEYS.join(", ")
            ));
        }
        let description = match object.get("description") {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text,
            Some(_) => {
                return refuse(format!(
                    "permission {number}: `description` must be a string"
                ));
            }
        };
        permissions.push(PermissionDeclaration::new(slug, description));
    }
    Ok(permissions)
}

#[cfg(test)]
mod tests;
