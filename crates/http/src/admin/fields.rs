//! Values that the bodies of several operators' endpoints have.

use freehold_app::provisioning::UnparsedReference;
use secrecy::SecretString;
use serde_json::Value;

use crate::extract::body::{Field, FieldReader, request_body};

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
}

/// An [`EntityRef`] that names something in exactly one way.
#[derive(Debug)]
pub(super) struct EntityRefField(pub(super) UnparsedReference);

impl Field for EntityRefField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let given = EntityRef::read(value, reader)?;
        let named = match given {
            EntityRef {
                local: Some(local),
                id: None,
                slug: None,
                email: None,
            } => UnparsedReference::Ref(local),
            EntityRef {
                local: None,
                id: Some(id),
                slug: None,
                email: None,
            } => UnparsedReference::Id(id),
            EntityRef {
                local: None,
                id: None,
                slug: Some(slug),
                email: None,
            } => UnparsedReference::Slug(slug),
            EntityRef {
                local: None,
                id: None,
                slug: None,
                email: Some(email),
            } => UnparsedReference::Email(email),
            _ => {
                let reason = "Exactly one of 'ref', 'id', 'slug', or 'email' must be provided.";
                reader.report_value_error(reason, value);
                return None;
            }
        };
        Some(Self(named))
    }
}

/// A text that is not printed.
#[derive(Debug)]
pub(super) struct SecretField(pub(super) SecretString);

impl Field for SecretField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        String::read(value, reader).map(|text| Self(text.into()))
    }
}

/// Values by the refs that the request chose for them, in its order.
#[derive(Debug)]
pub(super) struct KeyedMap<T>(pub(super) Vec<(String, T)>);

impl<T> Default for KeyedMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Field> Field for KeyedMap<T> {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Value::Object(object) = value else {
            reader.report("dict_type", "Input should be a valid dictionary", value);
            return None;
        };
        let mut read = Vec::with_capacity(object.len());
        for (key, value) in object {
            let entry = reader.nested(key.as_str(), |reader| {
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
        let mut reader = FieldReader::at("body");
        let read = T::read(value, &mut reader);
        read.ok_or(reader.into_problems())
    }

    #[test]
    fn an_entity_is_referenced_in_exactly_one_way() {
        for (given, named) in [
            (json!({"ref": "u1"}), UnparsedReference::Ref("u1".into())),
            (
                json!({"id": "x", "ref": null}),
                UnparsedReference::Id("x".into()),
            ),
            (
                json!({"slug": "acme"}),
                UnparsedReference::Slug("acme".into()),
            ),
            (
                json!({"email": "a@x.test"}),
                UnparsedReference::Email("a@x.test".into()),
            ),
        ] {
            assert_eq!(read::<EntityRefField>(&given).unwrap().0, named);
        }
        for given in [
            json!({}),
            json!({"ref": "u1", "id": "x"}),
            json!({"ref": null}),
        ] {
            assert_eq!(
                read::<EntityRefField>(&given).unwrap_err(),
                [json!({
                    "type": "value_error", "loc": ["body"], "input": given, "ctx": {"error": {}},
                    "msg": "Value error, Exactly one of 'ref', 'id', 'slug', or 'email' must be provided.",
                })]
            );
        }
    }
}
