//! One way to the API, and what was said on it, but for what differs between
//! any two lives: ids, times, secrets, and who the operator was.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::program::{run, text, type_in};

/// What came of one command.
#[derive(Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) typed: String,
    pub(crate) code: Option<i32>,
    answer: Value,
    remarks: String,
}

/// How commands reach the API.
pub(crate) struct Way<'a> {
    pub(crate) folder: &'a Path,
    server: Option<String>,
    pub(crate) said: Vec<Said>,
    /// Ids in the order in which they were seen.
    ids: BTreeMap<String, usize>,
}

impl<'a> Way<'a> {
    pub(crate) fn here(folder: &'a Path) -> Self {
        Self {
            folder,
            server: None,
            said: Vec::new(),
            ids: BTreeMap::new(),
        }
    }

    pub(crate) fn there(folder: &'a Path, server: &str) -> Self {
        Self {
            server: Some(server.to_owned()),
            ..Self::here(folder)
        }
    }

    /// Types a command whose words hold no spaces and answers what it said.
    pub(crate) fn go(&mut self, typed: &str) -> Value {
        self.go_with(typed, None)
    }

    /// The same, with something on standard input.
    pub(crate) fn type_in(&mut self, typed: &str, input: &str) -> Value {
        self.go_with(typed, Some(input))
    }

    fn go_with(&mut self, typed: &str, input: Option<&str>) -> Value {
        let mut words: Vec<&str> = typed.split(' ').collect();
        words.extend(["-o", "json"]);
        let server = self.server.clone();
        if let Some(server) = &server {
            words.extend(["--server", server, "--key-file", "data/admin.key"]);
        }
        let output = match input {
            Some(input) => type_in(self.folder, &words, input),
            None => run(self.folder, &words),
        };
        let answer = match text(&output.stdout) {
            "" => Value::Null,
            said => serde_json::from_str(said).unwrap(),
        };
        assert_eq!(
            output.status.success(),
            !answer.is_null() && output.stderr.is_empty(),
            "{typed}: {}",
            text(&output.stderr)
        );
        let said = Said {
            typed: self.without_ids(typed),
            code: output.status.code(),
            answer: self.plain(&answer),
            remarks: self.without_ids(text(&output.stderr)),
        };
        self.said.push(said);
        answer
    }

    /// The sentence of the last refusal.
    pub(crate) fn refused(&self) -> &str {
        let last = self.said.last().unwrap();
        assert_eq!(last.code, Some(1), "{last:?}");
        &last.remarks
    }

    /// Words in which ids are numbers, and requests have none.
    fn without_ids(&mut self, words: &str) -> String {
        let words = match words.split_once(", request ") {
            Some((sentence, _)) => sentence,
            None => words,
        };
        let words: Vec<String> = words
            .split_inclusive([' ', '/', '\'', '.'])
            .map(|word| self.numbered(word))
            .collect();
        words.concat()
    }

    fn numbered(&mut self, word: &str) -> String {
        let is_id = |text: &str| {
            text.len() == 36 && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
        };
        let Some(id) = word.get(..36).filter(|id| is_id(id)) else {
            return word.to_owned();
        };
        let next = self.ids.len();
        let number = *self.ids.entry(id.to_owned()).or_insert(next);
        format!("id {number}{}", &word[36..])
    }

    fn plain(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.plain(item)).collect(),
            Value::Object(members) => members
                .iter()
                // Only a server knows from where it was asked, and how it wakes up.
                .filter(|(name, _)| !matches!(name.as_str(), "address" | "topics"))
                .map(|(name, value)| {
                    let secret = matches!(
                        name.as_str(),
                        "key" | "value" | "prefix" | "next" | "actor" | "created_by" | "request_id"
                    );
                    let shown = match value {
                        Value::String(_) if secret => name.as_str().into(),
                        Value::Object(_) if name == "actor" => name.as_str().into(),
                        // Their prefixes, in events.
                        Value::Array(_) if name == "api_keys" => name.as_str().into(),
                        Value::String(text) if is_time(text) => "time".into(),
                        value => self.plain(value),
                    };
                    (name.clone(), shown)
                })
                .collect(),
            Value::String(text) => self.without_ids(text).into(),
            other => other.clone(),
        }
    }
}

fn is_time(text: &str) -> bool {
    text.len() > 19 && text.starts_with("20") && text.as_bytes()[10] == b'T'
}
