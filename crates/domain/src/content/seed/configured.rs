//! The operator's catalog of seed templates: its format, and the errors in it.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{SERVICES_URL_PLACEHOLDER, SeedCatalog, SeedContent, SeedItem, SeedSlug, SeedTrigger};
use crate::{
    EVALUATOR_FLAGS, FreeText, IS_GUARDED, ResourceKind, ResourceSlug, TestsetData,
    contains_no_nul, evaluator_flags,
};

/// One error in a catalog: the place, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct NotASeed {
    /// The item, by its number, kind and slug, and the key in it.
    pub path: String,
    /// What is wrong, or what would be right.
    pub reason: String,
}

const ITEM_KEYS: [&str; 9] = [
    "kind",
    "slug",
    "slug_prefix",
    "name",
    "description",
    "flags",
    "data",
    "testcases",
    "when",
];

/// The length of a random suffix: a hyphen and twelve digits.
const SUFFIX_LENGTH: usize = 13;

impl SeedCatalog {
    /// Reads a catalog: an object whose `items` is a list of items.
    ///
    /// # Errors
    /// All errors, in the order of the catalog.
    pub fn configured(catalog: &Value) -> Result<Self, Vec<NotASeed>> {
        let mut problems = Vec::new();
        let mut add_problem = |path: &str, reason: &str| {
            problems.push(NotASeed {
                path: path.to_owned(),
                reason: reason.to_owned(),
            });
        };
        let table = catalog.as_object();
        for key in table.into_iter().flat_map(Map::keys) {
            if key != "items" {
                add_problem(key, "unknown; a catalog has only `items`");
            }
        }
        let listed = table.and_then(|table| table.get("items"));
        let Some(listed) = listed.and_then(Value::as_array) else {
            add_problem("items", "expected a list of items");
            return Err(problems);
        };
        if listed.len() > Self::MAX {
            let reason = format!(
                "expected at most {} items; these are {}",
                Self::MAX,
                listed.len()
            );
            add_problem("items", &reason);
            return Err(problems);
        }
        let mut items = Vec::with_capacity(listed.len());
        for (index, listed) in listed.iter().enumerate() {
            let mut reader = ItemReader::new(index, listed);
            items.extend(reader.item(listed).map(|item| (reader.path.clone(), item)));
            problems.append(&mut reader.problems);
        }
        problems.extend(duplicate_slugs(&items));
        if problems.is_empty() {
            let items = items.into_iter().map(|(_, item)| item).collect();
            Ok(Self { items })
        } else {
            Err(problems)
        }
    }
}

/// Reports items that would have the same kind and slug in one project.
fn duplicate_slugs(items: &[(String, SeedItem)]) -> Vec<NotASeed> {
    let mut taken: HashMap<(ResourceKind, &str, SeedTrigger), &str> = HashMap::new();
    let mut problems = Vec::new();
    for (path, item) in items {
        let SeedSlug::Fixed(slug) = &item.slug else {
            continue;
        };
        let triggers = [SeedTrigger::Organization, SeedTrigger::Project];
        let earlier = triggers
            .into_iter()
            .filter(|trigger| item.applies_to(*trigger))
            .filter_map(|trigger| taken.insert((item.kind(), slug.as_str(), trigger), path))
            .next();
        if let Some(earlier) = earlier {
            problems.push(NotASeed {
                path: format!("{path}: slug"),
                reason: format!("{earlier} has the same slug"),
            });
        }
    }
    problems
}

/// Reads one item and collects its errors.
struct ItemReader {
    path: String,
    problems: Vec<NotASeed>,
}

impl ItemReader {
    fn new(index: usize, item: &Value) -> Self {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        let slug = text("slug").or_else(|| text("slug_prefix"));
        // Kind and slug are shown if they are short and have no line feeds.
        let named: Vec<&str> = text("kind")
            .into_iter()
            .chain(slug)
            .filter(|text| (1..=64).contains(&text.len()) && !text.chars().any(char::is_control))
            .collect();
        let number = index + 1;
        Self {
            path: match named[..] {
                [] => format!("item {number}"),
                _ => format!("item {number} ({})", named.join(" ")),
            },
            problems: Vec::new(),
        }
    }

    fn add_problem(&mut self, key: &str, reason: impl Into<String>) {
        self.problems.push(NotASeed {
            path: match key {
                "" => self.path.clone(),
                key => format!("{}: {key}", self.path),
            },
            reason: reason.into(),
        });
    }

    fn item(&mut self, value: &Value) -> Option<SeedItem> {
        let Some(table) = value.as_object() else {
            self.add_problem("", "expected a table");
            return None;
        };
        for key in table
            .keys()
            .filter(|key| !ITEM_KEYS.contains(&key.as_str()))
        {
            self.add_problem(
                key,
                format!("unknown; an item has {}", ITEM_KEYS.join(", ")),
            );
        }
        if !contains_no_nul(value) {
            self.add_problem("", "a string in it contains U+0000");
        }
        let kind = self.kind(table);
        let slug = self.slug(table, kind);
        let name = self.text(table, "name");
        if name.is_none() && !table.contains_key("name") {
            self.add_problem("name", "missing");
        }
        let description = self.text(table, "description");
        let when = self.when(table);
        let content = kind.and_then(|kind| self.content(table, kind));
        let flags = kind.and_then(|kind| self.flags(table, kind, content.as_ref()));
        if !self.problems.is_empty() {
            return None;
        }
        Some(SeedItem {
            slug: slug?,
            name: name?,
            description,
            flags,
            content: content?,
            when,
        })
    }

    fn kind(&mut self, table: &Map<String, Value>) -> Option<ResourceKind> {
        let given = table.get("kind").and_then(Value::as_str);
        let kind = given.and_then(ResourceKind::parse);
        if kind.is_none() {
            self.add_problem("kind", "expected testset, evaluator or environment");
        }
        kind
    }

    fn slug(&mut self, table: &Map<String, Value>, kind: Option<ResourceKind>) -> Option<SeedSlug> {
        let (key, random) = match (table.get("slug"), table.get("slug_prefix")) {
            (Some(_), None) => ("slug", false),
            (None, Some(_)) => ("slug_prefix", true),
            (None, None) => {
                self.add_problem("slug", "missing");
                return None;
            }
            (Some(_), Some(_)) => {
                self.add_problem("slug_prefix", "the item also has `slug`: keep one of them");
                return None;
            }
        };
        if random && kind.is_some_and(|kind| kind != ResourceKind::Testset) {
            self.add_problem(key, "only testsets can have it; use `slug`");
            return None;
        }
        let Some(text) = table.get(key).and_then(Value::as_str) else {
            self.add_problem(key, "expected a string");
            return None;
        };
        let parsed = ResourceSlug::parse(text);
        if random && text.len() > ResourceSlug::MAX - SUFFIX_LENGTH {
            self.add_problem(key, "too long: at most 242 characters");
            return None;
        }
        match parsed {
            Ok(slug) if random => Some(SeedSlug::WithRandomSuffix(slug)),
            Ok(slug) => Some(SeedSlug::Fixed(slug)),
            Err(error) => {
                self.add_problem(key, error.to_string());
                None
            }
        }
    }

    fn text(&mut self, table: &Map<String, Value>, key: &str) -> Option<String> {
        let given = table.get(key)?;
        match given.as_str().map(FreeText::parse) {
            Some(Ok(text)) => return Some(text.into_string()),
            Some(Err(error)) => self.add_problem(key, error.to_string()),
            None => self.add_problem(key, "expected a string"),
        }
        None
    }

    fn when(&mut self, table: &Map<String, Value>) -> Option<SeedTrigger> {
        match table.get("when")?.as_str() {
            Some("organization") => Some(SeedTrigger::Organization),
            Some("project") => Some(SeedTrigger::Project),
            _ => {
                let reason = "expected organization or project; omit it for both";
                self.add_problem("when", reason);
                None
            }
        }
    }

    fn content(&mut self, table: &Map<String, Value>, kind: ResourceKind) -> Option<SeedContent> {
        if kind == ResourceKind::Testset {
            if table.contains_key("data") {
                self.add_problem("data", "a testset has `testcases` instead");
            }
            return self.testcases(table).map(SeedContent::Testset);
        }
        if table.contains_key("testcases") {
            self.add_problem("testcases", "only testsets can have it");
        }
        let data = table.get("data");
        if data.is_some_and(|data| !data.is_object()) {
            self.add_problem("data", "expected a table");
            return None;
        }
        if kind == ResourceKind::Environment {
            return Some(SeedContent::Environment(data.cloned()));
        }
        if let Some(url) = data.and_then(|data| data.get("url")) {
            self.check_url(url);
        }
        Some(SeedContent::Evaluator(data.cloned()))
    }

    fn testcases(&mut self, table: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
        let Some(listed) = table.get("testcases").and_then(Value::as_array) else {
            self.add_problem("testcases", "expected a list of tables");
            return None;
        };
        if listed.len() > TestsetData::MAX {
            let reason = format!("too many: at most {}", TestsetData::MAX);
            self.add_problem("testcases", reason);
            return None;
        }
        let cases: Option<Vec<_>> = listed
            .iter()
            .map(|case| case.as_object().cloned())
            .collect();
        if cases.is_none() {
            self.add_problem("testcases", "expected a list of tables");
        }
        cases
    }

    fn check_url(&mut self, url: &Value) {
        let key = "data.url";
        let Some(url) = url.as_str() else {
            return self.add_problem(key, "expected a string");
        };
        let prefixes = [SERVICES_URL_PLACEHOLDER, "http://", "https://"];
        if !prefixes.iter().any(|prefix| url.starts_with(prefix)) {
            let reason = "expected a URL that starts with {services_url}, http:// or https://";
            return self.add_problem(key, reason);
        }
        if url
            .replace(SERVICES_URL_PLACEHOLDER, "")
            .contains(['{', '}'])
        {
            self.add_problem(key, "the only placeholder is {services_url}");
        }
    }

    fn flags(
        &mut self,
        table: &Map<String, Value>,
        kind: ResourceKind,
        content: Option<&SeedContent>,
    ) -> Option<Value> {
        let none = Map::new();
        let given = match table.get("flags") {
            None => None,
            Some(Value::Object(flags)) => Some(flags),
            Some(_) => {
                self.add_problem("flags", "expected a table");
                return None;
            }
        };
        let allowed: HashSet<&str> = match kind {
            ResourceKind::Evaluator => EVALUATOR_FLAGS.into(),
            ResourceKind::Environment => HashSet::from([IS_GUARDED]),
            ResourceKind::Testset => HashSet::new(),
        };
        for (flag, value) in given.into_iter().flatten() {
            let key = format!("flags.{flag}");
            if !allowed.contains(flag.as_str()) {
                self.add_problem(&key, format!("not a flag of this kind ({})", kind.as_str()));
            } else if !value.is_boolean() {
                self.add_problem(&key, "expected true or false");
            }
        }
        match content {
            Some(SeedContent::Evaluator(data)) => {
                Some(evaluator_flags(given.unwrap_or(&none), data.as_ref()))
            }
            _ => given.cloned().map(Value::Object),
        }
    }
}
