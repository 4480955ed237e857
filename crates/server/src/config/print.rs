//! The configuration as text: the effective values (`config print`) and the table
//! of all settings (`docs/CONFIGURATION.md`).

use std::fmt::Write as _;

use super::{
    load::Config,
    settings::{self, Default, Secrecy, Setting},
};

/// Returns the effective configuration as a configuration file, with the source of
/// each value in a comment and without secrets.
#[must_use]
pub fn effective_configuration(config: &Config) -> String {
    let lines: Vec<(String, String)> = config
        .resolved()
        .into_iter()
        .map(|resolved| {
            let key = resolved.key;
            // An incomplete value is a comment, so that it is not read back.
            let entry = match (&resolved.display_value, resolved.secret) {
                (Some(display_value), true) if display_value.starts_with("postgres:") => {
                    format!("# {key} = {}", quoted(display_value))
                }
                (Some(display_value), _) => format!("{key} = {}", quoted(display_value)),
                (None, true) => format!("# {key} = \"(set)\""),
                (None, false) => return (unset_comment(config, key), String::new()),
            };
            (entry, format!("# {}", resolved.source))
        })
        .collect();
    let width = lines
        .iter()
        .map(|(entry, _)| entry.chars().count())
        .filter(|width| *width < 60)
        .max();
    let width = width.unwrap_or_default();
    lines
        .iter()
        .fold(String::new(), |mut text, (entry, source)| {
            let line = format!("{entry:width$}  {source}");
            _ = writeln!(text, "{}", line.trim_end());
            text
        })
}

/// Returns the comment for a setting without a value.
fn unset_comment(config: &Config, key: &str) -> String {
    let mut settings = settings::ALL.iter().chain(config.edition.settings());
    match settings
        .find(|setting| setting.key == key)
        .map(|setting| setting.default)
    {
        Some(Default::Derived(description)) if description != "none" => {
            format!("# {key} is not set: {description}")
        }
        _ => format!("# {key} is not set"),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Returns the table of these settings in Markdown.
#[must_use]
pub fn settings_table(settings: &[Setting]) -> String {
    let mut text = String::from(
        "| In the file | In the environment | Default | What it does |\n|---|---|---|---|\n",
    );
    for setting in settings {
        let default = match setting.default {
            Default::Text("") => "empty".to_owned(),
            Default::Text(default) => format!("`{}`", default.replace(',', ", ")),
            Default::Derived(description) => description.to_owned(),
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {default} | {} |",
            setting.key,
            variables(setting),
            setting.description,
        );
    }
    text
}

fn variables(setting: &Setting) -> String {
    let variable = setting.variable();
    let file_variable = (setting.secrecy == Secrecy::Secret).then(|| format!("{variable}_FILE"));
    [variable]
        .into_iter()
        .chain(file_variable)
        .chain(setting.aliases.iter().map(ToString::to_string))
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
