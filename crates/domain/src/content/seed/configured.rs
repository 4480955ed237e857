//! A catalogue of an operator's own: what it may hold, and what is said of
//! everything in it that makes no sense.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{SERVICES_URL, SeedCatalog, SeedContent, SeedItem, SeedOccasion, SeedSlug};
use crate::{
    EVALUATOR_FLAGS, FreeText, IS_GUARDED, ResourceKind, ResourceSlug, TestsetData,
    evaluator_flags, is_storable,
};

/// One thing that is wrong with a catalogue: where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct NotASeed {
    /// The item, by its number and slug, and the key in it.
    pub place: String,
    /// What would be right.
    pub why: String,
}

const KEYS: [&str; 9] = [
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

/// What random slugs have behind their prefix: a hyphen and twelve digits.
const SUFFIX: usize = 13;

impl SeedCatalog {
    /// Reads a catalogue: an object whose `items` is a list of items.
    ///
    /// # Errors
    /// Everything that is wrong, in the order in which it stands there.
    pub fn configured(catalogue: &Value) -> Result<Self, Vec<NotASeed>> {
        let mut problems = Vec::new();
        let mut complain = |place: &str, why: &str| {
            problems.push(NotASeed {
                place: place.to_owned(),
                why: why.to_owned(),
            });
        };
        let table = catalogue.as_object();
        for key in table.into_iter().flat_map(Map::keys) {
            if key != "items" {
                complain(key, "unknown; a catalogue holds only `items`");
            }
        }
        let listed = table.and_then(|table| table.get("items"));
        let Some(listed) = listed.and_then(Value::as_array) else {
            complain("items", "expected a list of items");
            return Err(problems);
        };
        if listed.len() > Self::MAX {
            let why = format!("{} are too many: at most {}", listed.len(), Self::MAX);
            complain("items", &why);
            return Err(problems);
        }
        let mut items = Vec::with_capacity(listed.len());
        for (index, listed) in listed.iter().enumerate() {
            let mut reader = ItemReader::at(index, listed);
            items.extend(reader.item(listed).map(|item| (reader.place.clone(), item)));
            problems.append(&mut reader.problems);
        }
        problems.extend(doubles(&items));
        if problems.is_empty() {
            let items = items.into_iter().map(|(_, item)| item).collect();
            Ok(Self { items })
        } else {
            Err(problems)
        }
    }
}

/// Items that would meet in a project under one slug.
fn doubles(items: &[(String, SeedItem)]) -> Vec<NotASeed> {
    let mut taken: HashMap<(ResourceKind, &str, SeedOccasion), &str> = HashMap::new();
    let mut problems = Vec::new();
    for (place, item) in items {
        let SeedSlug::Fixed(slug) = &item.slug else {
            continue;
        };
        let occasions = [SeedOccasion::Organization, SeedOccasion::Project];
        let earlier = occasions
            .into_iter()
            .filter(|occasion| item.is_for(*occasion))
            .filter_map(|occasion| taken.insert((item.kind(), slug.as_str(), occasion), place))
            .next();
        if let Some(earlier) = earlier {
            problems.push(NotASeed {
                place: format!("{place}: slug"),
                why: format!("{earlier} has it, too"),
            });
        }
    }
    problems
}

/// Reads one item, and collects what is wrong with it.
struct ItemReader {
    place: String,
    problems: Vec<NotASeed>,
}

impl ItemReader {
    fn at(index: usize, item: &Value) -> Self {
        let word = |key: &str| item.get(key).and_then(Value::as_str);
        let slug = word("slug").or_else(|| word("slug_prefix"));
        // As far as it says who it is; a text that would tear the line apart does not.
        let named: Vec<&str> = word("kind")
            .into_iter()
            .chain(slug)
            .filter(|word| (1..=64).contains(&word.len()) && !word.chars().any(char::is_control))
            .collect();
        let number = index + 1;
        Self {
            place: match named[..] {
                [] => format!("item {number}"),
                _ => format!("item {number} ({})", named.join(" ")),
            },
            problems: Vec::new(),
        }
    }

    fn complain(&mut self, key: &str, why: impl Into<String>) {
        self.problems.push(NotASeed {
            place: match key {
                "" => self.place.clone(),
                key => format!("{}: {key}", self.place),
            },
            why: why.into(),
        });
    }

    fn item(&mut self, value: &Value) -> Option<SeedItem> {
        let Some(table) = value.as_object() else {
            self.complain("", "expected a table");
            return None;
        };
        for key in table.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            self.complain(key, format!("unknown; an item has {}", KEYS.join(", ")));
        }
        if !is_storable(value) {
            self.complain("", "a text in it holds U+0000");
        }
        let kind = self.kind(table);
        let slug = self.slug(table, kind);
        let name = self.text(table, "name");
        if name.is_none() && !table.contains_key("name") {
            self.complain("name", "missing");
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
            self.complain("kind", "expected testset, evaluator or environment");
        }
        kind
    }

    fn slug(&mut self, table: &Map<String, Value>, kind: Option<ResourceKind>) -> Option<SeedSlug> {
        let (key, random) = match (table.get("slug"), table.get("slug_prefix")) {
            (Some(_), None) => ("slug", false),
            (None, Some(_)) => ("slug_prefix", true),
            (None, None) => {
                self.complain("slug", "missing");
                return None;
            }
            (Some(_), Some(_)) => {
                self.complain("slug_prefix", "there is a slug already: keep one of them");
                return None;
            }
        };
        if random && kind.is_some_and(|kind| kind != ResourceKind::Testset) {
            self.complain(key, "only testsets have one; give a slug");
            return None;
        }
        let Some(text) = table.get(key).and_then(Value::as_str) else {
            self.complain(key, "expected a text");
            return None;
        };
        let parsed = ResourceSlug::parse(text);
        if random && text.len() > ResourceSlug::MAX - SUFFIX {
            self.complain(key, "too long: at most 242 characters");
            return None;
        }
        match parsed {
            Ok(slug) if random => Some(SeedSlug::WithRandomSuffix(slug)),
            Ok(slug) => Some(SeedSlug::Fixed(slug)),
            Err(error) => {
                self.complain(key, error.to_string());
                None
            }
        }
    }

    fn text(&mut self, table: &Map<String, Value>, key: &str) -> Option<String> {
        let given = table.get(key)?;
        match given.as_str().map(FreeText::parse) {
            Some(Ok(text)) => return Some(text.into_string()),
            Some(Err(error)) => self.complain(key, error.to_string()),
            None => self.complain(key, "expected a text"),
        }
        None
    }

    fn when(&mut self, table: &Map<String, Value>) -> Option<SeedOccasion> {
        match table.get("when")?.as_str() {
            Some("organization") => Some(SeedOccasion::Organization),
            Some("project") => Some(SeedOccasion::Project),
            _ => {
                let why = "expected organization or project; without it, always";
                self.complain("when", why);
                None
            }
        }
    }

    fn content(&mut self, table: &Map<String, Value>, kind: ResourceKind) -> Option<SeedContent> {
        if kind == ResourceKind::Testset {
            if table.contains_key("data") {
                self.complain("data", "a testset has testcases instead");
            }
            return self.testcases(table).map(SeedContent::Testset);
        }
        if table.contains_key("testcases") {
            self.complain("testcases", "only testsets have them");
        }
        let data = table.get("data");
        if data.is_some_and(|data| !data.is_object()) {
            self.complain("data", "expected a table");
            return None;
        }
        if kind == ResourceKind::Environment {
            return Some(SeedContent::Environment(data.cloned()));
        }
        if let Some(url) = data.and_then(|data| data.get("url")) {
            self.check_address(url);
        }
        Some(SeedContent::Evaluator(data.cloned()))
    }

    fn testcases(&mut self, table: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
        let Some(listed) = table.get("testcases").and_then(Value::as_array) else {
            self.complain("testcases", "expected a list of tables");
            return None;
        };
        if listed.len() > TestsetData::MAX {
            let why = format!("too many: at most {}", TestsetData::MAX);
            self.complain("testcases", why);
            return None;
        }
        let cases: Option<Vec<_>> = listed.iter().map(|it| it.as_object().cloned()).collect();
        if cases.is_none() {
            self.complain("testcases", "expected a list of tables");
        }
        cases
    }

    fn check_address(&mut self, url: &Value) {
        let key = "data.url";
        let Some(url) = url.as_str() else {
            return self.complain(key, "expected a text");
        };
        let begins = [SERVICES_URL, "http://", "https://"];
        if !begins.iter().any(|begin| url.starts_with(begin)) {
            let why = "expected an address that begins with {services_url}, http:// or https://";
            return self.complain(key, why);
        }
        if url.replace(SERVICES_URL, "").contains(['{', '}']) {
            self.complain(key, "the only placeholder is {services_url}");
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
                self.complain("flags", "expected a table");
                return None;
            }
        };
        let known: HashSet<&str> = match kind {
            ResourceKind::Evaluator => EVALUATOR_FLAGS.into(),
            ResourceKind::Environment => HashSet::from([IS_GUARDED]),
            ResourceKind::Testset => HashSet::new(),
        };
        for (flag, value) in given.into_iter().flatten() {
            let key = format!("flags.{flag}");
            if !known.contains(flag.as_str()) {
                self.complain(&key, format!("no flag of this kind ({})", kind.as_str()));
            } else if !value.is_boolean() {
                self.complain(&key, "expected true or false");
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
