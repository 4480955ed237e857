//! The macro that declares request bodies.

/// Declares a request body: a struct, its schema for the OpenAPI document, and a reader that
/// reports all mistakes. `name as "jsonName"` sets another name in JSON;
/// `struct Name[MAX_BULK_BODY_BYTES]` sets another size limit.
macro_rules! request_body {
    ($(
        $(#[$struct_attr:meta])*
        $visible:vis struct $name:ident $([$size:expr])? {
            $( $(#[$field_attr:meta])* $member:ident $(as $json_name:literal)? : $type:ty ),* $(,)?
        }
    )+) => {$(
        $(#[$struct_attr])*
        #[derive(utoipa::ToSchema)]
        $visible struct $name {
            $( $(#[$field_attr])* $(#[schema(rename = $json_name)])? pub(crate) $member: $type, )*
        }

        /// The name only: a body can contain passwords and tokens.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl $crate::extract::body::Field for $name {
            $(const MAX_BODY_BYTES: usize = $size;)?
            const FIELD_NAMES: &'static [&'static str] =
                &[$($crate::extract::body::request_body!(@json_name $member $($json_name)?)),*];

            fn read(
                value: &serde_json::Value,
                reader: &mut $crate::extract::body::FieldReader,
            ) -> Option<Self> {
                let object = reader.object(value)?;
                $( let $member = reader.field(object, $crate::extract::body::request_body!(@json_name $member $($json_name)?)); )*
                Some(Self { $( $member: $member?, )* })
            }
        }
    )+};
    (@json_name $member:ident) => { stringify!($member) };
    (@json_name $member:ident $json_name:literal) => { $json_name };
}
pub(crate) use request_body;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use crate::extract::body::{Change, Field, FieldReader};

    request_body! {
        /// A body with one member of each kind.
        struct Sample {
            name: Option<String>,
            id: Uuid,
            make_default as "makeDefault": bool,
            tags: Option<Vec<String>>,
            #[schema(value_type = Option<String>)]
            note: Change<String>,
        }
    }

    fn read(value: &Value) -> Result<Sample, Vec<Value>> {
        let mut reader = FieldReader::at("body");
        let read = Sample::read(value, &mut reader);
        let problems = reader.into_problems();
        assert_eq!(
            read.is_none(),
            !problems.is_empty(),
            "a value or problems, never both"
        );
        read.ok_or(problems)
    }

    #[test]
    fn every_problem_is_reported_with_its_location() {
        let body = json!({"id": "bad", "name": 1, "tags": ["a", 2, "b\u{0}"], "note": null});
        assert_eq!(
            read(&body).unwrap_err(),
            [
                json!({"type":"string_type","loc":["body","name"],"msg":"Input should be a valid string","input":1}),
                json!({"type":"uuid_parsing","loc":["body","id"],"msg":"Input should be a valid UUID, invalid length: found 3","input":"bad","ctx":{"error":"invalid length: found 3"}}),
                json!({"type":"missing","loc":["body","makeDefault"],"msg":"Field required","input":body}),
                json!({"type":"string_type","loc":["body","tags",1],"msg":"Input should be a valid string","input":2}),
                json!({"type":"value_error","loc":["body","tags",2],"msg":"Value error, control characters are not allowed","input":"b\u{0}","ctx":{"error":{}}}),
            ]
        );
    }

    #[test]
    fn body_must_be_an_object() {
        let problems = read(&json!([])).unwrap_err();
        assert_eq!(problems[0]["type"], "model_attributes_type");
        assert_eq!(problems[0]["loc"], json!(["body"]));
    }

    #[test]
    fn missing_null_and_given_differ() {
        let id = Uuid::nil();
        let with =
            |note: Value| read(&json!({"id": id, "makeDefault": "yes", "note": note})).unwrap();
        assert_eq!(with(Value::Null).note, Change::Clear);
        assert_eq!(with("x".into()).note, Change::Set("x".into()));
        let body = read(&json!({"id": id, "makeDefault": 0})).unwrap();
        assert_eq!(
            (body.note, body.make_default, body.name, body.tags, body.id),
            (Change::Keep, false, None, None, id)
        );
    }
}
