//! Runs admin commands over one transport and records their output, without what
//! differs between two deployments: ids, times, secrets and the operator.

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

use crate::program::{run, run_with_input, text};

/// The output of a command.
#[derive(Debug, PartialEq)]
pub(crate) struct RecordedCommand {
    pub(crate) command_line: String,
    pub(crate) code: Option<i32>,
    output_json: Value,
    stderr: String,
}

/// How commands reach the API.
pub(crate) struct CommandRecorder<'a> {
    pub(crate) folder: &'a Path,
    server: Option<String>,
    pub(crate) recorded: Vec<RecordedCommand>,
    /// Numbers of the ids, in the order of their first appearance.
    ids: BTreeMap<String, usize>,
}

impl<'a> CommandRecorder<'a> {
    pub(crate) fn local(folder: &'a Path) -> Self {
        Self {
            folder,
            server: None,
            recorded: Vec::new(),
            ids: BTreeMap::new(),
        }
    }

    pub(crate) fn remote(folder: &'a Path, server: &str) -> Self {
        Self {
            server: Some(server.to_owned()),
            ..Self::local(folder)
        }
    }

    /// Runs a command whose arguments contain no spaces, and returns its JSON output.
    pub(crate) fn run(&mut self, command_line: &str) -> Value {
        self.run_with(command_line, None)
    }

    /// Runs a command with `input` on standard input.
    pub(crate) fn run_with_input(&mut self, command_line: &str, input: &str) -> Value {
        self.run_with(command_line, Some(input))
    }

    fn run_with(&mut self, command_line: &str, input: Option<&str>) -> Value {
        let mut words: Vec<&str> = command_line.split(' ').collect();
        words.extend(["-o", "json"]);
        let server = self.server.clone();
        if let Some(server) = &server {
            words.extend(["--server", server, "--key-file", "data/admin.key"]);
        }
        let output = match input {
            Some(input) => run_with_input(self.folder, &words, input),
            None => run(self.folder, &words),
        };
        let output_json = match text(&output.stdout) {
            "" => Value::Null,
            recorded => serde_json::from_str(recorded).unwrap(),
        };
        assert_eq!(
            output.status.success(),
            !output_json.is_null() && output.stderr.is_empty(),
            "{command_line}: {}",
            text(&output.stderr)
        );
        let recorded = RecordedCommand {
            command_line: self.normalize_ids(command_line),
            code: output.status.code(),
            output_json: self.normalize(&output_json),
            stderr: self.normalize_ids(text(&output.stderr)),
        };
        self.recorded.push(recorded);
        output_json
    }

    /// Returns the message of the last refusal.
    pub(crate) fn last_refusal(&self) -> &str {
        let last = self.recorded.last().unwrap();
        assert_eq!(last.code, Some(1), "{last:?}");
        &last.stderr
    }

    /// Replaces ids by numbers, and removes the request id.
    fn normalize_ids(&mut self, words: &str) -> String {
        let words = match words.split_once(", request ") {
            Some((sentence, _)) => sentence,
            None => words,
        };
        let words: Vec<String> = words
            .split_inclusive([' ', '/', '\'', '.'])
            .map(|word| self.numbered_id(word))
            .collect();
        words.concat()
    }

    fn numbered_id(&mut self, word: &str) -> String {
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

    fn normalize(&mut self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.normalize(item)).collect(),
            Value::Object(members) => members
                .iter()
                // Only a server has a client address and outbox topics.
                .filter(|(name, _)| !matches!(name.as_str(), "address" | "topics"))
                .map(|(name, value)| {
                    let secret = matches!(
                        name.as_str(),
                        "key" | "value" | "prefix" | "next" | "actor" | "created_by" | "request_id"
                    );
                    let shown = match value {
                        Value::String(_) if secret => name.as_str().into(),
                        Value::Object(_) if name == "actor" => name.as_str().into(),
                        // Events list prefixes of API keys.
                        Value::Array(_) if name == "api_keys" => name.as_str().into(),
                        Value::String(text) if is_time(text) => "time".into(),
                        value => self.normalize(value),
                    };
                    (name.clone(), shown)
                })
                .collect(),
            Value::String(text) => self.normalize_ids(text).into(),
            other => other.clone(),
        }
    }
}

fn is_time(text: &str) -> bool {
    text.len() > 19 && text.starts_with("20") && text.as_bytes()[10] == b'T'
}
