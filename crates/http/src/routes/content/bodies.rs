//! Request bodies that create and change the content of a project.

use freehold_app::{NewResource, ResourceData, ResourceUpdate};
use freehold_domain::{FreeText, NotAResourceSlug, ResourceSlug, TestsetData, contains_no_nul};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::extract::body::{Change, Field, FieldReader, MAX_BULK_BODY_BYTES, request_body};

request_body! {
    /// A new testset.
    pub(super) struct CreateTestset[MAX_BULK_BODY_BYTES] {
        /// The testset.
        testset: NewTestset,
    }

    /// The properties of a new testset.
    pub(super) struct NewTestset {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it no item is created.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<SlugField>,
        /// The display name.
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        /// What the item is for.
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
        /// Switches by name.
        #[schema(value_type = Option<Object>)]
        flags: Option<Flags>,
        /// Tags of client programs.
        #[schema(value_type = Option<Object>)]
        tags: Option<Document>,
        /// Metadata of client programs.
        #[schema(value_type = Option<Object>)]
        meta: Option<Document>,
        /// The testcases.
        data: Testcases,
    }

    /// The data of a testset.
    pub(super) struct Testcases {
        /// The testcases, at most 10,000.
        #[schema(value_type = Vec<Testcase>, max_items = 10_000)]
        testcases: TestcaseList,
    }

    /// A testcase.
    pub(super) struct Testcase {
        /// Any object. A missing `testcase_dedup_id` is added.
        #[schema(value_type = Object)]
        data: Document,
    }

    /// The changes of a testset. Missing members are not changed; `null` deletes a value.
    pub(super) struct UpdateTestset[MAX_BULK_BODY_BYTES] {
        /// The testset.
        testset: ChangedTestset,
    }

    /// The properties of a testset to change.
    pub(super) struct ChangedTestset {
        /// The same id as in the path.
        id: Option<Uuid>,
        /// The display name.
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        /// What the item is for.
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
        /// Switches by name. Those in the request are changed, others stay.
        #[schema(value_type = Option<Object>)]
        flags: Change<Flags>,
        /// Tags of client programs.
        #[schema(value_type = Option<Object>)]
        tags: Change<Document>,
        /// Metadata of client programs.
        #[schema(value_type = Option<Object>)]
        meta: Change<Document>,
        /// The testcases that replace the stored ones: a new revision.
        data: Option<Testcases>,
    }

    /// A new evaluator.
    pub(super) struct CreateEvaluator[MAX_BULK_BODY_BYTES] {
        /// The evaluator.
        evaluator: NewEvaluator,
    }

    /// The properties of a new evaluator.
    pub(super) struct NewEvaluator {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it no item is created.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<SlugField>,
        /// The display name.
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        /// What the item is for.
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
        /// Switches by name. Others are `false`, except those that the data implies.
        #[schema(value_type = Option<Object>)]
        flags: Option<Flags>,
        /// Tags of client programs.
        #[schema(value_type = Option<Object>)]
        tags: Option<Document>,
        /// Metadata of client programs.
        #[schema(value_type = Option<Object>)]
        meta: Option<Document>,
        /// The definition: `uri`, `url`, `schemas`, `parameters`, `script`.
        #[schema(value_type = Option<Object>)]
        data: Option<Document>,
    }

    /// The changes of an evaluator. Missing members are not changed; `null` deletes a value.
    pub(super) struct UpdateEvaluator[MAX_BULK_BODY_BYTES] {
        /// The evaluator.
        evaluator: ChangedEvaluator,
    }

    /// The properties of an evaluator to change.
    pub(super) struct ChangedEvaluator {
        /// The same id as in the path.
        id: Option<Uuid>,
        /// The display name.
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        /// What the item is for.
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
        /// Switches by name. Those in the request are changed, others stay.
        #[schema(value_type = Option<Object>)]
        flags: Change<Flags>,
        /// Tags of client programs.
        #[schema(value_type = Option<Object>)]
        tags: Change<Document>,
        /// Metadata of client programs.
        #[schema(value_type = Option<Object>)]
        meta: Change<Document>,
        /// The definition that replaces the stored one: a new revision.
        #[schema(value_type = Option<Object>)]
        data: Option<Document>,
    }

    /// A new environment.
    pub(super) struct CreateEnvironment[MAX_BULK_BODY_BYTES] {
        /// The environment.
        environment: NewEnvironment,
    }

    /// The properties of a new environment.
    pub(super) struct NewEnvironment {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it no item is created.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<SlugField>,
        /// The display name.
        #[schema(value_type = Option<String>)]
        name: Option<FreeText>,
        /// What the item is for.
        #[schema(value_type = Option<String>)]
        description: Option<FreeText>,
        /// Tags of client programs.
        #[schema(value_type = Option<Object>)]
        tags: Option<Document>,
        /// Metadata of client programs.
        #[schema(value_type = Option<Object>)]
        meta: Option<Document>,
        /// `references`: what is deployed. Requires the permission `deploy_environments` too.
        #[schema(value_type = Option<Object>)]
        data: Option<Document>,
    }

    /// The changes of an environment. Missing members are not changed; `null` deletes a value.
    pub(super) struct UpdateEnvironment[MAX_BULK_BODY_BYTES] {
        /// The environment.
        environment: ChangedEnvironment,
    }

    /// The properties of an environment to change.
    pub(super) struct ChangedEnvironment {
        /// The same id as in the path.
        id: Option<Uuid>,
        /// The display name.
        #[schema(value_type = Option<String>)]
        name: Change<FreeText>,
        /// What the item is for.
        #[schema(value_type = Option<String>)]
        description: Change<FreeText>,
        /// Tags of client programs.
        #[schema(value_type = Option<Object>)]
        tags: Change<Document>,
        /// Metadata of client programs.
        #[schema(value_type = Option<Object>)]
        meta: Change<Document>,
        /// What is deployed from now on: a new revision. Requires the permission
        /// `deploy_environments`; a change of nothing else requires no other permission.
        #[schema(value_type = Option<Object>)]
        data: Option<Document>,
    }
}

/// A slug in a body.
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

/// Any JSON object. Its texts may have every character that both databases can store.
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
                // `null`, as if the flag were missing.
                Some(None) => {}
                None => good = false,
            }
        }
        good.then_some(Self(flags))
    }
}

/// The testcases of a testset.
#[derive(Debug)]
pub(super) struct TestcaseList(Vec<Map<String, Value>>);

impl Field for TestcaseList {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let length = value.as_array().map_or(0, Vec::len);
        if length > TestsetData::MAX {
            let limit = TestsetData::MAX;
            reader.report_with_context(
                "too_long",
                &format!("List should have at most {limit} items after validation, not {length}"),
                // Not `value`: the response would repeat all items.
                &Value::Null,
                &json!({"field_type": "List", "max_length": limit, "actual_length": length}),
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

/// The changes of an item.
pub(super) struct ResourceChange {
    pub(super) id: Option<Uuid>,
    pub(super) update: ResourceUpdate,
}

/// Implements the conversions of the bodies of one kind: of `$new` into a [`NewResource`], and of
/// `$changed` into a [`ResourceChange`]. Bodies of environments have no `flags`: guarding has its
/// own endpoints.
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
