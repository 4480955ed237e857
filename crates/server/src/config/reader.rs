//! Parses the raw settings into values, one setting at a time, and records the
//! effective values for `config print`. Problems are collected, so that one start
//! reports all of them.

use super::{
    problem::Problem,
    settings::{Default, Secrecy, Setting},
    sources::{RawSettings, RawValue, SettingSource},
    values::{self, SwitchParsing},
};

/// The effective value of a setting, for `config print`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedSetting {
    /// Its name in the file.
    pub key: &'static str,
    /// Its value; `None` if there is none or it must not be shown.
    pub display_value: Option<String>,
    /// Whether it is a secret that is set.
    pub secret: bool,
    /// Its source.
    pub source: SettingSource,
}

pub(super) struct Reader {
    raw: RawSettings,
    pub(super) resolved: Vec<ResolvedSetting>,
}

impl Reader {
    pub(super) fn new(raw: RawSettings) -> Self {
        Self {
            raw,
            resolved: Vec::new(),
        }
    }

    /// Returns the source of the value of `setting`.
    pub(super) fn source(&self, setting: &Setting) -> SettingSource {
        self.raw
            .values
            .get(setting.key)
            .map_or(SettingSource::Default, |raw_value| raw_value.source.clone())
    }

    /// Reads a setting with a [`Default::Text`].
    pub(super) fn read_or_default<T>(
        &mut self,
        setting: &'static Setting,
        read: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Default::Text(default) = setting.default else {
            unreachable!(
                "{} has a derived default and is read by `read_or_derive`",
                setting.key
            )
        };
        let value = self.read_value(setting, &read);
        let display_value = self
            .raw
            .values
            .get(setting.key)
            .map(|raw_value| raw_value.text.trim().to_owned());
        self.record(setting, display_value.unwrap_or_else(|| default.to_owned()));
        value.unwrap_or_else(|| {
            read(default).expect("the defaults of the table are valid; a test reads all of them")
        })
    }

    /// Reads a setting with a [`Default::Derived`], which `default` returns. `show`
    /// returns the text for `config print`, `None` if there is no value.
    pub(super) fn read_or_derive<T>(
        &mut self,
        setting: &'static Setting,
        read: impl Fn(&str) -> Option<T>,
        default: impl FnOnce() -> T,
        show: impl Fn(&T) -> Option<String>,
    ) -> T {
        let value = self.read_value(setting, read).unwrap_or_else(default);
        match show(&value) {
            Some(display_value) => self.record(setting, display_value),
            None => self.record_unset(setting),
        }
        value
    }

    /// Reads an on/off setting. Names of the reference API take every other value
    /// for "off" (docs/COMPATIBILITY.md#configuration); our own names refuse it.
    pub(super) fn switch(&mut self, setting: &'static Setting) -> bool {
        let is_own_name = match self.source(setting) {
            SettingSource::Variable(name) => name == setting.variable(),
            _ => true,
        };
        if is_own_name {
            return self
                .read_or_default(setting, |text| values::switch(text, SwitchParsing::Strict));
        }
        if let Some(raw_value) = self.raw.values.get(setting.key)
            && !values::is_switch(raw_value.text.trim())
        {
            let name = raw_value.source.name(setting);
            self.add_notice(format!(
                "{name} is neither on nor off; it is treated as off"
            ));
        }
        self.read_or_default(setting, |text| values::switch(text, SwitchParsing::Lenient))
    }

    pub(super) fn add_problem(&mut self, problem: Problem) {
        self.raw.problems.push(problem);
    }

    pub(super) fn add_notice(&mut self, notice: String) {
        self.raw.notices.push(notice);
    }

    /// Returns the effective values and the notices, or all problems.
    pub(super) fn finish(self) -> Result<(Vec<ResolvedSetting>, Vec<String>), Vec<Problem>> {
        if self.raw.problems.is_empty() {
            Ok((self.resolved, self.raw.notices))
        } else {
            Err(self.raw.problems)
        }
    }

    fn read_value<T>(&mut self, setting: &Setting, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let RawValue { text, source } = self.raw.values.get(setting.key)?;
        let value = read(text.trim());
        if value.is_none() {
            let is_plain = setting.secrecy == Secrecy::Plain;
            let problem = Problem::Invalid {
                name: source.name(setting),
                expected: setting.expected.to_owned(),
                actual: is_plain.then(|| text.trim().to_owned()),
            };
            self.raw.problems.push(problem);
        }
        value
    }

    fn record(&mut self, setting: &'static Setting, display_value: String) {
        let secret = setting.secrecy == Secrecy::Secret;
        let source = self.source(setting);
        self.resolved.push(ResolvedSetting {
            key: setting.key,
            display_value: Some(display_value),
            secret,
            source,
        });
    }

    fn record_unset(&mut self, setting: &'static Setting) {
        let source = self.source(setting);
        let secret = setting.secrecy == Secrecy::Secret && source != SettingSource::Default;
        self.resolved.push(ResolvedSetting {
            key: setting.key,
            display_value: None,
            secret,
            source,
        });
    }
}
