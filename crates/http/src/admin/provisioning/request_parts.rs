//! The parts of the request bodies that create accounts. Each endpoint combines them in its own body;
//! `drafts` converts them.

use freehold_domain::{Reason, Timestamp};

use crate::admin::CommandOptions;
use crate::admin::fields::{EntityRef, EntityRefField, SecretField};
use crate::extract::body::request_body;

request_body! {
    /// A user.
    pub(super) struct NewUser {
        email: String,
        /// Displayed name. Default: `name`, or the part of the email address before the `@`.
        username: Option<String>,
        name: Option<String>,
    }

    /// A login.
    pub(super) struct NewIdentity {
        /// The user of the login.
        #[schema(value_type = Option<EntityRef>)]
        user_ref: Option<EntityRefField>,
        /// `email:password`.
        method: String,
        /// The user's name at the identity provider; for `email:password` the email address.
        subject: String,
        email: Option<String>,
        #[schema(value_type = Option<String>, format = "password")]
        password: Option<SecretField>,
        /// Instead of `password`: a hash by another system, in a supported format (argon2, bcrypt,
        /// scrypt, PBKDF2). At the next sign-in the password is hashed with Argon2id.
        #[schema(value_type = Option<String>, format = "password")]
        password_hash: Option<SecretField>,
        /// Whether the email address is verified.
        verified: Option<bool>,
    }

    /// An organization.
    pub(super) struct NewOrganization {
        name: String,
        /// Name of the organization in URLs.
        slug: Option<String>,
        /// The owner. Default: the first user of the request.
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
        /// Whether it becomes the default project of its workspace. The first project always does.
        is_default: Option<bool>,
    }

    /// A membership of an organization.
    pub(super) struct OrganizationMembership {
        #[schema(value_type = EntityRef)]
        organization_ref: EntityRefField,
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        role: String,
    }

    /// A membership of a workspace.
    pub(super) struct WorkspaceMembership {
        #[schema(value_type = EntityRef)]
        workspace_ref: EntityRefField,
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        role: String,
    }

    /// A membership of a project.
    pub(super) struct ProjectMembership {
        #[schema(value_type = EntityRef)]
        project_ref: EntityRefField,
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        role: String,
    }

    /// An API key.
    pub(super) struct NewApiKey {
        #[schema(value_type = EntityRef)]
        project_ref: EntityRefField,
        /// The user in whose name the key acts.
        #[schema(value_type = EntityRef)]
        user_ref: EntityRefField,
        name: Option<String>,
        /// Expiry time. Default: the key does not expire.
        #[schema(value_type = Option<String>, format = "date-time")]
        expires_at: Option<Timestamp>,
    }

    /// The plan of an organization. Plans are defined by extensions; the open core has none.
    pub(super) struct Subscription {
        plan: String,
    }

    /// Options of a request.
    pub(super) struct Options {
        /// Dry run: the request is executed and rolled back.
        dry_run: Option<bool>,
        /// The same as the header `Idempotency-Key`.
        idempotency_key: Option<String>,
        /// Whether logins are created.
        create_identities: Option<bool>,
        /// Whether API keys are created.
        create_api_keys: Option<bool>,
        /// Whether the response contains the API keys themselves.
        return_api_keys: Option<bool>,
        /// Whether new projects get initial content.
        seed_defaults: Option<bool>,
        /// Recorded in the audit log.
        #[schema(value_type = Option<String>)]
        reason: Option<Reason>,
    }
}

/// Returns the command options of a body with `options`.
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
        let parsed = T::read(value, &mut reader);
        parsed.ok_or(reader.into_problems())
    }

    #[test]
    fn refs_keep_their_order_and_problems_their_location() {
        let given = json!({"z": {"plan": "a"}, "b": {"plan": "b"}, "m": {"plan": "c"}});
        let KeyedMap(entries) = read::<KeyedMap<Subscription>>(&given).unwrap();
        let names: Vec<_> = entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z", "b", "m"]);
        let given = json!({"a": {}, "b": {"plan": 1}, "c\u{0}": {"plan": "x"}});
        let problems = read::<KeyedMap<Subscription>>(&given).unwrap_err();
        let locations: Vec<_> = problems.iter().map(|problem| &problem["loc"]).collect();
        assert_eq!(
            locations,
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
        let identity = read::<NewIdentity>(&given).unwrap();
        let output = format!("{identity:?} {:?}", identity.password);
        assert!(!output.to_lowercase().contains("secret12"), "{output}");
        assert!(!output.contains("$2b$"), "{output}");
    }
}
