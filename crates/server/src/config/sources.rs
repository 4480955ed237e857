//! The sources of values and their precedence: flags over the environment, the
//! environment over the file. Within the environment, our own name takes
//! precedence over its aliases.
//!
//! A name whose value is blank, or contains only commas, never hides a later one:
//! an emptied list must not admit users whom a list under an alias excludes.
//!
//! Not here: the meaning of the values.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt, fs,
    ops::Range,
    path::{Path, PathBuf},
};

use freehold_domain::closest_name;

use super::{
    problem::Problem,
    settings::{self, OTHER_VARIABLE_PREFIXES, OTHER_VARIABLES, PREFIX, SEEDS, Secrecy, Setting},
};
use crate::edition::Edition;

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingSource {
    /// The default.
    Default,
    /// A key of the configuration file.
    File(PathBuf, String),
    /// A variable.
    Variable(String),
    /// A variable or key that names a file with a secret.
    SecretFile(String, PathBuf),
    /// A flag of the command line.
    Flag(&'static str),
}

impl SettingSource {
    /// Returns the name that error messages show for the source.
    #[must_use]
    pub fn name(&self, setting: &Setting) -> String {
        match self {
            Self::Default => setting.key.to_owned(),
            Self::File(_, key) => key.clone(),
            Self::Variable(name) | Self::SecretFile(name, _) => name.clone(),
            Self::Flag(flag) => (*flag).to_owned(),
        }
    }
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(file, _) => write!(f, "{}", file.display()),
            Self::Variable(name) => f.write_str(name),
            Self::SecretFile(name, file) => write!(f, "{name}: {}", file.display()),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value and its source. No `Debug`: it may be a secret.
pub(super) struct RawValue {
    pub(super) text: String,
    pub(super) source: SettingSource,
}

/// The values of all sources before they are parsed.
#[derive(Default)]
pub(super) struct RawSettings {
    pub(super) values: BTreeMap<&'static str, RawValue>,
    pub(super) problems: Vec<Problem>,
    pub(super) notices: Vec<String>,
    /// Every setting of this edition.
    settings: Vec<&'static Setting>,
}

/// What a configuration is read from. No `Debug`: it contains secrets.
#[derive(Default)]
pub struct ConfigSources {
    /// `--config`, which takes precedence over `FREEHOLD_CONFIG`.
    pub file: Option<PathBuf>,
    /// The file that is read if none is named and it exists.
    pub default_file: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// The flags of the command line: setting, name of the flag, value.
    pub flags: Vec<(&'static Setting, &'static str, String)>,
    /// The edition, whose features have settings.
    pub edition: Edition,
}

impl ConfigSources {
    /// Returns the environment of this process, and `freehold.toml` in the current
    /// directory.
    #[must_use]
    pub fn from_process() -> Self {
        Self {
            default_file: Some(PathBuf::from("freehold.toml")),
            environment: std::env::vars_os().collect(),
            ..Self::default()
        }
    }

    pub(super) fn read_all(&self) -> RawSettings {
        let settings = settings::ALL.iter().chain(self.edition.settings());
        let mut raw = RawSettings {
            settings: settings.collect(),
            ..RawSettings::default()
        };
        let environment = self.readable_environment(&mut raw);
        if let Some(file) = self.config_file(&environment) {
            raw.read_file(&file);
        }
        raw.refuse_unknown(&environment);
        for setting in raw.settings.clone() {
            raw.read_variables(setting, &environment);
        }
        raw.note_unsupported(&environment);
        for (setting, flag, text) in &self.flags {
            let raw_value = RawValue {
                text: text.clone(),
                source: SettingSource::Flag(flag),
            };
            raw.values.insert(setting.key, raw_value);
        }
        raw
    }

    fn readable_environment(&self, raw: &mut RawSettings) -> BTreeMap<String, String> {
        let known: BTreeSet<String> = raw
            .settings
            .iter()
            .flat_map(|setting| {
                setting
                    .aliases
                    .iter()
                    .map(ToString::to_string)
                    .chain([setting.variable()])
            })
            .collect();
        let mut readable = BTreeMap::new();
        for (name, value) in &self.environment {
            let Some(name) = name.to_str() else { continue };
            match value.to_str() {
                Some(value) => _ = readable.insert(name.to_owned(), value.to_owned()),
                None if name.starts_with(PREFIX) || known.contains(name) => {
                    raw.problems.push(Problem::NotText {
                        name: name.to_owned(),
                    });
                }
                None => {}
            }
        }
        readable
    }

    fn config_file(&self, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
        let from_environment = environment
            .get("FREEHOLD_CONFIG")
            .filter(|path| !path.trim().is_empty());
        self.file
            .clone()
            .or_else(|| from_environment.map(PathBuf::from))
            .or_else(|| self.default_file.clone().filter(|file| file.exists()))
    }
}

/// Whether a value is blank or contains only commas, and is therefore ignored.
fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character == ',' || character.is_whitespace())
}

impl RawSettings {
    fn read_file(&mut self, file: &Path) {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                return self.problems.push(Problem::Unreadable {
                    name: "configuration".to_owned(),
                    file: file.to_owned(),
                    reason: error.to_string(),
                });
            }
        };
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                // The parser's full message would show the line, which may contain
                // a secret.
                let reason = error.message().to_owned();
                return self.problems.push(Problem::Syntax {
                    file: file.to_owned(),
                    line: line_of(&text, error.span()),
                    reason,
                });
            }
        };
        let mut keys = Vec::new();
        flatten("", table, &mut keys);
        for (key, value) in keys {
            self.read_key(file, key, value);
        }
    }

    fn read_key(&mut self, file: &Path, key: String, value: toml::Value) {
        let by_name = self.settings.iter().copied().find(|setting| {
            // In the section `[seeds]`, the switch is called `enabled`.
            setting.key == key || (setting.key == SEEDS.key && key == "seeds_enabled")
        });
        let by_file_name = self.settings.iter().copied().find(|setting| {
            setting.secrecy == Secrecy::Secret && key.strip_suffix("_file") == Some(setting.key)
        });
        let Some(setting) = by_name.or(by_file_name) else {
            let keys = self.settings.iter().map(|setting| setting.key);
            let closest_name = closest_name(&key, keys).map(str::to_owned);
            return self.problems.push(Problem::UnknownKey {
                file: file.to_owned(),
                key,
                closest_name,
            });
        };
        let is_array = value.is_array();
        let Some(text) = value_text(value) else {
            let expected = setting.expected.to_owned();
            return self.problems.push(Problem::Invalid {
                name: key,
                expected,
                actual: None,
            });
        };
        if is_blank(&text) && !is_array {
            return;
        }
        let source = SettingSource::File(file.to_owned(), key.clone());
        if let Some(earlier) = self.values.get(setting.key) {
            let first = earlier.source.name(setting);
            return self.problems.push(Problem::SetTwice { first, second: key });
        }
        if by_name.is_some() {
            self.values.insert(setting.key, RawValue { text, source });
        } else {
            self.read_secret_file(setting, key, PathBuf::from(text));
        }
    }

    fn read_variables(
        &mut self,
        setting: &'static Setting,
        environment: &BTreeMap<String, String>,
    ) {
        let variable = setting.variable();
        let file_variable = format!("{variable}_FILE");
        let path = environment
            .get(&file_variable)
            .filter(|path| !path.trim().is_empty());
        if let Some(path) = path.filter(|_| setting.secrecy == Secrecy::Secret) {
            let value = environment.get(&variable);
            if value.is_some_and(|value| !is_blank(value)) {
                return self.problems.push(Problem::SetTwice {
                    first: variable,
                    second: file_variable,
                });
            }
            return self.read_secret_file(setting, file_variable, PathBuf::from(path.trim()));
        }
        let aliases = setting.aliases.iter().map(ToString::to_string);
        for name in [variable].into_iter().chain(aliases) {
            let Some(text) = environment.get(&name) else {
                continue;
            };
            if !is_blank(text) {
                let source = SettingSource::Variable(name);
                let text = text.clone();
                self.values.insert(setting.key, RawValue { text, source });
                return;
            }
            if text.contains(',') {
                self.notices
                    .push(format!("{name} contains only commas and is ignored"));
            }
        }
    }

    fn read_secret_file(&mut self, setting: &'static Setting, name: String, path: PathBuf) {
        match fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => {
                let source = SettingSource::SecretFile(name, path);
                self.values.insert(
                    setting.key,
                    RawValue {
                        text: text.trim().to_owned(),
                        source,
                    },
                );
            }
            Ok(_) => {
                let reason = "it is empty".to_owned();
                self.problems.push(Problem::Unreadable {
                    name,
                    file: path,
                    reason,
                });
            }
            Err(error) => {
                let reason = error.to_string();
                self.problems.push(Problem::Unreadable {
                    name,
                    file: path,
                    reason,
                });
            }
        }
    }

    fn refuse_unknown(&mut self, environment: &BTreeMap<String, String>) {
        let mut known: BTreeSet<String> = OTHER_VARIABLES.iter().map(ToString::to_string).collect();
        for setting in &self.settings {
            known.insert(setting.variable());
            if setting.secrecy == Secrecy::Secret {
                known.insert(format!("{}_FILE", setting.variable()));
            }
        }
        for name in environment.keys().filter(|name| name.starts_with(PREFIX)) {
            let is_ignored = OTHER_VARIABLE_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix));
            if !is_ignored && !known.contains(name) {
                let closest_name = closest_name(name, known.iter().cloned());
                self.problems.push(Problem::UnknownVariable {
                    name: name.clone(),
                    closest_name,
                });
            }
        }
    }

    fn note_unsupported(&mut self, environment: &BTreeMap<String, String>) {
        let set: Vec<&str> = environment
            .iter()
            .filter(|(name, value)| settings::is_unsupported(name) && !value.trim().is_empty())
            .map(|(name, _)| name.as_str())
            .collect();
        if !set.is_empty() {
            self.notices.push(format!(
                "set, but not supported in this version: {}",
                set.join(", ")
            ));
        }
    }
}

/// Returns the line in which `span` begins, from 1.
pub(super) fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.map_or(0, |span| span.start).min(text.len());
    let lines = text
        .bytes()
        .take(before)
        .filter(|byte| *byte == b'\n')
        .count();
    lines + 1
}

/// Joins the names of sections and keys by `_`: `[access] allowed_domains` and
/// `access_allowed_domains` are the same key.
fn flatten(prefix: &str, table: toml::Table, into: &mut Vec<(String, toml::Value)>) {
    for (key, value) in table {
        let key = if prefix.is_empty() {
            key
        } else {
            format!("{prefix}_{key}")
        };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, into),
            value => into.push((key, value)),
        }
    }
}

/// Returns a value of the file in the syntax of a variable.
fn value_text(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(is_on) => Some(is_on.to_string()),
        toml::Value::Array(items) => {
            let items: Option<Vec<String>> = items
                .into_iter()
                .map(|item| {
                    item.as_str()
                        .filter(|item| !item.contains(','))
                        .map(str::to_owned)
                })
                .collect();
            items.map(|items| items.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
