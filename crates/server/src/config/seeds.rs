//! Reads the configured seed catalog: the initial content of new projects.
//!
//! Not here: the format of a catalog (`freehold_domain::SeedCatalog`).

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use freehold_domain::SeedCatalog;
use serde_json::Value;

use super::{problem::Problem, reader::Reader, settings::SEEDS_FILE, sources::line_of};

/// Maximum size of a catalog, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Returns the catalog in the configured file, or the built-in one. The file is
/// checked even if `seeds` is off, because it may be switched on later.
pub(super) fn read_catalog(r: &mut Reader) -> SeedCatalog {
    let file = r.read_or_derive(
        &SEEDS_FILE,
        |text| Some(Some(PathBuf::from(text))),
        || None,
        |file| file.as_ref().map(|file| file.display().to_string()),
    );
    let Some(file) = file else {
        return SeedCatalog::built_in();
    };
    let name = r.source(&SEEDS_FILE).name(&SEEDS_FILE);
    match load(&name, &file) {
        Ok(catalog) => catalog,
        Err(problems) => {
            for problem in problems {
                r.add_problem(problem);
            }
            SeedCatalog::built_in()
        }
    }
}

fn load(name: &str, file: &Path) -> Result<SeedCatalog, Vec<Problem>> {
    let unreadable = |reason: String| {
        vec![Problem::Unreadable {
            name: name.to_owned(),
            file: file.to_owned(),
            reason,
        }]
    };
    let text = read(file).map_err(|error| unreadable(error.to_string()))?;
    if text.len() as u64 > MAX_BYTES {
        return Err(unreadable("it is larger than 1 MiB".to_owned()));
    }
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        vec![Problem::Syntax {
            file: file.to_owned(),
            line: line_of(&text, error.span()),
            reason: error.message().to_owned(),
        }]
    })?;
    let problem = |reason: String| Problem::Seeds {
        file: file.to_owned(),
        reason,
    };
    let Some(value) = json(toml::Value::Table(table)) else {
        let reason = "nan and inf are not valid JSON numbers";
        return Err(vec![problem(reason.to_owned())]);
    };
    SeedCatalog::configured(&value).map_err(|errors| {
        let problems = errors.iter().map(|error| problem(error.to_string()));
        problems.collect()
    })
}

/// Reads the file, but at most one byte more than [`MAX_BYTES`].
fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(file)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Converts TOML to JSON. Dates become strings; `None` for numbers that JSON does
/// not have.
fn json(value: toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => serde_json::Number::from_f64(number)?.into(),
        toml::Value::Boolean(boolean) => boolean.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items.into_iter().map(json).collect::<Option<Value>>()?,
        toml::Value::Table(table) => {
            let members = table.into_iter();
            let members = members.map(|(key, value)| Some((key, json(value)?)));
            Value::Object(members.collect::<Option<_>>()?)
        }
    })
}
