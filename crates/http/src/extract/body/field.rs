//! How one member of a JSON body becomes a Rust value, and what is said when it cannot.
//! The names and texts of the problems are those that the contract's clients already read
//! (`contract/README.md` §5.1). Reading goes on after a problem, so that a form hears of all
//! its mistakes at once.

use freehold_domain::{Email, FreeText, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// How many problems of one body are told.
const MAX_PROBLEMS: usize = 100;

/// Collects problems while a body is taken apart, and knows where in the body it is.
#[derive(Debug)]
pub(crate) struct FieldReader {
    location: Vec<Value>,
    problems: Vec<Value>,
}

impl FieldReader {
    /// A reader standing at the root of `body`, `query` or `path`.
    pub(crate) fn at(root: &'static str) -> Self {
        Self {
            location: vec![root.into()],
            problems: Vec::new(),
        }
    }

    /// Everything that was wrong, in the order it was met; empty when nothing was.
    pub(crate) fn into_problems(self) -> Vec<Value> {
        self.problems
    }

    /// Notes a problem with `input` at the present place.
    pub(crate) fn report(&mut self, kind: &str, message: &str, input: &Value) {
        self.push_problem(
            |location| json!({"type": kind, "loc": location, "msg": message, "input": input}),
        );
    }

    /// Notes that the member at the present place is not in `object`. The contract shows what a
    /// body has instead, and of a query nothing.
    fn report_missing(&mut self, object: &Map<String, Value>) {
        let in_query = self.location.first().is_some_and(|root| root == "query");
        let input = match in_query {
            true => Value::Null,
            false => Value::Object(object.clone()),
        };
        self.report("missing", "Field required", &input);
    }

    /// Nobody reads on forever: beyond [`MAX_PROBLEMS`], problems are not told any more.
    fn push_problem(&mut self, problem: impl FnOnce(&[Value]) -> Value) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem(&self.location));
        }
    }

    /// As [`report`](Self::report), with the `ctx` that some kinds carry.
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

    /// Refuses a value that has the right type but breaks a rule of ours.
    pub(crate) fn report_value_error(&mut self, reason: &str, input: &Value) {
        let message = format!("Value error, {reason}");
        self.report_with_context("value_error", &message, input, &json!({"error": {}}));
    }

    /// Reads the member `name` of `object`; `None` when a problem was noted.
    pub(crate) fn field<T: Field>(&mut self, object: &Map<String, Value>, name: &str) -> Option<T> {
        self.nested(name, |reader| match object.get(name) {
            Some(value) => T::read(value, reader),
            None => T::if_missing().or_else(|| {
                reader.report_missing(object);
                None
            }),
        })
    }

    /// Reads one step further inside.
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

    /// The object that `value` has to be.
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
    /// The most bytes of a body that is this and nothing else.
    const MAX_BODY_BYTES: usize = super::MAX_BODY_BYTES;

    /// The members it looks at, where that is known.
    const FIELD_NAMES: &'static [&'static str] = &[];

    /// What the value is when the key is not there; `None` makes the key required.
    fn if_missing() -> Option<Self> {
        None
    }

    /// The value, or `None` after noting in `reader` why not.
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self>;
}

/// Text for people may hold line breaks and tabs, and no other control character: the two
/// databases differ in what they would make of them.
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

/// Anything at all: what it means is for the handler to say.
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
    /// Takes what the contract's clients have always been allowed to send for a truth value.
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let read = match value {
            Value::Bool(given) => return Some(*given),
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

/// A moment in ISO 8601, with its offset: whose clock it was is not guessed.
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

/// Whether no text in `value`, key or content, would be refused. The recursion is bounded:
/// bodies deeper than [`super::MAX_DEPTH`] never get this far.
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
    /// The key was not there: leave what is stored.
    #[default]
    Keep,
    /// The key was there with `null`.
    Clear,
    /// The new value.
    Set(T),
}

impl<T> Change<T> {
    /// The same with another new value.
    pub(crate) fn map<U>(self, value: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(given) => Change::Set(value(given)),
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
