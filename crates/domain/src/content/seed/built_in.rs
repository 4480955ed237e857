//! The built-in seed templates, which are the reference API's
//! (docs/COMPATIBILITY.md).

use serde_json::{Value, json};

use super::{SERVICES_URL_PLACEHOLDER, SeedCatalog, SeedContent, SeedItem, SeedSlug, SeedTrigger};
use crate::{ResourceSlug, evaluator_flags};

/// Countries and capitals, as in the reference API. The first capital is wrong on
/// purpose: evaluations should detect it.
const CAPITALS: [(&str, &str); 7] = [
    ("Nauru", "Funafuti"),
    ("Tuvalu", "Funafuti"),
    ("Brunei", "Bandar Seri Begawan"),
    ("Kiribati", "Tarawa"),
    ("Comoros", "Moroni"),
    ("Kyrgyzstan", "Bishkek"),
    ("Azerbaijan", "Baku"),
];

impl SeedCatalog {
    /// The built-in catalog.
    #[must_use]
    pub fn built_in() -> Self {
        let mut items = Vec::with_capacity(7);
        items.extend(slug("completion_testset").map(testset));
        items.extend(evaluators());
        let environments = ["development", "staging", "production"];
        items.extend(environments.into_iter().filter_map(environment));
        Self { items }
    }
}

/// All slugs below are valid; a test counts the items.
fn slug(text: &str) -> Option<ResourceSlug> {
    ResourceSlug::parse(text).ok()
}

fn testset(slug: ResourceSlug) -> SeedItem {
    let cases = CAPITALS.into_iter().filter_map(|(country, capital)| {
        let answer = format!("The capital of {country} is {capital}.");
        let case = json!({"country": country, "correct_answer": answer});
        case.as_object().cloned()
    });
    SeedItem {
        name: slug.as_str().to_owned(),
        slug: SeedSlug::WithRandomSuffix(slug),
        description: None,
        flags: None,
        content: SeedContent::Testset(cases.collect()),
        when: Some(SeedTrigger::Organization),
    }
}

fn environment(name: &str) -> Option<SeedItem> {
    Some(SeedItem {
        slug: SeedSlug::Fixed(slug(name)?),
        name: name.to_owned(),
        description: None,
        flags: None,
        content: SeedContent::Environment(None),
        when: None,
    })
}

fn evaluators() -> impl Iterator<Item = SeedItem> {
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
    let managed = json!({"is_managed": true});
    let human_feedback = json!({"is_managed": true, "is_custom": true, "is_feedback": true});
    let all = [
        (
            ["exact-match", "Exact Match"],
            "Exact Match evaluator determines if the output exactly matches the specified correct answer, ensuring precise alignment with expected results.",
            managed.clone(),
            json!({
                "uri": "agenta:builtin:auto_exact_match:v0",
                "url": format!("{SERVICES_URL_PLACEHOLDER}/auto_exact_match/v0"),
                "schemas": {"parameters": answer_key, "outputs": success},
                "parameters": {"correct_answer_key": "correct_answer"},
            }),
        ),
        (
            ["contains-json", "Contains JSON"],
            "'Contains JSON' evaluator checks if the output contains the a valid JSON.",
            managed,
            json!({
                "uri": "agenta:builtin:auto_contains_json:v0",
                "url": format!("{SERVICES_URL_PLACEHOLDER}/auto_contains_json/v0"),
                "schemas": {"parameters": schema(&json!({}), &[]), "outputs": success},
            }),
        ),
        (
            ["quality-rating", "Quality Rating"],
            "Rate the quality of responses with a simple thumbs up or down.",
            human_feedback,
            json!({
                "uri": "agenta:custom:feedback:v0",
                "url": format!("{SERVICES_URL_PLACEHOLDER}/feedback/v0"),
                "schemas": {"outputs": schema(&json!({"approved": {"type": "boolean"}}), &["approved"])},
            }),
        ),
    ];
    all.into_iter()
        .filter_map(|([text, name], description, flags, data)| {
            Some(SeedItem {
                slug: SeedSlug::Fixed(slug(text)?),
                name: name.to_owned(),
                description: Some(description.to_owned()),
                flags: Some(evaluator_flags(flags.as_object()?, Some(&data))),
                content: SeedContent::Evaluator(Some(data)),
                when: None,
            })
        })
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
