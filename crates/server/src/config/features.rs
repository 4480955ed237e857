//! The extensions of an edition, built from their settings.
//!
//! Not here: what a feature is (`crate::edition`).

use freehold_app::Extensions;

use super::{
    problem::Problem,
    reader::Reader,
    settings::{Default, Secrecy, Setting},
};
use crate::edition::{Edition, FeatureSettings, InvalidSetting};

/// Builds the extensions. A value that a feature does not accept is a problem, and its extension
/// is left out: the start stops anyway.
pub(super) fn read_extensions(r: &mut Reader, edition: Edition) -> Extensions {
    let mut extensions = Extensions::none();
    for feature in edition.features() {
        let values = feature.settings.iter();
        let values = values.map(|setting| (setting.key, read_text(r, setting)));
        let values = FeatureSettings::new(values.collect());
        match (feature.build)(&values) {
            Ok(extension) => extensions = extensions.with_shared(extension),
            Err(InvalidSetting { key }) => {
                let setting = feature.settings.iter().find(|setting| setting.key == key);
                r.add_problem(invalid(r, setting, key, &values));
            }
        }
    }
    extensions
}

fn read_text(r: &mut Reader, setting: &'static Setting) -> String {
    match setting.default {
        Default::Text(_) => r.read_or_default(setting, |text| Some(text.to_owned())),
        Default::Derived(_) => r.read_or_derive(
            setting,
            |text| Some(text.to_owned()),
            String::new,
            |text| (!text.is_empty()).then(|| text.clone()),
        ),
    }
}

fn invalid(
    r: &Reader,
    setting: Option<&'static Setting>,
    key: &'static str,
    values: &FeatureSettings,
) -> Problem {
    let Some(setting) = setting else {
        return Problem::Extension {
            reason: format!("{key} is not a setting of this feature"),
        };
    };
    let is_plain = setting.secrecy == Secrecy::Plain;
    Problem::Invalid {
        name: r.source(setting).name(setting),
        expected: setting.expected.to_owned(),
        actual: is_plain.then(|| values.get(setting).to_owned()),
    }
}
