//! Sets of permissions, as one bit for each.

use std::fmt;

use crate::Permission;

/// The position of a permission in a [`PermissionCatalog`](crate::PermissionCatalog).
/// Built-in permissions have the same one in every catalog; that of another
/// permission has a meaning only together with its catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermissionIndex(u16);

impl PermissionIndex {
    /// Returns the index for a position, or `None` if no set has room for it.
    pub(super) fn new(position: usize) -> Option<Self> {
        let index = u16::try_from(position).ok().map(Self);
        index.filter(|_| position < PermissionSet::CAPACITY)
    }

    /// The position, which is less than [`PermissionSet::CAPACITY`].
    pub(super) const fn position(self) -> usize {
        self.0 as usize
    }

    /// The built-in permission with this index, if there is one.
    #[must_use]
    pub fn built_in(self) -> Option<Permission> {
        Permission::ALL.get(self.position()).copied()
    }
}

impl From<Permission> for PermissionIndex {
    fn from(permission: Permission) -> Self {
        Self(permission as u16)
    }
}

const WORD_BITS: usize = u64::BITS as usize;
const WORDS: usize = PermissionSet::CAPACITY / WORD_BITS;

/// A set of permissions of one catalog.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PermissionSet([u64; WORDS]);

impl PermissionSet {
    /// The maximum number of permissions in a catalog.
    pub const CAPACITY: usize = 512;

    /// The empty set.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// Whether the set contains the permission.
    #[must_use]
    pub fn contains(self, permission: impl Into<PermissionIndex>) -> bool {
        let (word, bit) = place(permission.into());
        self.0[word] & bit != 0
    }

    /// Returns this set with one more permission.
    #[must_use]
    pub fn with(mut self, permission: impl Into<PermissionIndex>) -> Self {
        let (word, bit) = place(permission.into());
        self.0[word] |= bit;
        self
    }

    /// Returns the union of both sets.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    /// Whether `other` contains all of these permissions.
    #[must_use]
    pub fn is_subset(self, other: Self) -> bool {
        // Without a branch for each word.
        let missing = self.0.iter().zip(other.0);
        missing.fold(0, |all, (mine, theirs)| all | (mine & !theirs)) == 0
    }

    /// Whether `other` contains all of these permissions and at least one more. Of
    /// two different sets, neither may be a subset of the other.
    #[must_use]
    pub fn is_proper_subset(self, other: Self) -> bool {
        self.is_subset(other) && !other.is_subset(self)
    }

    /// The permissions in the set, in the order of the catalog.
    pub fn iter(self) -> impl Iterator<Item = PermissionIndex> {
        (0..Self::CAPACITY)
            .filter_map(PermissionIndex::new)
            .filter(move |permission| self.contains(*permission))
    }
}

/// The word of a permission, and its bit in it.
fn place(permission: PermissionIndex) -> (usize, u64) {
    let position = permission.position();
    (position / WORD_BITS, 1 << (position % WORD_BITS))
}

impl<P: Into<PermissionIndex>> FromIterator<P> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = P>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// Lists the names of built-in permissions and the positions of others, whose
/// names only their catalog knows.
impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut set = f.debug_set();
        for permission in self.iter() {
            match permission.built_in() {
                Some(built_in) => set.entry(&built_in.as_str()),
                None => set.entry(&permission.position()),
            };
        }
        set.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::btree_set;
    use proptest::prelude::*;

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
        assert_eq!(set(Role::Owner), Permission::ALL.into_iter().collect());
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

    #[test]
    fn a_set_has_room_for_its_capacity_and_no_more() {
        let all: PermissionSet = (0..PermissionSet::CAPACITY)
            .filter_map(PermissionIndex::new)
            .collect();
        assert_eq!(all.iter().count(), PermissionSet::CAPACITY);
        assert_eq!(PermissionIndex::new(PermissionSet::CAPACITY), None);
        assert_eq!(PermissionIndex::new(usize::MAX), None);
        let debug = format!("{all:?}");
        assert!(
            debug.starts_with("{\"view_applications\"") && debug.ends_with("511}"),
            "{debug}"
        );
    }

    fn positions() -> impl Strategy<Value = BTreeSet<usize>> {
        btree_set(0..PermissionSet::CAPACITY, 0..40)
    }

    proptest! {
        #[test]
        fn sets_behave_as_sets_of_numbers(one in positions(), other in positions(), nested in any::<bool>()) {
            let other = if nested { &one | &other } else { other };
            let set = |positions: &BTreeSet<usize>| -> PermissionSet {
                positions.iter().filter_map(|position| PermissionIndex::new(*position)).collect()
            };
            let listed = |set: PermissionSet| -> BTreeSet<usize> { set.iter().map(PermissionIndex::position).collect() };
            prop_assert_eq!(&listed(set(&one)), &one);
            prop_assert_eq!(listed(set(&one).union(set(&other))), &one | &other);
            prop_assert_eq!(set(&one).is_subset(set(&other)), one.is_subset(&other));
            prop_assert_eq!(set(&one).is_proper_subset(set(&other)), one.is_subset(&other) && one != other);
            prop_assert_eq!(set(&one) == set(&other), one == other);
        }
    }
}
