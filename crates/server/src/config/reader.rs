//! Turns what was said into values, one setting at a time, and keeps what was
//! settled so that it can be shown. Problems are collected, never thrown: one
//! start should tell everything that is wrong.

use super::{
    problem::Problem,
    settings::{Default, Secrecy, Setting},
    sources::{Gathered, Given, Origin},
    values::{self, Spelling},
};

/// A setting as it was settled, for `config print`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Its name in the file.
    pub key: &'static str,
    /// Its value; `None` when there is none or it must not be shown.
    pub shown: Option<String>,
    /// Whether it is a secret that is set.
    pub secret: bool,
    /// Who said so.
    pub origin: Origin,
}

pub(super) struct Reader {
    gathered: Gathered,
    pub(super) settled: Vec<Settled>,
}

impl Reader {
    pub(super) fn new(gathered: Gathered) -> Self {
        Self {
            gathered,
            settled: Vec::new(),
        }
    }

    /// Who gives `setting` its value.
    pub(super) fn origin(&self, setting: &Setting) -> Origin {
        self.gathered
            .values
            .get(setting.key)
            .map_or(Origin::Default, |given| given.origin.clone())
    }

    /// Reads a setting whose default is a text of the table.
    pub(super) fn text_or_default<T>(
        &mut self,
        setting: &'static Setting,
        read: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Default::Text(default) = setting.default else {
            unreachable!(
                "{} has a derived default and is read by `or_else`",
                setting.key
            )
        };
        let given = self.given(setting, &read);
        let shown = self
            .gathered
            .values
            .get(setting.key)
            .map(|given| given.text.trim().to_owned());
        self.settle(setting, shown.unwrap_or_else(|| default.to_owned()));
        given.unwrap_or_else(|| {
            read(default).expect("the table's own defaults can be read; a test reads all of them")
        })
    }

    /// Reads a setting whose default is worked out by `otherwise`. `show` says
    /// how to show the result, `None` for "there is none".
    pub(super) fn or_else<T>(
        &mut self,
        setting: &'static Setting,
        read: impl Fn(&str) -> Option<T>,
        otherwise: impl FnOnce() -> T,
        show: impl Fn(&T) -> Option<String>,
    ) -> T {
        let value = self.given(setting, read).unwrap_or_else(otherwise);
        match show(&value) {
            Some(shown) => self.settle(setting, shown),
            None => self.settle_empty(setting),
        }
        value
    }

    /// Reads an on/off setting. The contract's names take anything for "off",
    /// as they always did; ours do not.
    pub(super) fn switch(&mut self, setting: &'static Setting) -> bool {
        let ours = match self.origin(setting) {
            Origin::Variable(name) => name == setting.variable(),
            _ => true,
        };
        if ours {
            return self.text_or_default(setting, |text| values::switch(text, Spelling::Strict));
        }
        if let Some(given) = self.gathered.values.get(setting.key)
            && !values::switch_is_clear(given.text.trim())
        {
            let name = given.origin.name(setting);
            self.note(format!("{name} is neither on nor off and is read as off"));
        }
        self.text_or_default(setting, |text| values::switch(text, Spelling::Contract))
    }

    pub(super) fn problem(&mut self, problem: Problem) {
        self.gathered.problems.push(problem);
    }

    pub(super) fn note(&mut self, notice: String) {
        self.gathered.notices.push(notice);
    }

    /// The end: what was settled and noted, or all that is wrong.
    pub(super) fn finish(self) -> Result<(Vec<Settled>, Vec<String>), Vec<Problem>> {
        if self.gathered.problems.is_empty() {
            Ok((self.settled, self.gathered.notices))
        } else {
            Err(self.gathered.problems)
        }
    }

    fn given<T>(&mut self, setting: &Setting, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let Given { text, origin } = self.gathered.values.get(setting.key)?;
        let value = read(text.trim());
        if value.is_none() {
            let plain = setting.secrecy == Secrecy::Plain;
            let problem = Problem::Invalid {
                name: origin.name(setting),
                expects: setting.expects.to_owned(),
                found: plain.then(|| text.trim().to_owned()),
            };
            self.gathered.problems.push(problem);
        }
        value
    }

    fn settle(&mut self, setting: &'static Setting, shown: String) {
        let secret = setting.secrecy == Secrecy::Secret;
        let origin = self.origin(setting);
        self.settled.push(Settled {
            key: setting.key,
            shown: Some(shown),
            secret,
            origin,
        });
    }

    fn settle_empty(&mut self, setting: &'static Setting) {
        let origin = self.origin(setting);
        let secret = setting.secrecy == Secrecy::Secret && origin != Origin::Default;
        self.settled.push(Settled {
            key: setting.key,
            shown: None,
            secret,
            origin,
        });
    }
}
