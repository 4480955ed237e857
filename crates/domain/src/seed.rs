//! What a new project contains, as data.
//!
//! Not here: when it is written, and how it is shown.

use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Chance, Id, Resource, Timestamp, User, hex};

/// The kinds of content a project holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceKind {
    /// Questions with right answers.
    Testset,
    /// A way to judge an answer.
    Evaluator,
    /// A place to deploy to.
    Environment,
}

impl ResourceKind {
    /// As databases spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Testset => "testset",
            Self::Evaluator => "evaluator",
            Self::Environment => "environment",
        }
    }

    /// Nothing for an unknown text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Testset, Self::Evaluator, Self::Environment]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// How a seeded resource gets its slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedSlug {
    /// The same in every project.
    Fixed(&'static str),
    /// With a hyphen and twelve random hexadecimal digits behind it.
    WithRandomSuffix(&'static str),
}

impl SeedSlug {
    /// The slug for one project.
    #[must_use]
    pub fn draw(self, chance: &dyn Chance) -> String {
        match self {
            Self::Fixed(slug) => slug.to_owned(),
            Self::WithRandomSuffix(stem) => format!("{stem}-{}", twelve_hex(chance)),
        }
    }
}

/// One resource that a new project starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct SeedItem {
    /// What it is.
    pub kind: ResourceKind,
    /// Unique within its kind and project.
    pub slug: SeedSlug,
    /// Shown to people.
    pub name: &'static str,
    /// Shown to people.
    pub description: Option<&'static str>,
    /// Nothing means none set yet.
    pub flags: Option<Value>,
    /// The same in every project; a testset's is made by [`testset_data`].
    pub data: Option<Value>,
}

/// Which kinds of content an occasion seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    /// The example testset.
    pub testsets: bool,
    /// The three evaluators.
    pub evaluators: bool,
    /// The three environments.
    pub environments: bool,
}

impl Seeds {
    /// For the first project of an organization that somebody founds.
    pub const ALL: Self = Self {
        testsets: true,
        evaluators: true,
        environments: true,
    };

    /// For every further project.
    pub const WITHOUT_TESTSET: Self = Self {
        testsets: false,
        ..Self::ALL
    };

    /// For scaffolding that asked for none.
    pub const NONE: Self = Self {
        testsets: false,
        evaluators: false,
        environments: false,
    };

    /// Whether items of this kind are wanted.
    #[must_use]
    pub const fn includes(self, kind: ResourceKind) -> bool {
        match kind {
            ResourceKind::Testset => self.testsets,
            ResourceKind::Evaluator => self.evaluators,
            ResourceKind::Environment => self.environments,
        }
    }

    /// The built-in content; evaluators point below `services_url`. The same
    /// for every project, so build it once.
    #[must_use]
    pub fn built_in(services_url: &str) -> Vec<SeedItem> {
        let mut items = vec![SeedItem {
            kind: ResourceKind::Testset,
            slug: SeedSlug::WithRandomSuffix("completion_testset"),
            name: "completion_testset",
            description: None,
            flags: None,
            data: None,
        }];
        items.extend(evaluators(services_url.trim_end_matches('/')));
        items.extend(
            ["development", "staging", "production"].map(|name| SeedItem {
                kind: ResourceKind::Environment,
                slug: SeedSlug::Fixed(name),
                name,
                description: None,
                flags: None,
                data: None,
            }),
        );
        items
    }
}

fn evaluators(services: &str) -> [SeedItem; 3] {
    let evaluator = |slug, name, description, human, data| SeedItem {
        kind: ResourceKind::Evaluator,
        slug: SeedSlug::Fixed(slug),
        name,
        description: Some(description),
        flags: Some(evaluator_flags(human)),
        data: Some(data),
    };
    let success = schema(&json!({"success": {"type": "boolean"}}), &["success"]);
    let answer_key = schema(
        &json!({"correct_answer_key": {
            "type": "string",
            "default": "correct_answer",
            "x-ag-type": "text",
            "x-ag-ui-advanced": true,
        }}),
        &[],
    );
    [
        evaluator(
            "exact-match",
            "Exact Match",
            "Exact Match evaluator determines if the output exactly matches the specified correct answer, ensuring precise alignment with expected results.",
            false,
            json!({
                "uri": "agenta:builtin:auto_exact_match:v0",
                "url": format!("{services}/auto_exact_match/v0"),
                "schemas": {"parameters": answer_key, "outputs": success},
                "parameters": {"correct_answer_key": "correct_answer"},
            }),
        ),
        evaluator(
            "contains-json",
            "Contains JSON",
            "'Contains JSON' evaluator checks if the output contains the a valid JSON.",
            false,
            json!({
                "uri": "agenta:builtin:auto_contains_json:v0",
                "url": format!("{services}/auto_contains_json/v0"),
                "schemas": {"parameters": schema(&json!({}), &[]), "outputs": success},
            }),
        ),
        evaluator(
            "quality-rating",
            "Quality Rating",
            "Rate the quality of responses with a simple thumbs up or down.",
            true,
            json!({
                "uri": "agenta:custom:feedback:v0",
                "url": format!("{services}/feedback/v0"),
                "schemas": {"outputs": schema(&json!({"approved": {"type": "boolean"}}), &["approved"])},
            }),
        ),
    ]
}

fn schema(properties: &Value, required: &[&str]) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// All seventeen, because clients tell absent from false; `human` is for the
/// one that people answer.
fn evaluator_flags(human: bool) -> Value {
    json!({
        "is_application": false,
        "is_evaluator": true,
        "is_snippet": false,
        "is_managed": true,
        "is_custom": human,
        "is_llm": false,
        "is_hook": false,
        "is_code": false,
        "is_match": false,
        "is_feedback": human,
        "is_agent": false,
        "is_skill": false,
        "is_chat": false,
        "has_url": true,
        "has_script": false,
        "has_handler": false,
        "is_static": false,
    })
}

/// Capitals as the contract has them. The first is wrong, and stays so:
/// evaluations are shown to notice it.
const CAPITALS: [(&str, &str); 7] = [
    ("Nauru", "Funafuti"),
    ("Tuvalu", "Funafuti"),
    ("Brunei", "Bandar Seri Begawan"),
    ("Kiribati", "Tarawa"),
    ("Comoros", "Moroni"),
    ("Kyrgyzstan", "Bishkek"),
    ("Azerbaijan", "Baku"),
];

/// A testcase as clients see it.
#[derive(Serialize)]
struct Testcase<'a> {
    id: Uuid,
    testset_id: Id<Resource>,
    created_at: &'a str,
    created_by_id: Id<User>,
    data: TestcaseData<'a>,
}

/// Its content, in the order of its keys.
#[derive(Serialize)]
struct TestcaseData<'a> {
    correct_answer: String,
    country: &'a str,
    testcase_dedup_id: String,
}

/// What a testset holds.
#[derive(Serialize)]
struct TestsetData<'a> {
    testcase_ids: Vec<Uuid>,
    testcases: Vec<Testcase<'a>>,
}

/// The data of the built-in testset as the row `resource`, as JSON text.
#[must_use]
pub fn testset_data(
    resource: Id<Resource>,
    created_at: Timestamp,
    created_by: Id<User>,
    chance: &dyn Chance,
) -> String {
    let created_at = created_at.iso_z();
    let testcases: Vec<Testcase<'_>> = CAPITALS
        .into_iter()
        .map(|(country, capital)| {
            let data = TestcaseData {
                correct_answer: format!("The capital of {country} is {capital}."),
                country,
                testcase_dedup_id: twelve_hex(chance),
            };
            Testcase {
                // Named by its content within its testset: the same case is the same id.
                id: Uuid::new_v5(&resource.uuid(), written(&data).as_bytes()),
                testset_id: resource,
                created_at: &created_at,
                created_by_id: created_by,
                data,
            }
        })
        .collect();
    let testcase_ids = testcases.iter().map(|case| case.id).collect();
    written(&TestsetData {
        testcase_ids,
        testcases,
    })
}

/// Texts and lists of texts are always JSON.
fn written(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap_or_default()
}

fn twelve_hex(chance: &dyn Chance) -> String {
    let mut bytes = [0; 6];
    chance.fill(&mut bytes);
    hex::lower(&bytes)
}

#[cfg(test)]
mod tests;
