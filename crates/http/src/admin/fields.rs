//! Fields that several bodies of the admin API share.

use std::fmt::{Debug, Display};

use freehold_app::provisioning::UnparsedReference;
use secrecy::SecretString;
use serde_json::Value;

use crate::extract::body::{Field, FieldReader, request_body};

request_body! {
    /// Identifies an object by exactly one of these properties.
    pub(super) struct EntityRef {
        /// The ref of an object in the same request.
        local as "ref": Option<String>,
        /// The id of an existing object.
        id: Option<String>,
        /// Organizations only.
        slug: Option<String>,
        /// Users only.
        email: Option<String>,
    }
}

/// An [`EntityRef`] with exactly one property.
#[derive(Debug)]
pub(super) struct EntityRefField(pub(super) UnparsedReference);

impl Field for EntityRefField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let reference = match EntityRef::read(value, reader)? {
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
        Some(Self(reference))
    }
}

/// Reads a text that `parse` accepts; its error becomes the problem of the field.
pub(super) fn read_parsed<T, E: Display>(
    value: &Value,
    reader: &mut FieldReader,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    let text = String::read(value, reader)?;
    parse(&text)
        .map_err(|error| reader.report_value_error(&error.to_string(), value))
        .ok()
}

/// A secret text. Its `Debug` output does not contain it.
#[derive(Debug)]
pub(super) struct SecretField(pub(super) SecretString);

impl Field for SecretField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        String::read(value, reader).map(|text| Self(text.into()))
    }
}

/// Values by the keys of the request, in its order.
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
        let mut entries = Vec::with_capacity(object.len());
        for (key, value) in object {
            let entry = reader.nested(key.as_str(), |reader| {
                // Responses and errors repeat the key, so it has to be a valid text.
                let key = String::read(&Value::from(key.as_str()), reader);
                let entry = T::read(value, reader);
                Some((key?, entry?))
            });
            entries.extend(entry);
        }
        (entries.len() == object.len()).then_some(Self(entries))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read<T: Field>(value: &Value) -> Result<T, Vec<Value>> {
        let mut reader = FieldReader::at("body");
        let parsed = T::read(value, &mut reader);
        parsed.ok_or(reader.into_problems())
    }

    #[test]
    fn an_entity_is_referenced_in_exactly_one_way() {
        for (given, reference) in [
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
            assert_eq!(read::<EntityRefField>(&given).unwrap().0, reference);
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
