//! What a name in a request leads to, as far as it can be said without looking
//! anything up.

use std::collections::HashMap;
use std::fmt;

use freehold_domain::{Email, EntityKind, Level, Refusal};
use uuid::Uuid;

use super::graph::{Named, Parts};

/// Something that a request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// A part of the same graph, by its place among its kind.
    Part(usize),
    /// A row.
    Id(Uuid),
    /// An organization.
    Slug(String),
    /// A user.
    Email(Email),
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pick::Part(number) => write!(f, "{number}"),
            Pick::Id(id) => id.as_hyphenated().fmt(f),
            Pick::Slug(slug) => f.write_str(slug),
            Pick::Email(email) => f.write_str(email.as_str()),
        }
    }
}

impl Pick {
    /// Nothing is there by this name.
    pub(super) fn missing(&self, kind: EntityKind) -> Refusal {
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
pub(super) const fn memberships(level: Level) -> &'static str {
    match level {
        Level::Organization => "organization_memberships",
        Level::Workspace => "workspace_memberships",
        Level::Project => "project_memberships",
    }
}

/// What a reference to a place of a level is called.
pub(super) const fn place_ref(level: Level) -> &'static str {
    match level {
        Level::Organization => "organization_ref",
        Level::Workspace => "workspace_ref",
        Level::Project => "project_ref",
    }
}

/// What places of a level are called.
pub(super) const fn places(level: Level) -> &'static str {
    match level {
        Level::Organization => ORGANIZATIONS,
        Level::Workspace => WORKSPACES,
        Level::Project => PROJECTS,
    }
}

/// One place of a level.
pub(super) const fn kind(level: Level) -> EntityKind {
    match level {
        Level::Organization => EntityKind::Organization,
        Level::Workspace => EntityKind::Workspace,
        Level::Project => EntityKind::Project,
    }
}

/// Where in a request something stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    /// Before the names of the graph's parts.
    pub(super) at: &'a str,
    /// Which parts.
    pub(super) parts: &'static str,
    /// Which of them.
    pub(super) name: &'a str,
}

impl<'a> Spot<'a> {
    pub(super) const fn new(at: &'a str, parts: &'static str, name: &'a str) -> Self {
        Self { at, parts, name }
    }

    pub(super) fn path(&self, field: &str) -> String {
        let Self { at, parts, name } = self;
        format!("{at}{parts}.{name}.{field}")
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
pub(super) struct Names<'a> {
    /// As paths call them.
    parts: &'static str,
    numbers: HashMap<&'a str, usize>,
    /// Of new organizations that are given one.
    slugs: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    /// Of all parts of one kind, which may be given in two lists.
    ///
    /// # Errors
    /// Two of them have the same name.
    pub(super) fn of(
        at: &str,
        parts: &'static str,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Self, Refusal> {
        let mut numbers = HashMap::new();
        for (number, name) in names.enumerate() {
            if numbers.insert(name, number).is_some() {
                return Err(Refusal::InvalidAccounts(format!(
                    "{at}{parts}.{name}: two have this name."
                )));
            }
        }
        Ok(Self {
            parts,
            numbers,
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

    /// Of `parts`, in their order.
    pub(super) fn of_parts<T>(
        at: &str,
        kind: &'static str,
        parts: &'a Parts<T>,
    ) -> Result<Self, Refusal> {
        Self::of(at, kind, parts.iter().map(|(name, _)| name.as_str()))
    }

    /// What `named` leads to, if it is for something of this kind.
    pub(super) fn pick(
        &self,
        named: &Named,
        spot: &Spot<'_>,
        field: &str,
    ) -> Result<Pick, Refusal> {
        let invalid = |reason: String| spot.invalid_reference(field, reason);
        let unsupported = |how: &str| {
            let parts = self.parts;
            invalid(format!(
                "{how}-based references are not supported for {parts}"
            ))
        };
        match named {
            Named::Ref(name) => {
                let parts = self.parts;
                let number = self.numbers.get(name.as_str()).copied();
                number.map(Pick::Part).ok_or_else(|| {
                    invalid(format!("request-local ref '{name}' not found in {parts}"))
                })
            }
            Named::Id(text) => Uuid::try_parse(text)
                .map(Pick::Id)
                .map_err(|_| invalid(format!("'{text}' is not a valid UUID"))),
            Named::Slug(slug) if self.parts == ORGANIZATIONS => {
                let made = self.slugs.get(slug.as_str()).copied();
                Ok(made.map_or_else(|| Pick::Slug(slug.clone()), Pick::Part))
            }
            Named::Slug(_) => Err(unsupported("slug")),
            Named::Email(text) if self.parts == USERS => Email::parse(text)
                .map(Pick::Email)
                .map_err(|problem| invalid(problem.to_string())),
            Named::Email(_) => Err(unsupported("email")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOT: Spot<'_> = Spot {
        at: "accounts.a.",
        parts: PROJECTS,
        name: "p",
    };

    fn reason(names: &Names<'_>, named: &Named) -> String {
        match names.pick(named, &SPOT, "workspace_ref") {
            Err(Refusal::InvalidReference { path, reason }) => {
                assert_eq!(path, "accounts.a.projects.p.workspace_ref");
                reason
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn names_lead_to_parts_rows_slugs_and_addresses() {
        let users = Names::of("", USERS, ["u", "v"].into_iter()).unwrap();
        let pick = |named: &Named| users.pick(named, &SPOT, "user_ref").unwrap();
        assert_eq!(pick(&Named::Ref("v".to_owned())), Pick::Part(1));
        assert_eq!(
            pick(&Named::Id(Uuid::nil().to_string())),
            Pick::Id(Uuid::nil())
        );
        assert_eq!(
            pick(&Named::Email(" Bob@X.com".to_owned())).to_string(),
            "bob@x.com"
        );
        let organizations = Names::of("", ORGANIZATIONS, ["o", "p"].into_iter()).unwrap();
        let organizations = organizations.with_slugs([None, Some("made")].into_iter());
        let by_slug = |slug: &str| {
            let named = Named::Slug(slug.to_owned());
            organizations
                .pick(&named, &SPOT, "organization_ref")
                .unwrap()
        };
        assert_eq!(by_slug("acme"), Pick::Slug("acme".to_owned()));
        assert_eq!(by_slug("made"), Pick::Part(1));
    }

    #[test]
    fn a_name_that_leads_nowhere_is_told_in_the_words_of_the_contract() {
        let workspaces = Names::of("", WORKSPACES, ["w"].into_iter()).unwrap();
        for (named, said) in [
            (
                Named::Ref("nope".to_owned()),
                "request-local ref 'nope' not found in workspaces",
            ),
            (Named::Id("bad".to_owned()), "'bad' is not a valid UUID"),
            (
                Named::Slug("acme".to_owned()),
                "slug-based references are not supported for workspaces",
            ),
            (
                Named::Email("a@x.com".to_owned()),
                "email-based references are not supported for workspaces",
            ),
        ] {
            assert_eq!(reason(&workspaces, &named), said);
        }
        let users = Names::of("", USERS, ["u"].into_iter()).unwrap();
        let slug = Named::Slug("acme".to_owned());
        assert_eq!(
            reason(&users, &slug),
            "slug-based references are not supported for users"
        );
        let email = Named::Email("nobody".to_owned());
        assert_eq!(
            reason(&users, &email),
            "An email address must have an @-sign."
        );
    }

    #[test]
    fn one_name_is_for_one_part() {
        let twice = Names::of("accounts.a.", USERS, ["u", "u"].into_iter());
        assert_eq!(
            twice.err().map(|refusal| refusal.to_string()).as_deref(),
            Some("accounts.a.users.u: two have this name.")
        );
    }
}
