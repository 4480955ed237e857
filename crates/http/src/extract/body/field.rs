//! Reads members of a JSON body as Rust values, and reports those that cannot be read.
//!
//! Types and texts of the problems are those that clients of the reference API read
//! (`docs/COMPATIBILITY.md#requests-and-responses`). Reading goes on after a problem, so that one
//! response reports all mistakes of a form.

use freehold_domain::{Email, FreeText, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The most problems that one response reports.
const MAX_PROBLEMS: usize = 100;

/// Collects problems while a body is read, with the current location in the body.
#[derive(Debug)]
pub(crate) struct FieldReader {
    location: Vec<Value>,
    problems: Vec<Value>,
}

impl FieldReader {
    /// Creates a reader at `root`: `body`, `query` or `path`.
    pub(crate) fn at(root: &'static str) -> Self {
        Self {
            location: vec![root.into()],
            problems: Vec::new(),
        }
    }

    /// Returns the problems in the order of reading; empty if there were none.
    pub(crate) fn into_problems(self) -> Vec<Value> {
        self.problems
    }

    /// Reports a problem with `input` at the current location.
    pub(crate) fn report(&mut self, kind: &str, message: &str, input: &Value) {
        self.push_problem(
            |location| json!({"type": kind, "loc": location, "msg": message, "input": input}),
        );
    }

    /// Reports that the member at the current location is missing. As in the reference API,
    /// `input` is the whole `object` of a body, and null for a query.
    fn report_missing(&mut self, object: &Map<String, Value>) {
        let in_query = self.location.first().is_some_and(|root| root == "query");
        let input = match in_query {
            true => Value::Null,
            false => Value::Object(object.clone()),
        };
        self.report("missing", "Field required", &input);
    }

    /// Adds a problem, unless there are [`MAX_PROBLEMS`] already.
    fn push_problem(&mut self, problem: impl FnOnce(&[Value]) -> Value) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem(&self.location));
        }
    }

    /// As [`report`](Self::report), with the `ctx` that some kinds of problem have.
    pub(crate) fn report_with_context(
        &mut self,
        kind: &str,
        message: &str,
        input: &Value,
        context: &Value,
    ) {
        self.push_problem(|location| {
            json!({"type": kind, "loc": location, "msg": message, "input": input, "ctx": context})
        });
    }

    /// Reports a value that has the right type but breaks a rule.
    pub(crate) fn report_value_error(&mut self, reason: &str, input: &Value) {
        let message = format!("Value error, {reason}");
        self.report_with_context("value_error", &message, input, &json!({"error": {}}));
    }

    /// Reads the member `name` of `object`; `None` if a problem was reported.
    pub(crate) fn field<T: Field>(&mut self, object: &Map<String, Value>, name: &str) -> Option<T> {
        self.nested(name, |reader| match object.get(name) {
            Some(value) => T::read(value, reader),
            None => T::if_missing().or_else(|| {
                reader.report_missing(object);
                None
            }),
        })
    }

    /// Reads the member or item `step` of the current location.
    pub(crate) fn nested<T>(
        &mut self,
        step: impl Into<Value>,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        self.location.push(step.into());
        let read = read(self);
        self.location.pop();
        read
    }

    /// Returns `value` as an object, or reports that it is none.
    pub(crate) fn object<'a>(&mut self, value: &'a Value) -> Option<&'a Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            self.report(
                "model_attributes_type",
                "Input should be a valid dictionary or object to extract fields from",
                value,
            );
        }
        object
    }
}

/// A type that a member of a request body can have.
pub(crate) trait Field: Sized {
    /// The most bytes of a request body of this type.
    const MAX_BODY_BYTES: usize = super::MAX_BODY_BYTES;

    /// The names of the members that are read, if the type is an object with known members.
    const FIELD_NAMES: &'static [&'static str] = &[];

    /// Returns the value for a missing key; `None` makes the key required.
    fn if_missing() -> Option<Self> {
        None
    }

    /// Reads the value, or returns `None` after reporting the problem to `reader`.
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self>;
}

/// Whether `text` has no control characters but line breaks and tabs. The two databases treat
/// others differently.
fn is_printable(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
}

const CONTROL_CHARACTERS: &str = "control characters are not allowed";

impl Field for String {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        match value {
            Value::String(text) if is_printable(text) => Some(text.clone()),
            Value::String(_) => {
                reader.report_value_error(CONTROL_CHARACTERS, value);
                None
            }
            _ => {
                reader.report("string_type", "Input should be a valid string", value);
                None
            }
        }
    }
}

impl Field for FreeText {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Value::String(text) = value else {
            reader.report("string_type", "Input should be a valid string", value);
            return None;
        };
        Self::parse(text)
            .map_err(|error| reader.report_value_error(&error.to_string(), value))
            .ok()
    }
}

impl Field for Email {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Value::String(text) = value else {
            reader.report("string_type", "Input should be a valid string", value);
            return None;
        };
        Self::parse(text)
            .map_err(|error| reader.report_value_error(&error.to_string(), value))
            .ok()
    }
}

/// Any JSON value; the handler checks it.
impl Field for Value {
    fn read(value: &Value, _: &mut FieldReader) -> Option<Self> {
        Some(value.clone())
    }
}

impl<T: Field> Field for Option<T> {
    fn if_missing() -> Option<Self> {
        Some(None)
    }

    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        if value.is_null() {
            Some(None)
        } else {
            T::read(value, reader).map(Some)
        }
    }
}

impl Field for bool {
    /// Reads a boolean. Like the reference API it also accepts 0 and 1, and texts such as `yes`
    /// and `off`.
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let read = match value {
            Value::Bool(value) => return Some(*value),
            Value::Number(number) => match number.as_f64() {
                Some(1.0) => Some(true),
                Some(0.0) => Some(false),
                _ => None,
            },
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
                "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
                _ => None,
            },
            _ => {
                reader.report("bool_type", "Input should be a valid boolean", value);
                return None;
            }
        };
        if read.is_none() {
            reader.report(
                "bool_parsing",
                "Input should be a valid boolean, unable to interpret input",
                value,
            );
        }
        read
    }
}

impl Field for i64 {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let read = value.as_i64();
        if read.is_none() {
            reader.report("int_type", "Input should be a valid integer", value);
        }
        read
    }
}

impl Field for Uuid {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Value::String(text) = value else {
            reader.report(
                "uuid_type",
                "UUID input should be a string, bytes or UUID object",
                value,
            );
            return None;
        };
        match Uuid::parse_str(text) {
            Ok(id) => Some(id),
            Err(error) => {
                let error = error.to_string();
                let message = format!("Input should be a valid UUID, {error}");
                let context = json!({"error": error});
                reader.report_with_context("uuid_parsing", &message, value, &context);
                None
            }
        }
    }
}

/// A timestamp in ISO 8601. The offset is required.
impl Field for Timestamp {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let read = value
            .as_str()
            .and_then(|text| text.parse::<jiff::Timestamp>().ok());
        if read.is_none() {
            reader.report(
                "datetime_parsing",
                "Input should be a valid datetime with an offset",
                value,
            );
        }
        read.map(|moment| Self::from_micros(moment.as_microsecond()))
    }
}

impl<T: Field> Field for Vec<T> {
    const MAX_BODY_BYTES: usize = T::MAX_BODY_BYTES;

    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Value::Array(items) = value else {
            reader.report("list_type", "Input should be a valid list", value);
            return None;
        };
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            read.extend(reader.nested(index, |reader| T::read(item, reader)));
        }
        (read.len() == items.len()).then_some(read)
    }
}

impl Field for Map<String, Value> {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Value::Object(object) = value else {
            reader.report("dict_type", "Input should be a valid dictionary", value);
            return None;
        };
        if is_printable_throughout(value) {
            return Some(object.clone());
        }
        reader.report_value_error(CONTROL_CHARACTERS, value);
        None
    }
}

/// Whether every text in `value`, keys included, is printable. The recursion is bounded: deeper
/// bodies than [`super::MAX_DEPTH`] are refused before.
fn is_printable_throughout(value: &Value) -> bool {
    match value {
        Value::String(text) => is_printable(text),
        Value::Array(items) => items.iter().all(is_printable_throughout),
        Value::Object(object) => object
            .iter()
            .all(|(key, value)| is_printable(key) && is_printable_throughout(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// A member that may be left out, cleared with `null`, or given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Change<T> {
    /// The key is missing: the stored value stays.
    #[default]
    Keep,
    /// The value is `null`: the stored value is deleted.
    Clear,
    /// The new value.
    Set(T),
}

impl<T> Change<T> {
    /// Converts the new value.
    pub(crate) fn map<U>(self, convert: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(convert(value)),
        }
    }
}

impl<T> From<Change<T>> for freehold_app::FieldChange<T> {
    fn from(change: Change<T>) -> Self {
        match change {
            Change::Keep => Self::Keep,
            Change::Clear => Self::Clear,
            Change::Set(value) => Self::Set(value),
        }
    }
}

impl<T: Field> Field for Change<T> {
    fn if_missing() -> Option<Self> {
        Some(Self::Keep)
    }

    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        if value.is_null() {
            Some(Self::Clear)
        } else {
            T::read(value, reader).map(Self::Set)
        }
    }
}
