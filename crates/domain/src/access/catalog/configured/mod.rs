//! A role catalog from the operator's configuration: new roles, and changes to
//! the built-in ones (docs/CONFIGURATION.md).

mod fields;

use std::sync::Arc;

use serde_json::Value;

use super::{Level, PermissionCatalog, RoleCatalog, RoleDefinition};
use crate::{PermissionIndex, PermissionSet, Role};

use fields::RoleFields;

/// Roles that are in every catalog and that no list may define.
const RESERVED: [Role; 3] = [Role::Owner, Role::Admin, Role::Viewer];

/// Why a configured catalog is refused. The message names the place and what
/// would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotARoleCatalog {
    /// The setting that is wrong.
    pub part: RoleCatalogSetting,
    why: String,
}

/// The two settings that change the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleCatalogSetting {
    /// Lists that replace the roles of a level.
    Lists,
    /// Changes to single roles of workspaces and projects, and new ones.
    Overlay,
}

type Result<T> = std::result::Result<T, NotARoleCatalog>;

fn parse_level(name: &str) -> Option<Level> {
    Level::ALL.into_iter().find(|level| level.as_str() == name)
}

fn is_reserved(slug: &str) -> bool {
    RESERVED.iter().any(|role| role.as_str() == slug)
}

impl RoleCatalog {
    /// The built-in catalog with the operator's changes, as
    /// [`RoleCatalog::configure`] applies them, and without added permissions.
    ///
    /// # Errors
    /// As [`RoleCatalog::configure`].
    pub fn configured(
        roles: Option<&Value>,
        overlay: Option<&Value>,
    ) -> std::result::Result<Self, NotARoleCatalog> {
        Self::built_in().configure(roles, overlay)
    }

    /// Applies the operator's changes. `roles` replaces, for each level in it, all
    /// roles except `owner`, `admin` and `viewer`; `overlay` changes single roles and
    /// adds new ones, in workspaces and projects.
    ///
    /// # Errors
    /// If one of them does not have the documented form, gives another role than
    /// `owner` every permission, or removes a permission from `viewer`.
    pub fn configure(
        mut self,
        roles: Option<&Value>,
        overlay: Option<&Value>,
    ) -> std::result::Result<Self, NotARoleCatalog> {
        if let Some(roles) = roles {
            self.replace(roles)?;
            self.finalize(RoleCatalogSetting::Lists)?;
        }
        if let Some(overlay) = overlay {
            self.overlay(overlay)?;
            self.finalize(RoleCatalogSetting::Overlay)?;
        }
        Ok(self)
    }

    /// Roles of workspaces that projects do not have. They are valid, but grant
    /// nothing in projects, which is rarely intended.
    pub fn workspace_only_roles(&self) -> impl Iterator<Item = &str> {
        let is_missing = |role: &&RoleDefinition| self.find(Level::Project, &role.slug).is_none();
        self.workspace
            .iter()
            .filter(is_missing)
            .map(RoleDefinition::slug)
    }

    fn roles_mut(&mut self, level: Level) -> &mut Vec<RoleDefinition> {
        match level {
            Level::Organization => &mut self.organization,
            Level::Workspace => &mut self.workspace,
            Level::Project => &mut self.project,
        }
    }

    fn replace(&mut self, roles: &Value) -> Result<()> {
        const EXAMPLE: &str = r#"{"project": [{"role": "qa", "permissions": ["view_spans"]}]}"#;
        let part = RoleCatalogSetting::Lists;
        let lists = part.object("top level", roles, EXAMPLE)?;
        for (scope, list) in lists {
            let Some(level) = parse_level(scope) else {
                return part.refuse(format!(
                    "`{scope}` is not a scope: expected organization, workspace or project"
                ));
            };
            let own = parse_roles(level, list, &self.permissions)?;
            self.roles_mut(level).retain(|role| is_reserved(&role.slug));
            // Without a list for workspaces, they get the roles of projects.
            if level == Level::Project && !lists.contains_key(Level::Workspace.as_str()) {
                self.workspace.retain(|role| is_reserved(&role.slug));
                self.workspace.extend(own.clone());
            }
            self.roles_mut(level).extend(own);
        }
        Ok(())
    }

    fn overlay(&mut self, overlay: &Value) -> Result<()> {
        const EXAMPLE: &str = r#"{"qa": {"description": "Tests.", "permissions": ["view_spans"]}}"#;
        let part = RoleCatalogSetting::Overlay;
        let mut changes = part.object("top level", overlay, EXAMPLE)?;
        if let Some(wrapped) = changes.get(Level::Project.as_str()) {
            if changes.len() > 1 {
                return part
                    .refuse("`project` wraps the whole overlay: put the other roles inside it");
            }
            changes = part.object("project", wrapped, EXAMPLE)?;
        } else if let Some(scope) = changes.keys().find(|key| parse_level(key).is_some()) {
            return part.refuse(format!(
                "`{scope}`: an overlay applies to workspaces and projects alike; list the roles \
                 directly, or inside `project`"
            ));
        }
        for (slug, change) in changes {
            let path = format!("role `{slug}`");
            let slug = part.slug(&path, slug)?;
            if slug == Role::Owner.as_str() {
                return part.refuse(
                    "role `owner`: the owner has every permission, which cannot be changed",
                );
            }
            let change = part.object(&path, change, r#"{"permissions": ["view_spans"]}"#)?;
            let known = ["description", "permissions"];
            let fields = part.fields(&path, change, &known, &self.permissions)?;
            check_viewer_minimum(part, &slug, &fields)?;
            for level in [Level::Workspace, Level::Project] {
                self.change(level, &slug, &fields)?;
            }
        }
        Ok(())
    }

    fn change(&mut self, level: Level, slug: &str, fields: &RoleFields) -> Result<()> {
        let catalog = self.permissions.clone();
        let roles = self.roles_mut(level);
        if let Some(role) = roles.iter_mut().find(|role| role.slug == slug) {
            if let Some(description) = &fields.description {
                role.description.clone_from(description);
            }
            if let Some(permissions) = &fields.permissions {
                role.permissions = permissions.iter().copied().collect();
                role.permissions_in_order.clone_from(permissions);
            }
            return Ok(());
        }
        let (Some(description), Some(permissions)) = (&fields.description, &fields.permissions)
        else {
            let level = level.as_str();
            return RoleCatalogSetting::Overlay.refuse(format!(
                "role `{slug}`: the {level} catalog does not have it, and a new role needs \
                 both `description` and `permissions`"
            ));
        };
        let role = RoleDefinition::new(slug, description, &catalog, permissions.clone());
        roles.push(role);
        Ok(())
    }

    /// Sorts the roles into the order in which they are listed, computes their
    /// combined permissions, and refuses a role that has every permission.
    fn finalize(&mut self, part: RoleCatalogSetting) -> Result<()> {
        let all = self.all_permissions();
        for level in Level::ALL {
            let order = |role: &RoleDefinition| {
                let built_in = Role::ALL.iter().map(|role| role.as_str());
                built_in
                    .zip(0..)
                    .find(|(slug, _)| *slug == role.slug)
                    .map_or(Role::ALL.len(), |(_, at)| at)
            };
            self.roles_mut(level).sort_by_key(order);
        }
        for level in [Level::Workspace, Level::Project] {
            let other = match level {
                Level::Project => self.workspace.clone(),
                Level::Workspace | Level::Organization => self.project.clone(),
            };
            for role in self.roles_mut(level) {
                let same_role = other.iter().find(|candidate| candidate.slug == role.slug);
                let other_permissions =
                    same_role.map_or(PermissionSet::EMPTY, |role| role.permissions);
                role.combined_permissions = role.permissions.union(other_permissions);
            }
        }
        for level in Level::ALL {
            let is_other = |role: &&RoleDefinition| role.slug != Role::Owner.as_str();
            let mut others = self.roles(level).iter().filter(is_other);
            if let Some(role) = others.find(|role| role.combined_permissions == all) {
                return part.refuse(format!(
                    "{}, role `{}`: it has every permission, like `owner`. A member can only give \
                     roles with fewer permissions than their own, so no member could give this \
                     one. Leave out at least one permission",
                    level.as_str(),
                    role.slug,
                ));
            }
        }
        Ok(())
    }
}

/// Refuses a `viewer` without all of its built-in permissions. Members whose role
/// was removed become viewers, and clients rely on what a viewer may read.
fn check_viewer_minimum(part: RoleCatalogSetting, slug: &str, fields: &RoleFields) -> Result<()> {
    let Some(permissions) = &fields.permissions else {
        return Ok(());
    };
    let missing = Role::Viewer
        .permissions()
        .iter()
        .find(|permission| !permissions.contains(&PermissionIndex::from(**permission)));
    match missing.filter(|_| slug == Role::Viewer.as_str()) {
        None => Ok(()),
        Some(missing) => part.refuse(format!(
            "role `viewer`: it lacks {missing}; `viewer` may have more permissions, but its {} \
             built-in ones are a locked minimum",
            Role::Viewer.permissions().len()
        )),
    }
}

fn parse_roles(
    level: Level,
    list: &Value,
    catalog: &Arc<PermissionCatalog>,
) -> Result<Vec<RoleDefinition>> {
    const EXAMPLE: &str = r#"{"role": "qa", "permissions": ["view_spans"]}"#;
    let part = RoleCatalogSetting::Lists;
    let scope = level.as_str();
    let Some(list) = list.as_array().filter(|list| !list.is_empty()) else {
        return part.refuse(format!(
            "{scope}: expected a list with at least one role like {EXAMPLE}; omit the scope to keep \
             its built-in roles"
        ));
    };
    let mut roles: Vec<RoleDefinition> = Vec::new();
    for (at, item) in list.iter().enumerate() {
        let path = format!("{scope}, role {}", at + 1);
        let object = part.object(&path, item, EXAMPLE)?;
        let Some(slug) = object.get("role").and_then(Value::as_str) else {
            return part.refuse(format!("{path}: `role` must be its name, as in {EXAMPLE}"));
        };
        let slug = part.slug(&path, slug)?;
        let path = format!("{scope}, role `{slug}`");
        if is_reserved(&slug) {
            return part.refuse(format!(
                "{path}: owner, admin and viewer are in every catalog and cannot be defined \
                 here; the overlay can change admin and viewer"
            ));
        }
        if roles.iter().any(|role| role.slug == slug) {
            return part.refuse(format!("{path}: it is defined twice"));
        }
        let known = ["role", "description", "permissions"];
        let fields = part.fields(&path, object, &known, catalog)?;
        let Some(permissions) = fields.permissions else {
            return part.refuse(format!(
                "{path}: it has no `permissions`; expected {EXAMPLE}"
            ));
        };
        let description = fields.description.unwrap_or_default();
        let role = RoleDefinition::new(&slug, &description, catalog, permissions);
        roles.push(role);
    }
    Ok(roles)
}

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
