//! The configuration as text: what is in force (`config print`) and what there
//! is to set (`docs/CONFIGURATION.md`).

use std::fmt::Write as _;

use super::{
    load::Config,
    settings::{self, Default, Secrecy, Setting},
};

/// What is in force, as a file that would say the same, with its origins as
/// comments and without secrets.
#[must_use]
pub fn effective_configuration(config: &Config) -> String {
    let lines: Vec<(String, String)> = config
        .resolved()
        .into_iter()
        .map(|resolved| {
            let key = resolved.key;
            // What is not shown whole is a comment: read back, it would count.
            let entry = match (&resolved.display_value, resolved.secret) {
                (Some(display_value), true) if display_value.starts_with("postgres:") => {
                    format!("# {key} = {}", quoted(display_value))
                }
                (Some(display_value), _) => format!("{key} = {}", quoted(display_value)),
                (None, true) => format!("# {key} = \"(set)\""),
                (None, false) => return (unset_comment(key), String::new()),
            };
            (entry, format!("# {}", resolved.source))
        })
        .collect();
    let width = lines
        .iter()
        .map(|(line, _)| line.chars().count())
        .filter(|width| *width < 60)
        .max();
    let width = width.unwrap_or_default();
    lines
        .iter()
        .fold(String::new(), |mut text, (line, source)| {
            let line = format!("{line:width$}  {source}");
            _ = writeln!(text, "{}", line.trim_end());
            text
        })
}

/// What is said of a setting that has no value.
fn unset_comment(key: &str) -> String {
    match settings::ALL
        .iter()
        .find(|setting| setting.key == key)
        .map(|setting| setting.default)
    {
        Some(Default::Derived(how)) if how != "none" => format!("# {key} is not set: {how}"),
        _ => format!("# {key} is not set"),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// All settings as a table in Markdown.
#[must_use]
pub fn settings_table() -> String {
    let mut text = String::from(
        "| In the file | In the environment | Default | What it does |\n|---|---|---|---|\n",
    );
    for setting in settings::ALL {
        let default = match setting.default {
            Default::Text("") => "empty".to_owned(),
            Default::Text(default) => format!("`{}`", default.replace(',', ", ")),
            Default::Derived(how) => how.to_owned(),
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {default} | {} A value is {}. |",
            setting.key,
            variables(setting),
            setting.description,
            setting.expected,
        );
    }
    text
}

fn variables(setting: &Setting) -> String {
    let variable = setting.variable();
    let by_file = (setting.secrecy == Secrecy::Secret).then(|| format!("{variable}_FILE"));
    [variable]
        .into_iter()
        .chain(by_file)
        .chain(setting.aliases.iter().map(ToString::to_string))
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
