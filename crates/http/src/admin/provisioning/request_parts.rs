//! The parts of which operators make accounts, as requests name them: bodies that are read into the
//! drafts of `app`. How they are put together is said at each endpoint.

use freehold_domain::{Reason, Timestamp};

use crate::admin::CommandOptions;
use crate::admin::fields::{EntityRef, EntityRefField, SecretField};
use crate::extract::body::request_body;

request_body! {
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
        user_ref: Option<EntityRefField>,
        /// `email:password`.
        method: String,
        /// The name at whoever vouches; here the e-mail address.
        subject: String,
        email: Option<String>,
        #[schema(value_type = Option<String>, format = "password")]
        password: Option<SecretField>,
        /// In the place of `password`: its hash by another system, in one of the forms that sign-in
        /// reads (argon2, bcrypt, scrypt, PBKDF2). Made anew at the next sign-in.
        #[schema(value_type = Option<String>, format = "password")]
        password_hash: Option<SecretField>,
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
        owner_user_ref: Option<EntityRefField>,
    }

    /// A workspace.
    pub(super) struct NewWorkspace {
        name: String,
        #[schema(value_type = EntityRef)]
        organization_ref: EntityRefField,
    }

    /// A project.
    pub(super) struct NewProject {
        name: String,
        #[schema(value_type = EntityRef)]
        organization_ref: EntityRefField,
        #[schema(value_type = EntityRef)]
        workspace_ref: EntityRefField,
        /// Whether it becomes the default of its workspace. The first one is.
        is_default: Option<bool>,
    }

    /// Somebody's place in an organization.
    pub(super) struct OrganizationMembership {
        #[schema(value_type = EntityRef)]
        organization_ref: EntityRefField,
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        role: String,
    }

    /// Somebody's place in a workspace.
    pub(super) struct WorkspaceMembership {
        #[schema(value_type = EntityRef)]
        workspace_ref: EntityRefField,
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        role: String,
    }

    /// Somebody's place in a project.
    pub(super) struct ProjectMembership {
        #[schema(value_type = EntityRef)]
        project_ref: EntityRefField,
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        role: String,
    }

    /// A program's credential.
    pub(super) struct NewApiKey {
        #[schema(value_type = EntityRef)]
        project_ref: EntityRefField,
        /// In whose name.
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
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
pub(super) fn command_options(options: Option<&Options>) -> CommandOptions {
    options.map_or_else(CommandOptions::default, |options| CommandOptions {
        dry_run: options.dry_run,
        idempotency_key: options.idempotency_key.clone(),
        reason: options.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::admin::fields::KeyedMap;
    use crate::extract::body::{Field, FieldReader};

    fn read<T: Field>(value: &Value) -> Result<T, Vec<Value>> {
        let mut reader = FieldReader::at("body");
        let read = T::read(value, &mut reader);
        read.ok_or(reader.into_problems())
    }

    #[test]
    fn refs_keep_their_order_and_problems_their_location() {
        let given = json!({"z": {"plan": "a"}, "b": {"plan": "b"}, "m": {"plan": "c"}});
        let KeyedMap(read_in) = read::<KeyedMap<Subscription>>(&given).unwrap();
        let names: Vec<_> = read_in.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z", "b", "m"]);
        let given = json!({"a": {}, "b": {"plan": 1}, "c\u{0}": {"plan": "x"}});
        let problems = read::<KeyedMap<Subscription>>(&given).unwrap_err();
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
            read::<KeyedMap<Subscription>>(&json!([])).unwrap_err()[0]["type"],
            "dict_type"
        );
    }

    #[test]
    fn passwords_are_not_in_debug_output() {
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
