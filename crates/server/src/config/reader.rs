//! Turns what was said into values, one setting at a time, and keeps what was
//! settled so that it can be shown. Problems are collected, never thrown: one
//! start should tell everything that is wrong.

use super::{
    problem::Problem,
    settings::{Default, Secrecy, Setting},
    sources::{RawSettings, RawValue, SettingSource},
    values::{self, SwitchParsing},
};

/// A setting as it was settled, for `config print`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedSetting {
    /// Its name in the file.
    pub key: &'static str,
    /// Its value; `None` when there is none or it must not be shown.
    pub display_value: Option<String>,
    /// Whether it is a secret that is set.
    pub secret: bool,
    /// Who said so.
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

    /// Who gives `setting` its value.
    pub(super) fn source(&self, setting: &Setting) -> SettingSource {
        self.raw
            .values
            .get(setting.key)
            .map_or(SettingSource::Default, |raw_value| raw_value.source.clone())
    }

    /// Reads a setting whose default is a text of the table.
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
        let raw_value = self.read_value(setting, &read);
        let display_value = self
            .raw
            .values
            .get(setting.key)
            .map(|raw_value| raw_value.text.trim().to_owned());
        self.record(setting, display_value.unwrap_or_else(|| default.to_owned()));
        raw_value.unwrap_or_else(|| {
            read(default).expect("the table's own defaults can be read; a test reads all of them")
        })
    }

    /// Reads a setting whose default is worked out by `default`. `show` says
    /// how to show the result, `None` for "there is none".
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

    /// Reads an on/off setting. The contract's names take anything for "off",
    /// as they always did; ours do not.
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

    /// The end: what was settled and noted, or all that is wrong.
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
            let plain = setting.secrecy == Secrecy::Plain;
            let problem = Problem::Invalid {
                name: source.name(setting),
                expected: setting.expected.to_owned(),
                actual: plain.then(|| text.trim().to_owned()),
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
