//! What can be sent to make and change the content of a project.

use freehold_app::{NewResource, ResourceData, ResourceUpdate};
use freehold_domain::{FreeText, NotAResourceSlug, ResourceSlug, TestsetData, contains_no_nul};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::extract::body::{BULK, Change, Field, Reader, request_body};

request_body! {
    /// A new testset.
    pub(super) struct CreateTestset[BULK] {
        testset: NewTestset,
    }

    pub(super) struct NewTestset {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it nothing is made.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<Slug>,
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
        testcases: Cases,
    }

    pub(super) struct Testcase {
        /// Whatever a case consists of. `testcase_dedup_id` is added where there is none.
        #[schema(value_type = Object)]
        data: Document,
    }

    /// What to change about a testset; what is left out stays, what is null is cleared.
    pub(super) struct UpdateTestset[BULK] {
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
    pub(super) struct CreateEvaluator[BULK] {
        evaluator: NewEvaluator,
    }

    pub(super) struct NewEvaluator {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it nothing is made.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<Slug>,
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
    pub(super) struct UpdateEvaluator[BULK] {
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
    pub(super) struct CreateEnvironment[BULK] {
        environment: NewEnvironment,
    }

    pub(super) struct NewEnvironment {
        /// Letters, digits, `.`, `_` and `-`; unique in the project. Without it nothing is made.
        #[schema(value_type = Option<String>, max_length = 255, pattern = "^[a-zA-Z0-9._-]+$")]
        slug: Option<Slug>,
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
    pub(super) struct UpdateEnvironment[BULK] {
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
pub(super) struct Slug(ResourceSlug);

impl Field for Slug {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let text = String::read(value, reader)?;
        match ResourceSlug::parse(&text) {
            Ok(slug) => return Some(Self(slug)),
            Err(NotAResourceSlug::Pattern) => reader.complain_because(
                "string_pattern_mismatch",
                &format!("String should match pattern '{}'", ResourceSlug::PATTERN),
                value,
                &json!({"pattern": ResourceSlug::PATTERN}),
            ),
            Err(NotAResourceSlug::TooLong) => reader.complain_because(
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
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let Value::Object(members) = value else {
            reader.complain("dict_type", "Input should be a valid dictionary", value);
            return None;
        };
        if contains_no_nul(value) {
            return Some(Self(members.clone()));
        }
        reader.refuse("U+0000 is not allowed in a text", value);
        None
    }
}

/// Switches by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flags(Map<String, Value>);

impl Field for Flags {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let Document(members) = Document::read(value, reader)?;
        let mut flags = Map::new();
        let mut good = true;
        for (name, value) in &members {
            match reader.inside(name.as_str(), |reader| Option::<bool>::read(value, reader)) {
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
pub(super) struct Cases(Vec<Map<String, Value>>);

impl Field for Cases {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let given = value.as_array().map_or(0, Vec::len);
        if given > TestsetData::MAX {
            let most = TestsetData::MAX;
            reader.complain_because(
                "too_long",
                &format!("List should have at most {most} items after validation, not {given}"),
                // All of them would only be sent back.
                &Value::Null,
                &json!({"field_type": "List", "max_length": most, "actual_length": given}),
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
pub(super) struct Changed {
    pub(super) id: Option<Uuid>,
    pub(super) update: ResourceUpdate,
}

/// Which item is to be `$new`, and what is to change about one, `$changed`. Environments have no
/// `flags` in their bodies: guarding has doors of its own.
macro_rules! content {
    ($one:ident: $new:ident, $changed:ident, $data:expr, $flags:expr, $changed_flags:expr) => {
        impl From<$new> for NewResource {
            fn from(body: $new) -> Self {
                let it = body.$one;
                Self {
                    flags: $flags(&it).map(|Flags(flags)| flags),
                    slug: it.slug.map(|Slug(slug)| slug),
                    name: it.name,
                    description: it.description,
                    tags: it.tags.map(Document::value),
                    meta: it.meta.map(Document::value),
                    data: Option::from(it.data).map($data),
                }
            }
        }

        impl From<$changed> for Changed {
            fn from(body: $changed) -> Self {
                let it = body.$one;
                let update = ResourceUpdate {
                    flags: $changed_flags(&it).map(|Flags(flags)| flags).into(),
                    name: it.name.into(),
                    description: it.description.into(),
                    tags: it.tags.map(Document::value).into(),
                    meta: it.meta.map(Document::value).into(),
                    data: it.data.map($data),
                };
                Self { id: it.id, update }
            }
        }
    };
}

content!(
    testset: CreateTestset, UpdateTestset, Testcases::data,
    |it: &NewTestset| it.flags.clone(), |it: &ChangedTestset| it.flags.clone()
);
content!(
    evaluator: CreateEvaluator, UpdateEvaluator, Document::data,
    |it: &NewEvaluator| it.flags.clone(), |it: &ChangedEvaluator| it.flags.clone()
);
content!(
    environment: CreateEnvironment, UpdateEnvironment, Document::data,
    |_: &NewEnvironment| None, |_: &ChangedEnvironment| Change::Keep
);
