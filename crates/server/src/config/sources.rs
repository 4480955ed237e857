//! Where values come from, and which of them wins: flags over the
//! environment, the environment over the file. Within the environment our own
//! name goes before its aliases.
//!
//! A name that is present and says nothing (blank, or only commas) never hides
//! a later one: an emptied list must not open a house that an older name
//! still closes.
//!
//! Not here: what the values mean.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt, fs,
    ops::Range,
    path::{Path, PathBuf},
};

use super::{
    problem::Problem,
    settings::{self, NOT_SETTINGS, NOT_SETTINGS_BELOW, PREFIX, SEEDS, Secrecy, Setting},
};

/// Who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody.
    Default,
    /// A key of the configuration file.
    File(PathBuf, String),
    /// A variable.
    Variable(String),
    /// A variable that names a file with a secret in it.
    SecretFile(String, PathBuf),
    /// A flag of the command line.
    Flag(&'static str),
}

impl Origin {
    /// What to call it when something is wrong with its value.
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

impl fmt::Display for Origin {
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

/// A value and who said it. No `Debug`: it may be a secret.
pub(super) struct Given {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// What everybody said, before it is understood.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) values: BTreeMap<&'static str, Given>,
    pub(super) problems: Vec<Problem>,
    pub(super) notices: Vec<String>,
}

/// What a configuration is read from. Passed in, so that a test can say it all.
#[derive(Default)]
pub struct Sources {
    /// `--config`, which wins over `FREEHOLD_CONFIG`.
    pub file: Option<PathBuf>,
    /// Read when nobody names a file and it exists.
    pub usual_file: Option<PathBuf>,
    /// The environment.
    pub environment: Vec<(OsString, OsString)>,
    /// Flags that were given: setting, name of the flag, value.
    pub flags: Vec<(&'static Setting, &'static str, String)>,
}

impl Sources {
    /// This process's environment and `freehold.toml` in this folder.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self {
            usual_file: Some(PathBuf::from("freehold.toml")),
            environment: std::env::vars_os().collect(),
            ..Self::default()
        }
    }

    pub(super) fn gather(&self) -> Gathered {
        let mut gathered = Gathered::default();
        let environment = self.readable_environment(&mut gathered);
        if let Some(file) = self.chosen_file(&environment) {
            gathered.read_file(&file);
        }
        gathered.refuse_unknown(&environment);
        for setting in settings::ALL {
            gathered.read_variables(setting, &environment);
        }
        gathered.note_ineffective(&environment);
        for (setting, flag, text) in &self.flags {
            let given = Given {
                text: text.clone(),
                origin: Origin::Flag(flag),
            };
            gathered.values.insert(setting.key, given);
        }
        gathered
    }

    fn readable_environment(&self, gathered: &mut Gathered) -> BTreeMap<String, String> {
        let known: BTreeSet<String> = settings::ALL
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
                    gathered.problems.push(Problem::NotText {
                        name: name.to_owned(),
                    });
                }
                None => {}
            }
        }
        readable
    }

    fn chosen_file(&self, environment: &BTreeMap<String, String>) -> Option<PathBuf> {
        let named = environment
            .get("FREEHOLD_CONFIG")
            .filter(|path| !path.trim().is_empty());
        self.file
            .clone()
            .or_else(|| named.map(PathBuf::from))
            .or_else(|| self.usual_file.clone().filter(|file| file.exists()))
    }
}

/// Whether a value leaves everything as it is.
fn says_nothing(text: &str) -> bool {
    text.chars()
        .all(|letter| letter == ',' || letter.is_whitespace())
}

impl Gathered {
    fn read_file(&mut self, file: &Path) {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                return self.problems.push(Problem::Unreadable {
                    name: "configuration".to_owned(),
                    file: file.to_owned(),
                    why: error.to_string(),
                });
            }
        };
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                // The parser's own picture of the place would show the line,
                // and the line may hold a secret.
                let why = error.message().to_owned();
                return self.problems.push(Problem::Syntax {
                    file: file.to_owned(),
                    line: line_of(&text, error.span()),
                    why,
                });
            }
        };
        let mut keys = Vec::new();
        flatten("", table, &mut keys);
        for (key, value) in keys {
            self.take_key(file, key, value);
        }
    }

    fn take_key(&mut self, file: &Path, key: String, value: toml::Value) {
        let plain = settings::ALL.iter().find(|setting| {
            // `[seeds]` holds more than the switch, which is called `enabled` there.
            setting.key == key || (setting.key == SEEDS.key && key == "seeds_enabled")
        });
        let by_file = settings::ALL.iter().find(|setting| {
            setting.secrecy == Secrecy::Secret && key.strip_suffix("_file") == Some(setting.key)
        });
        let Some(setting) = plain.or(by_file) else {
            let nearest = settings::nearest(&key, settings::ALL.iter().map(|s| s.key.to_owned()));
            return self.problems.push(Problem::UnknownKey {
                file: file.to_owned(),
                key,
                nearest,
            });
        };
        let explicit = value.is_array();
        let Some(text) = written(value) else {
            let expects = setting.expects.to_owned();
            return self.problems.push(Problem::Invalid {
                name: key,
                expects,
                found: None,
            });
        };
        if says_nothing(&text) && !explicit {
            return;
        }
        let origin = Origin::File(file.to_owned(), key.clone());
        if let Some(earlier) = self.values.get(setting.key) {
            let one = earlier.origin.name(setting);
            return self.problems.push(Problem::Both { one, other: key });
        }
        if plain.is_some() {
            self.values.insert(setting.key, Given { text, origin });
        } else {
            self.take_secret_file(setting, key, PathBuf::from(text));
        }
    }

    fn read_variables(
        &mut self,
        setting: &'static Setting,
        environment: &BTreeMap<String, String>,
    ) {
        let own = setting.variable();
        let by_file = format!("{own}_FILE");
        let path = environment
            .get(&by_file)
            .filter(|path| !path.trim().is_empty());
        if let Some(path) = path.filter(|_| setting.secrecy == Secrecy::Secret) {
            if environment
                .get(&own)
                .is_some_and(|value| !says_nothing(value))
            {
                return self.problems.push(Problem::Both {
                    one: own,
                    other: by_file,
                });
            }
            return self.take_secret_file(setting, by_file, PathBuf::from(path.trim()));
        }
        let aliases = setting.aliases.iter().map(ToString::to_string);
        for name in [own].into_iter().chain(aliases) {
            let Some(text) = environment.get(&name) else {
                continue;
            };
            if !says_nothing(text) {
                let origin = Origin::Variable(name);
                self.values.insert(
                    setting.key,
                    Given {
                        text: text.clone(),
                        origin,
                    },
                );
                return;
            }
            if text.contains(',') {
                self.notices.push(format!(
                    "{name} holds only commas and is read as if it were not set"
                ));
            }
        }
    }

    fn take_secret_file(&mut self, setting: &'static Setting, name: String, path: PathBuf) {
        match fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => {
                let origin = Origin::SecretFile(name, path);
                self.values.insert(
                    setting.key,
                    Given {
                        text: text.trim().to_owned(),
                        origin,
                    },
                );
            }
            Ok(_) => {
                let why = "it is empty".to_owned();
                self.problems.push(Problem::Unreadable {
                    name,
                    file: path,
                    why,
                });
            }
            Err(error) => {
                let why = error.to_string();
                self.problems.push(Problem::Unreadable {
                    name,
                    file: path,
                    why,
                });
            }
        }
    }

    fn refuse_unknown(&mut self, environment: &BTreeMap<String, String>) {
        let mut known: BTreeSet<String> = NOT_SETTINGS.iter().map(ToString::to_string).collect();
        for setting in settings::ALL {
            known.insert(setting.variable());
            if setting.secrecy == Secrecy::Secret {
                known.insert(format!("{}_FILE", setting.variable()));
            }
        }
        for name in environment.keys().filter(|name| name.starts_with(PREFIX)) {
            let spared = NOT_SETTINGS_BELOW
                .iter()
                .any(|below| name.starts_with(below));
            if !spared && !known.contains(name) {
                let nearest = settings::nearest(name, known.iter().cloned());
                self.problems.push(Problem::UnknownVariable {
                    name: name.clone(),
                    nearest,
                });
            }
        }
    }

    fn note_ineffective(&mut self, environment: &BTreeMap<String, String>) {
        let set: Vec<&str> = environment
            .iter()
            .filter(|(name, value)| settings::has_no_effect_yet(name) && !value.trim().is_empty())
            .map(|(name, _)| name.as_str())
            .collect();
        if !set.is_empty() {
            self.notices.push(format!(
                "set, but without effect in this version: {}",
                set.join(", ")
            ));
        }
    }
}

/// The line of a text in which something begins, from 1.
pub(super) fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.map_or(0, |span| span.start).min(text.len());
    let lines = text
        .bytes()
        .take(before)
        .filter(|byte| *byte == b'\n')
        .count();
    lines + 1
}

/// `[access] allowed_domains` and `access_allowed_domains` are the same key.
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

/// A value of the file as it would be written in a variable.
fn written(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
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
