//! What can be sent to make and change the content of a project.

use freehold_app::{NewResource, ResourceData, ResourceUpdate};
use freehold_domain::{FreeText, NotAResourceSlug, ResourceSlug, TestsetData, contains_no_nul};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::extract::body::{Change, Field, FieldReader, MAX_BULK_BODY_BYTES, request_body};

request_body! {
    /// A new testset.
    pub(super) struct CreateTestset[MAX_BULK_BODY_BYTES] {
        testset: NewTestset,
    }

    pub(super) struct NewTestset {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it nothing is made.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<SlugField>,
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
        #[schema(value_type = Option<Object>)]
        flags: Option<Flags>,
        #[schema(value_type = Option<Object>)]
        tags: Option<Document>,
        #[schema(value_type = Option<Object>)]
        meta: Option<Document>,
        data: Testcases,
    }

    /// What a testset holds.
    pub(super) struct Testcases {
        /// At most 10,000.
        #[schema(value_type = Vec<Testcase>, max_items = 10_000)]
        testcases: TestcaseList,
    }

    pub(super) struct Testcase {
        /// Whatever a case consists of. `testcase_dedup_id` is added where there is none.
        #[schema(value_type = Object)]
        data: Document,
    }

    /// What to change about a testset; what is left out stays, what is null is cleared.
    pub(super) struct UpdateTestset[MAX_BULK_BODY_BYTES] {
        testset: ChangedTestset,
    }

    pub(super) struct ChangedTestset {
        /// As in the path.
        id: Option<Uuid>,
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
        /// Put over those it has.
        #[schema(value_type = Option<Object>)]
        flags: Change<Flags>,
        #[schema(value_type = Option<Object>)]
        tags: Change<Document>,
        #[schema(value_type = Option<Object>)]
        meta: Change<Document>,
        /// All its cases from now on: a new revision.
        data: Option<Testcases>,
    }

    /// A new evaluator.
    pub(super) struct CreateEvaluator[MAX_BULK_BODY_BYTES] {
        evaluator: NewEvaluator,
    }

    pub(super) struct NewEvaluator {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it nothing is made.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<SlugField>,
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
        /// All others are off, but for those that the data implies.
        #[schema(value_type = Option<Object>)]
        flags: Option<Flags>,
        #[schema(value_type = Option<Object>)]
        tags: Option<Document>,
        #[schema(value_type = Option<Object>)]
        meta: Option<Document>,
        /// `uri`, `url`, `schemas`, `parameters`, `script`.
        #[schema(value_type = Option<Object>)]
        data: Option<Document>,
    }

    /// What to change about an evaluator; what is left out stays, what is null is cleared.
    pub(super) struct UpdateEvaluator[MAX_BULK_BODY_BYTES] {
        evaluator: ChangedEvaluator,
    }

    pub(super) struct ChangedEvaluator {
        /// As in the path.
        id: Option<Uuid>,
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
        /// Put over those it has.
        #[schema(value_type = Option<Object>)]
        flags: Change<Flags>,
        #[schema(value_type = Option<Object>)]
        tags: Change<Document>,
        #[schema(value_type = Option<Object>)]
        meta: Change<Document>,
        /// All its data from now on: a new revision.
        #[schema(value_type = Option<Object>)]
        data: Option<Document>,
    }

    /// A new environment.
    pub(super) struct CreateEnvironment[MAX_BULK_BODY_BYTES] {
        environment: NewEnvironment,
    }

    pub(super) struct NewEnvironment {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it nothing is made.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<SlugField>,
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
        #[schema(value_type = Option<Object>)]
        tags: Option<Document>,
        #[schema(value_type = Option<Object>)]
        meta: Option<Document>,
        /// `references`: what is deployed. Needs `deploy_environments` as well.
        #[schema(value_type = Option<Object>)]
        data: Option<Document>,
    }

    /// What to change about an environment; what is left out stays, what is null is cleared.
    pub(super) struct UpdateEnvironment[MAX_BULK_BODY_BYTES] {
        environment: ChangedEnvironment,
    }

    pub(super) struct ChangedEnvironment {
        /// As in the path.
        id: Option<Uuid>,
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
        #[schema(value_type = Option<Object>)]
        tags: Change<Document>,
        #[schema(value_type = Option<Object>)]
        meta: Change<Document>,
        /// What is deployed from now on: a new revision. Needs `deploy_environments`, and alone
        /// nothing else.
        #[schema(value_type = Option<Object>)]
        data: Option<Document>,
    }
}

/// A slug as it stands in a body.
#[derive(Debug)]
pub(super) struct SlugField(ResourceSlug);

impl Field for SlugField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let text = String::read(value, reader)?;
        match ResourceSlug::parse(&text) {
            Ok(slug) => return Some(Self(slug)),
            Err(NotAResourceSlug::Pattern) => reader.report_with_context(
                "string_pattern_mismatch",
                &format!("String should match pattern '{}'", ResourceSlug::PATTERN),
                value,
                &json!({"pattern": ResourceSlug::PATTERN}),
            ),
            Err(NotAResourceSlug::TooLong) => reader.report_with_context(
                "string_too_long",
                &format!(
                    "String should have at most {} characters",
                    ResourceSlug::MAX
                ),
                value,
                &json!({"max_length": ResourceSlug::MAX}),
            ),
        }
        None
    }
}

/// An object of anybody's making. Its texts may hold everything that can be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document(Map<String, Value>);

impl Field for Document {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Value::Object(members) = value else {
            reader.report("dict_type", "Input should be a valid dictionary", value);
            return None;
        };
        if contains_no_nul(value) {
            return Some(Self(members.clone()));
        }
        reader.report_value_error("U+0000 is not allowed in a text", value);
        None
    }
}

/// Switches by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flags(Map<String, Value>);

impl Field for Flags {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Document(members) = Document::read(value, reader)?;
        let mut flags = Map::new();
        let mut good = true;
        for (name, value) in &members {
            match reader.nested(name.as_str(), |reader| Option::<bool>::read(value, reader)) {
                Some(Some(on)) => _ = flags.insert(name.clone(), on.into()),
                // One that is not given.
                Some(None) => {}
                None => good = false,
            }
        }
        good.then_some(Self(flags))
    }
}

/// The cases of a testset.
#[derive(Debug)]
pub(super) struct TestcaseList(Vec<Map<String, Value>>);

impl Field for TestcaseList {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let given = value.as_array().map_or(0, Vec::len);
        if given > TestsetData::MAX {
            let limit = TestsetData::MAX;
            reader.report_with_context(
                "too_long",
                &format!("List should have at most {limit} items after validation, not {given}"),
                // All of them would only be sent back.
                &Value::Null,
                &json!({"field_type": "List", "max_length": limit, "actual_length": given}),
            );
            return None;
        }
        let cases = Vec::<Testcase>::read(value, reader)?;
        Some(Self(cases.into_iter().map(|case| case.data.0).collect()))
    }
}

impl Testcases {
    fn data(self) -> ResourceData {
        ResourceData::Testcases(self.testcases.0)
    }
}

impl Document {
    fn value(self) -> Value {
        Value::Object(self.0)
    }

    fn data(self) -> ResourceData {
        ResourceData::Plain(self.value())
    }
}

/// What is to change about which item.
pub(super) struct ResourceChange {
    pub(super) id: Option<Uuid>,
    pub(super) update: ResourceUpdate,
}

/// Which item is to be `$new`, and what is to change about one, `$changed`. Environments have no
/// `flags` in their bodies: guarding has doors of its own.
macro_rules! resource_bodies {
    ($one:ident: $new:ident, $changed:ident, $data:expr, $flags:expr, $changed_flags:expr) => {
        impl From<$new> for NewResource {
            fn from(body: $new) -> Self {
                let item = body.$one;
                Self {
                    flags: $flags(&item).map(|Flags(flags)| flags),
                    slug: item.slug.map(|SlugField(slug)| slug),
                    name: item.name,
                    description: item.description,
                    tags: item.tags.map(Document::value),
                    meta: item.meta.map(Document::value),
                    data: Option::from(item.data).map($data),
                }
            }
        }

        impl From<$changed> for ResourceChange {
            fn from(body: $changed) -> Self {
                let item = body.$one;
                let update = ResourceUpdate {
                    flags: $changed_flags(&item).map(|Flags(flags)| flags).into(),
                    name: item.name.into(),
                    description: item.description.into(),
                    tags: item.tags.map(Document::value).into(),
                    meta: item.meta.map(Document::value).into(),
                    data: item.data.map($data),
                };
                Self {
                    id: item.id,
                    update,
                }
            }
        }
    };
}

resource_bodies!(
    testset: CreateTestset, UpdateTestset, Testcases::data,
    |item: &NewTestset| item.flags.clone(), |item: &ChangedTestset| item.flags.clone()
);
resource_bodies!(
    evaluator: CreateEvaluator, UpdateEvaluator, Document::data,
    |item: &NewEvaluator| item.flags.clone(), |item: &ChangedEvaluator| item.flags.clone()
);
resource_bodies!(
    environment: CreateEnvironment, UpdateEnvironment, Document::data,
    |_: &NewEnvironment| None, |_: &ChangedEnvironment| Change::Keep
);
