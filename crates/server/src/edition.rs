//! What an edition adds to the server. The open core is the edition without features.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use freehold_app::{App, Extension};
use freehold_http::ExtensionRoute;

use crate::config::settings::Setting;

/// The edition of a server: its features, in the order in which they are asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Edition {
    features: &'static [Feature],
}

/// A feature of an edition: an extension, and what the server needs to offer it.
pub struct Feature {
    /// Its settings. `config check` and `config print` know them.
    pub settings: &'static [Setting],
    /// Builds the extension from the settings, before the server or a command starts.
    pub build: fn(&FeatureSettings) -> Result<Arc<dyn Extension>, InvalidSetting>,
    /// The routes that it adds to the API.
    pub routes: fn() -> Vec<ExtensionRoute>,
    /// The command that it adds to the command line.
    pub command: Option<FeatureCommand>,
}

/// A command of a feature.
#[derive(Clone, Copy)]
pub struct FeatureCommand {
    /// Its name, arguments and help.
    pub command: fn() -> clap::Command,
    /// Runs it on the local database.
    pub run: for<'a> fn(&'a App, &'a ArgMatches) -> CommandFuture<'a>,
}

/// The exit code of a command, or what went wrong.
pub type CommandFuture<'a> = Pin<Box<dyn Future<Output = Result<ExitCode, String>> + 'a>>;

/// The values of a feature's settings: what is configured, or the default.
#[derive(Default)]
pub struct FeatureSettings(BTreeMap<&'static str, String>);

/// A setting of a feature has a value that it does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    /// The key of the setting.
    pub key: &'static str,
}

impl Edition {
    /// The open core: no features.
    #[must_use]
    pub const fn open() -> Self {
        Self { features: &[] }
    }

    /// An edition with these features.
    #[must_use]
    pub const fn new(features: &'static [Feature]) -> Self {
        Self { features }
    }

    /// The features.
    #[must_use]
    pub fn features(&self) -> &'static [Feature] {
        self.features
    }

    pub(crate) fn settings(self) -> impl Iterator<Item = &'static Setting> {
        self.features.iter().flat_map(|feature| feature.settings)
    }

    pub(crate) fn routes(self) -> Vec<ExtensionRoute> {
        let features = self.features.iter();
        features.flat_map(|feature| (feature.routes)()).collect()
    }

    pub(crate) fn commands(self) -> impl Iterator<Item = FeatureCommand> {
        self.features.iter().filter_map(|feature| feature.command)
    }
}

impl FeatureSettings {
    pub(crate) fn new(values: BTreeMap<&'static str, String>) -> Self {
        Self(values)
    }

    /// The value of a setting; empty if it has none.
    #[must_use]
    pub fn get(&self, setting: &Setting) -> &str {
        self.0.get(setting.key).map_or("", String::as_str)
    }
}

impl fmt::Debug for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.settings.iter().map(|setting| setting.key).collect();
        f.debug_struct("Feature")
            .field("settings", &keys)
            .finish_non_exhaustive()
    }
}

// The values may be secrets.
impl fmt::Debug for FeatureSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
