//! The parts of which operators make accounts, as requests name them: bodies that are read into the
//! drafts of `app`. How they are put together is said at each endpoint.

mod drafts;

use freehold_app::provisioning::Named;
use freehold_domain::{Reason, Timestamp};
use serde_json::Value;

use super::order::Sayings;
use crate::body::{Field, Reader, request_body};

pub(super) use drafts::drafts;

request_body! {
    /// How a request names something: in exactly one of these ways.
    pub(super) struct EntityRef {
        /// The key of a part of the same request.
        local as "ref": Option<String>,
        /// The id of something that is there.
        id: Option<String>,
        /// Organizations only.
        slug: Option<String>,
        /// Users only.
        email: Option<String>,
    }

    /// A person.
    pub(super) struct NewUser {
        email: String,
        /// What others see; if nothing is said the name, or what stands before the `@`.
        username: Option<String>,
        name: Option<String>,
    }

    /// A login.
    pub(super) struct NewIdentity {
        /// Whose.
        #[schema(value_type = Option<EntityRef>)]
        user_ref: Option<Way>,
        /// `email:password`.
        method: String,
        /// The name at whoever vouches; here the e-mail address.
        subject: String,
        email: Option<String>,
        #[schema(value_type = Option<String>, format = "password")]
        password: Option<Secret>,
        /// In the place of `password`: its hash by another system, in one of the forms that sign-in
        /// reads (argon2, bcrypt, scrypt, PBKDF2). Made anew at the next sign-in.
        #[schema(value_type = Option<String>, format = "password")]
        password_hash: Option<Secret>,
        /// Whether it is known that the address is theirs.
        verified: Option<bool>,
    }

    /// An organization.
    pub(super) struct NewOrganization {
        name: String,
        /// Its name in URLs.
        slug: Option<String>,
        /// Who owns it; the request's first user if nobody is named.
        #[schema(value_type = Option<EntityRef>)]
        owner_user_ref: Option<Way>,
    }

    /// A workspace.
    pub(super) struct NewWorkspace {
        name: String,
        #[schema(value_type = EntityRef)]
        organization_ref: Way,
    }

    /// A project.
    pub(super) struct NewProject {
        name: String,
        #[schema(value_type = EntityRef)]
        organization_ref: Way,
        #[schema(value_type = EntityRef)]
        workspace_ref: Way,
        /// Whether it becomes the default of its workspace. The first one is.
        is_default: Option<bool>,
    }

    /// Somebody's place in an organization.
    pub(super) struct OrganizationMembership {
        #[schema(value_type = EntityRef)]
        organization_ref: Way,
        #[schema(value_type = EntityRef)]
        user_ref: Way,
        role: String,
    }

    /// Somebody's place in a workspace.
    pub(super) struct WorkspaceMembership {
        #[schema(value_type = EntityRef)]
        workspace_ref: Way,
        #[schema(value_type = EntityRef)]
        user_ref: Way,
        role: String,
    }

    /// Somebody's place in a project.
    pub(super) struct ProjectMembership {
        #[schema(value_type = EntityRef)]
        project_ref: Way,
        #[schema(value_type = EntityRef)]
        user_ref: Way,
        role: String,
    }

    /// A program's credential.
    pub(super) struct NewApiKey {
        #[schema(value_type = EntityRef)]
        project_ref: Way,
        /// In whose name.
        #[schema(value_type = EntityRef)]
        user_ref: Way,
        name: Option<String>,
        /// When it stops working; never if nothing is said.
        #[schema(value_type = Option<String>, format = "date-time")]
        expires_at: Option<Timestamp>,
    }

    /// What an organization is to pay for. Extensions know plans; the server itself has none.
    pub(super) struct Subscription {
        plan: String,
    }

    /// How a request is meant.
    pub(super) struct Options {
        /// Answers as if it were done, and changes nothing.
        dry_run: Option<bool>,
        /// The same as the header `Idempotency-Key`.
        idempotency_key: Option<String>,
        /// Whether logins are made.
        create_identities: Option<bool>,
        /// Whether API keys are made.
        create_api_keys: Option<bool>,
        /// Whether the answer holds the texts of API keys.
        return_api_keys: Option<bool>,
        /// Whether new projects begin with content.
        seed_defaults: Option<bool>,
        /// For the audit trail.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
    }
}

/// What is said of a request whose body has `options`.
pub(super) fn sayings(options: Option<&Options>) -> Sayings {
    options.map_or_else(Sayings::default, |options| Sayings {
        dry_run: options.dry_run,
        idempotency_key: options.idempotency_key.clone(),
        reason: options.reason.clone(),
    })
}

/// An [`EntityRef`] that names something in exactly one way.
#[derive(Debug)]
pub(super) struct Way(pub(super) Named);

impl Field for Way {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let given = EntityRef::read(value, reader)?;
        let named = match given {
            EntityRef {
                local: Some(local),
                id: None,
                slug: None,
                email: None,
            } => Named::Ref(local),
            EntityRef {
                local: None,
                id: Some(id),
                slug: None,
                email: None,
            } => Named::Id(id),
            EntityRef {
                local: None,
                id: None,
                slug: Some(slug),
                email: None,
            } => Named::Slug(slug),
            EntityRef {
                local: None,
                id: None,
                slug: None,
                email: Some(email),
            } => Named::Email(email),
            _ => {
                let reason = "Exactly one of 'ref', 'id', 'slug', or 'email' must be provided.";
                reader.refuse(reason, value);
                return None;
            }
        };
        Some(Self(named))
    }
}

/// A text that does not get into logs.
pub(super) struct Secret(pub(super) String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Field for Secret {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        String::read(value, reader).map(Self)
    }
}

/// Values by the refs that the request chose for them, in its order.
#[derive(Debug)]
pub(super) struct Keyed<T>(pub(super) Vec<(String, T)>);

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Field> Field for Keyed<T> {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let Value::Object(object) = value else {
            reader.complain("dict_type", "Input should be a valid dictionary", value);
            return None;
        };
        let mut read = Vec::with_capacity(object.len());
        for (key, value) in object {
            let entry = reader.inside(key.as_str(), |reader| {
                // A ref comes back in answers and errors: it is a text like any other.
                let name = String::read(&Value::from(key.as_str()), reader);
                let entry = T::read(value, reader);
                Some((name?, entry?))
            });
            read.extend(entry);
        }
        (read.len() == object.len()).then_some(Self(read))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read<T: Field>(value: &Value) -> Result<T, Vec<Value>> {
        let mut reader = Reader::at("body");
        let read = T::read(value, &mut reader);
        read.ok_or(reader.into_problems())
    }

    #[test]
    fn something_is_named_in_exactly_one_way() {
        for (given, named) in [
            (json!({"ref": "u1"}), Named::Ref("u1".into())),
            (json!({"id": "x", "ref": null}), Named::Id("x".into())),
            (json!({"slug": "acme"}), Named::Slug("acme".into())),
            (
                json!({"email": "a@x.test"}),
                Named::Email("a@x.test".into()),
            ),
        ] {
            assert_eq!(read::<Way>(&given).unwrap().0, named);
        }
        for given in [
            json!({}),
            json!({"ref": "u1", "id": "x"}),
            json!({"ref": null}),
        ] {
            assert_eq!(
                read::<Way>(&given).unwrap_err(),
                [json!({
                    "type": "value_error", "loc": ["body"], "input": given, "ctx": {"error": {}},
                    "msg": "Value error, Exactly one of 'ref', 'id', 'slug', or 'email' must be provided.",
                })]
            );
        }
    }

    #[test]
    fn refs_keep_their_order_and_every_mistake_its_place() {
        let given = json!({"z": {"plan": "a"}, "b": {"plan": "b"}, "m": {"plan": "c"}});
        let Keyed(read_in) = read::<Keyed<Subscription>>(&given).unwrap();
        let names: Vec<_> = read_in.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z", "b", "m"]);
        let given = json!({"a": {}, "b": {"plan": 1}, "c\u{0}": {"plan": "x"}});
        let problems = read::<Keyed<Subscription>>(&given).unwrap_err();
        let places: Vec<_> = problems.iter().map(|problem| &problem["loc"]).collect();
        assert_eq!(
            places,
            [
                &json!(["body", "a", "plan"]),
                &json!(["body", "b", "plan"]),
                &json!(["body", "c\u{0}"])
            ]
        );
        assert_eq!(
            read::<Keyed<Subscription>>(&json!([])).unwrap_err()[0]["type"],
            "dict_type"
        );
    }

    #[test]
    fn passwords_do_not_get_into_logs() {
        let given = json!({
            "method": "email:password", "subject": "a@x.test",
            "password": "Secret12!", "password_hash": "$2b$secret",
        });
        let read = read::<NewIdentity>(&given).unwrap();
        let shown = format!("{read:?} {:?}", read.password);
        assert!(!shown.to_lowercase().contains("secret12"), "{shown}");
        assert!(!shown.contains("$2b$"), "{shown}");
    }
}
