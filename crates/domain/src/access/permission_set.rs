//! Sets of permissions, as one bit for each.

use std::fmt;

use crate::Permission;

/// A set of permissions.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PermissionSet(u128);

impl PermissionSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);
    /// All permissions, which an owner has.
    pub const ALL: Self = Self(u128::MAX >> (u128::BITS as usize - Permission::COUNT));

    /// Whether the set contains the permission.
    #[must_use]
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Returns this set with one more permission.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | bit(permission))
    }

    /// Returns the union of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether `other` contains all of these permissions.
    #[must_use]
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether `other` contains all of these permissions and at least one more. Of
    /// two different sets, neither may be a subset of the other.
    #[must_use]
    pub const fn is_proper_subset(self, other: Self) -> bool {
        self.is_subset(other) && self.0 != other.0
    }

    /// The permissions in the set, in canonical order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .into_iter()
            .filter(move |permission| self.contains(*permission))
    }
}

const fn bit(permission: Permission) -> u128 {
    1 << permission as u32
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(Permission::as_str))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn each_role_is_a_proper_subset_of_the_next() {
        let ascending = [
            Role::Viewer,
            Role::Annotator,
            Role::Editor,
            Role::Developer,
            Role::Admin,
            Role::Owner,
        ];
        let set = |role: Role| -> PermissionSet { role.permissions().iter().copied().collect() };
        for (low, one) in ascending.into_iter().enumerate() {
            for (high, other) in ascending.into_iter().enumerate() {
                assert_eq!(
                    set(one).is_proper_subset(set(other)),
                    low < high,
                    "{one} {other}"
                );
            }
        }
        assert_eq!(set(Role::Owner), PermissionSet::ALL);
        assert!(PermissionSet::EMPTY.is_proper_subset(set(Role::Viewer)));
    }

    #[test]
    fn disjoint_sets_are_not_subsets() {
        let one = PermissionSet::EMPTY.with(Permission::ViewSpans);
        let other = PermissionSet::EMPTY.with(Permission::EditSpans);
        assert!(
            !one.is_proper_subset(other)
                && !other.is_proper_subset(one)
                && !one.is_proper_subset(one)
        );
        assert!(one.contains(Permission::ViewSpans) && !one.contains(Permission::EditSpans));
    }
}
