//! What a name in a request leads to, as far as it can be said without looking
//! anything up.

use std::collections::HashMap;
use std::fmt;

use freehold_domain::{Email, EntityKind, Level, Refusal};
use uuid::Uuid;

use super::graph::{Parts, UnparsedReference};

/// Something that a request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntityReference {
    /// A part of the same graph, by its place among its kind.
    InGraph(usize),
    /// A row.
    Id(Uuid),
    /// An organization.
    Slug(String),
    /// A user.
    Email(Email),
}

impl fmt::Display for EntityReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntityReference::InGraph(number) => write!(f, "{number}"),
            EntityReference::Id(id) => id.as_hyphenated().fmt(f),
            EntityReference::Slug(slug) => f.write_str(slug),
            EntityReference::Email(email) => f.write_str(email.as_str()),
        }
    }
}

impl EntityReference {
    /// Nothing is there by this name.
    pub(super) fn not_found(&self, kind: EntityKind) -> Refusal {
        Refusal::EntityNotFound {
            kind,
            named: self.to_string(),
        }
    }
}

/// The parts of a request, as its paths call them.
pub(super) const USERS: &str = "users";
pub(super) const IDENTITIES: &str = "user_identities";
pub(super) const ORGANIZATIONS: &str = "organizations";
/// By the names of the organizations.
pub(super) const SUBSCRIPTIONS: &str = "subscriptions";
pub(super) const WORKSPACES: &str = "workspaces";
pub(super) const PROJECTS: &str = "projects";
pub(super) const API_KEYS: &str = "api_keys";

/// What memberships of a level are called.
pub(super) const fn memberships_collection(level: Level) -> &'static str {
    match level {
        Level::Organization => "organization_memberships",
        Level::Workspace => "workspace_memberships",
        Level::Project => "project_memberships",
    }
}

/// What a reference to a place of a level is called.
pub(super) const fn scope_ref_field(level: Level) -> &'static str {
    match level {
        Level::Organization => "organization_ref",
        Level::Workspace => "workspace_ref",
        Level::Project => "project_ref",
    }
}

/// What places of a level are called.
pub(super) const fn scopes_collection(level: Level) -> &'static str {
    match level {
        Level::Organization => ORGANIZATIONS,
        Level::Workspace => WORKSPACES,
        Level::Project => PROJECTS,
    }
}

/// One place of a level.
pub(super) const fn entity_kind(level: Level) -> EntityKind {
    match level {
        Level::Organization => EntityKind::Organization,
        Level::Workspace => EntityKind::Workspace,
        Level::Project => EntityKind::Project,
    }
}

/// Where in a request something stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldPath<'a> {
    /// Before the names of the graph's parts.
    pub(super) at: &'a str,
    /// Which parts.
    pub(super) collection: &'static str,
    /// Which of them.
    pub(super) name: &'a str,
}

impl<'a> FieldPath<'a> {
    pub(super) const fn new(at: &'a str, collection: &'static str, name: &'a str) -> Self {
        Self {
            at,
            collection,
            name,
        }
    }

    pub(super) fn path(&self, field: &str) -> String {
        let Self {
            at,
            collection,
            name,
        } = self;
        format!("{at}{collection}.{name}.{field}")
    }

    /// A name that leads nowhere.
    pub(super) fn invalid_reference(&self, field: &str, reason: String) -> Refusal {
        Refusal::InvalidReference {
            path: self.path(field),
            reason,
        }
    }

    /// A value that cannot be.
    pub(super) fn invalid(&self, field: &str, problem: impl fmt::Display) -> Refusal {
        Refusal::InvalidAccounts(format!("{}: {problem}", self.path(field)))
    }

    /// Something that cannot be beside what is there.
    pub(super) fn conflict(&self, field: &str, problem: impl fmt::Display) -> Refusal {
        Refusal::AccountsConflict(format!("{}: {problem}", self.path(field)))
    }
}

/// The names of a graph's parts of one kind.
pub(super) struct ReferenceTable<'a> {
    /// As paths call them.
    collection: &'static str,
    indexes: HashMap<&'a str, usize>,
    /// Of new organizations that are given one.
    slugs: HashMap<&'a str, usize>,
}

impl<'a> ReferenceTable<'a> {
    /// Of all parts of one kind, which may be given in two lists.
    ///
    /// # Errors
    /// Two of them have the same name.
    pub(super) fn of(
        at: &str,
        collection: &'static str,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Refusal> {
        let mut indexes = HashMap::new();
        for (number, name) in names.enumerate() {
            if indexes.insert(name, number).is_some() {
                return Err(Refusal::InvalidAccounts(format!(
                    "{at}{collection}.{name}: two have this name."
                )));
            }
        }
        Ok(Self {
            collection,
            indexes,
            slugs: HashMap::new(),
        })
    }

    /// With the slugs of the parts, in their order.
    pub(super) fn with_slugs(mut self, slugs: impl Iterator<Item = Option<&'a str>>) -> Self {
        let slugs = slugs.enumerate();
        self.slugs = slugs
            .filter_map(|(number, slug)| Some((slug?, number)))
            .collect();
        self
    }

    /// Of `collection`, in their order.
    pub(super) fn of_collection<T>(
        at: &str,
        kind: &'static str,
        collection: &'a Parts<T>,
    ) -> Result<Self, Refusal> {
        Self::of(at, kind, collection.iter().map(|(name, _)| name.as_str()))
    }

    /// What `named` leads to, if it is for something of this kind.
    pub(super) fn pick(
        &self,
        named: &UnparsedReference,
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
        match named {
            UnparsedReference::Ref(name) => {
                let collection = self.collection;
                let number = self.indexes.get(name.as_str()).copied();
                number.map(EntityReference::InGraph).ok_or_else(|| {
                    invalid(format!(
                        "request-local ref '{name}' not found in {collection}"
                    ))
                })
            }
            UnparsedReference::Id(text) => Uuid::try_parse(text)
                .map(EntityReference::Id)
                .map_err(|_| invalid(format!("'{text}' is not a valid UUID"))),
            UnparsedReference::Slug(slug) if self.collection == ORGANIZATIONS => {
                let made = self.slugs.get(slug.as_str()).copied();
                Ok(made.map_or_else(
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
        at: "accounts.a.",
        collection: PROJECTS,
        name: "p",
    };

    fn reason(names: &ReferenceTable<'_>, named: &UnparsedReference) -> String {
        match names.pick(named, &FIELD_PATH, "workspace_ref") {
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
        let pick = |named: &UnparsedReference| users.pick(named, &FIELD_PATH, "user_ref").unwrap();
        assert_eq!(
            pick(&UnparsedReference::Ref("v".to_owned())),
            EntityReference::InGraph(1)
        );
        assert_eq!(
            pick(&UnparsedReference::Id(Uuid::nil().to_string())),
            EntityReference::Id(Uuid::nil())
        );
        assert_eq!(
            pick(&UnparsedReference::Email(" Bob@X.com".to_owned())).to_string(),
            "bob@x.com"
        );
        let organizations = ReferenceTable::of("", ORGANIZATIONS, ["o", "p"].into_iter()).unwrap();
        let organizations = organizations.with_slugs([None, Some("made")].into_iter());
        let by_slug = |slug: &str| {
            let named = UnparsedReference::Slug(slug.to_owned());
            organizations
                .pick(&named, &FIELD_PATH, "organization_ref")
                .unwrap()
        };
        assert_eq!(by_slug("acme"), EntityReference::Slug("acme".to_owned()));
        assert_eq!(by_slug("made"), EntityReference::InGraph(1));
    }

    #[test]
    fn unresolvable_references_have_the_messages_of_the_reference_api() {
        let workspaces = ReferenceTable::of("", WORKSPACES, ["w"].into_iter()).unwrap();
        for (named, said) in [
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
            assert_eq!(reason(&workspaces, &named), said);
        }
        let users = ReferenceTable::of("", USERS, ["u"].into_iter()).unwrap();
        let slug = UnparsedReference::Slug("acme".to_owned());
        assert_eq!(
            reason(&users, &slug),
            "slug-based references are not supported for users"
        );
        let email = UnparsedReference::Email("nobody".to_owned());
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
            Some("accounts.a.users.u: two have this name.")
        );
    }
}
