//! References in a request, resolved as far as possible without reading from
//! the database.

use std::collections::HashMap;
use std::fmt;

use freehold_domain::{Email, EntityKind, Level, Refusal};
use uuid::Uuid;

use super::graph::{Parts, UnparsedReference};

/// A resolved reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntityReference {
    /// A part of the same graph, by its index among its kind.
    InGraph(usize),
    /// An entity, by its id.
    Id(Uuid),
    /// An organization, by its slug.
    Slug(String),
    /// A user, by their address.
    Email(Email),
}

impl fmt::Display for EntityReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntityReference::InGraph(index) => write!(f, "{index}"),
            EntityReference::Id(id) => id.as_hyphenated().fmt(f),
            EntityReference::Slug(slug) => f.write_str(slug),
            EntityReference::Email(email) => f.write_str(email.as_str()),
        }
    }
}

impl EntityReference {
    /// The refusal if the entity does not exist.
    pub(super) fn not_found(&self, kind: EntityKind) -> Refusal {
        Refusal::EntityNotFound {
            kind,
            named: self.to_string(),
        }
    }
}

/// The collections of a request, as named in paths.
pub(super) const USERS: &str = "users";
pub(super) const IDENTITIES: &str = "user_identities";
pub(super) const ORGANIZATIONS: &str = "organizations";
/// Keyed by the refs of the organizations.
pub(super) const SUBSCRIPTIONS: &str = "subscriptions";
pub(super) const WORKSPACES: &str = "workspaces";
pub(super) const PROJECTS: &str = "projects";
pub(super) const API_KEYS: &str = "api_keys";

/// The collection of memberships of a level.
pub(super) const fn memberships_collection(level: Level) -> &'static str {
    match level {
        Level::Organization => "organization_memberships",
        Level::Workspace => "workspace_memberships",
        Level::Project => "project_memberships",
    }
}

/// The field that refers to a scope of a level.
pub(super) const fn scope_ref_field(level: Level) -> &'static str {
    match level {
        Level::Organization => "organization_ref",
        Level::Workspace => "workspace_ref",
        Level::Project => "project_ref",
    }
}

/// The collection of scopes of a level.
pub(super) const fn scopes_collection(level: Level) -> &'static str {
    match level {
        Level::Organization => ORGANIZATIONS,
        Level::Workspace => WORKSPACES,
        Level::Project => PROJECTS,
    }
}

/// The kind of a scope of a level.
pub(super) const fn entity_kind(level: Level) -> EntityKind {
    match level {
        Level::Organization => EntityKind::Organization,
        Level::Workspace => EntityKind::Workspace,
        Level::Project => EntityKind::Project,
    }
}

/// The path of a part in a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldPath<'a> {
    /// The path of the graph.
    pub(super) path_prefix: &'a str,
    /// The collection.
    pub(super) collection: &'static str,
    /// The ref of the part.
    pub(super) name: &'a str,
}

impl<'a> FieldPath<'a> {
    pub(super) const fn new(path_prefix: &'a str, collection: &'static str, name: &'a str) -> Self {
        Self {
            path_prefix,
            collection,
            name,
        }
    }

    pub(super) fn path(&self, field: &str) -> String {
        let Self {
            path_prefix,
            collection,
            name,
        } = self;
        format!("{path_prefix}{collection}.{name}.{field}")
    }

    /// The refusal of a malformed or unknown reference.
    pub(super) fn invalid_reference(&self, field: &str, reason: String) -> Refusal {
        Refusal::InvalidReference {
            path: self.path(field),
            reason,
        }
    }

    /// The refusal of an invalid value.
    pub(super) fn invalid(&self, field: &str, problem: impl fmt::Display) -> Refusal {
        Refusal::InvalidAccounts(format!("{}: {problem}", self.path(field)))
    }

    /// The refusal of a value that conflicts with existing data.
    pub(super) fn conflict(&self, field: &str, problem: impl fmt::Display) -> Refusal {
        Refusal::AccountsConflict(format!("{}: {problem}", self.path(field)))
    }
}

/// The refs of a graph's parts of one kind.
pub(super) struct ReferenceTable<'a> {
    /// The collection, as named in paths.
    collection: &'static str,
    indexes: HashMap<&'a str, usize>,
    /// The slugs of new organizations that have one.
    slugs: HashMap<&'a str, usize>,
}

impl<'a> ReferenceTable<'a> {
    /// Creates the table for all parts of one kind, which may come from two
    /// lists.
    ///
    /// # Errors
    /// If two parts have the same ref.
    pub(super) fn of(
        path_prefix: &str,
        collection: &'static str,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Refusal> {
        let mut indexes = HashMap::new();
        for (index, name) in names.enumerate() {
            if indexes.insert(name, index).is_some() {
                return Err(Refusal::InvalidAccounts(format!(
                    "{path_prefix}{collection}.{name}: the name is used twice."
                )));
            }
        }
        Ok(Self {
            collection,
            indexes,
            slugs: HashMap::new(),
        })
    }

    /// Adds the slugs of the parts, in their order.
    pub(super) fn with_slugs(mut self, slugs: impl Iterator<Item = Option<&'a str>>) -> Self {
        let slugs = slugs.enumerate();
        self.slugs = slugs
            .filter_map(|(index, slug)| Some((slug?, index)))
            .collect();
        self
    }

    /// Creates the table for the parts of a collection.
    pub(super) fn of_collection<T>(
        path_prefix: &str,
        kind: &'static str,
        collection: &'a Parts<T>,
    ) -> Result<Self, Refusal> {
        Self::of(
            path_prefix,
            kind,
            collection.iter().map(|(name, _)| name.as_str()),
        )
    }

    /// Resolves a reference to a part or entity of this kind.
    pub(super) fn resolve(
        &self,
        reference: &UnparsedReference,
        field_path: &FieldPath<'_>,
        field: &str,
    ) -> Result<EntityReference, Refusal> {
        let invalid = |reason: String| field_path.invalid_reference(field, reason);
        let unsupported = |how: &str| {
            let collection = self.collection;
            invalid(format!(
                "{how}-based references are not supported for {collection}"
            ))
        };
        match reference {
            UnparsedReference::Ref(name) => {
                let collection = self.collection;
                let index = self.indexes.get(name.as_str()).copied();
                index.map(EntityReference::InGraph).ok_or_else(|| {
                    invalid(format!(
                        "request-local ref '{name}' not found in {collection}"
                    ))
                })
            }
            UnparsedReference::Id(text) => Uuid::try_parse(text)
                .map(EntityReference::Id)
                .map_err(|_| invalid(format!("'{text}' is not a valid UUID"))),
            UnparsedReference::Slug(slug) if self.collection == ORGANIZATIONS => {
                let index = self.slugs.get(slug.as_str()).copied();
                Ok(index.map_or_else(
                    || EntityReference::Slug(slug.clone()),
                    EntityReference::InGraph,
                ))
            }
            UnparsedReference::Slug(_) => Err(unsupported("slug")),
            UnparsedReference::Email(text) if self.collection == USERS => Email::parse(text)
                .map(EntityReference::Email)
                .map_err(|problem| invalid(problem.to_string())),
            UnparsedReference::Email(_) => Err(unsupported("email")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD_PATH: FieldPath<'_> = FieldPath {
        path_prefix: "accounts.a.",
        collection: PROJECTS,
        name: "p",
    };

    fn reason(names: &ReferenceTable<'_>, named: &UnparsedReference) -> String {
        match names.resolve(named, &FIELD_PATH, "workspace_ref") {
            Err(Refusal::InvalidReference { path, reason }) => {
                assert_eq!(path, "accounts.a.projects.p.workspace_ref");
                reason
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn references_resolve_to_parts_ids_slugs_and_addresses() {
        let users = ReferenceTable::of("", USERS, ["u", "v"].into_iter()).unwrap();
        let resolve =
            |named: &UnparsedReference| users.resolve(named, &FIELD_PATH, "user_ref").unwrap();
        assert_eq!(
            resolve(&UnparsedReference::Ref("v".to_owned())),
            EntityReference::InGraph(1)
        );
        assert_eq!(
            resolve(&UnparsedReference::Id(Uuid::nil().to_string())),
            EntityReference::Id(Uuid::nil())
        );
        assert_eq!(
            resolve(&UnparsedReference::Email(" Bob@X.com".to_owned())).to_string(),
            "bob@x.com"
        );
        let organizations = ReferenceTable::of("", ORGANIZATIONS, ["o", "p"].into_iter()).unwrap();
        let organizations = organizations.with_slugs([None, Some("made")].into_iter());
        let by_slug = |slug: &str| {
            let named = UnparsedReference::Slug(slug.to_owned());
            organizations
                .resolve(&named, &FIELD_PATH, "organization_ref")
                .unwrap()
        };
        assert_eq!(by_slug("acme"), EntityReference::Slug("acme".to_owned()));
        assert_eq!(by_slug("made"), EntityReference::InGraph(1));
    }

    #[test]
    fn unresolvable_references_have_the_messages_of_the_reference_api() {
        let workspaces = ReferenceTable::of("", WORKSPACES, ["w"].into_iter()).unwrap();
        for (named, expected) in [
            (
                UnparsedReference::Ref("nope".to_owned()),
                "request-local ref 'nope' not found in workspaces",
            ),
            (
                UnparsedReference::Id("bad".to_owned()),
                "'bad' is not a valid UUID",
            ),
            (
                UnparsedReference::Slug("acme".to_owned()),
                "slug-based references are not supported for workspaces",
            ),
            (
                UnparsedReference::Email("a@x.com".to_owned()),
                "email-based references are not supported for workspaces",
            ),
        ] {
            assert_eq!(reason(&workspaces, &named), expected);
        }
        let users = ReferenceTable::of("", USERS, ["u"].into_iter()).unwrap();
        let slug = UnparsedReference::Slug("acme".to_owned());
        assert_eq!(
            reason(&users, &slug),
            "slug-based references are not supported for users"
        );
        let email = UnparsedReference::Email("no-at-sign".to_owned());
        assert_eq!(
            reason(&users, &email),
            "An email address must have an @-sign."
        );
    }

    #[test]
    fn duplicate_refs_are_refused() {
        let twice = ReferenceTable::of("accounts.a.", USERS, ["u", "u"].into_iter());
        assert_eq!(
            twice.err().map(|refusal| refusal.to_string()).as_deref(),
            Some("accounts.a.users.u: the name is used twice.")
        );
    }
}
