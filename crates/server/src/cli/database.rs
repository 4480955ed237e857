//! `freehold migrate`, `doctor` and `backup`.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use freehold_app::{
    Engine, Extensions,
    doctor::{self, Report, Severity},
};

use super::{Failed, Format, table};
use crate::{
    config::Config,
    say,
    start::{self, Missing},
};

pub(super) async fn migrate(config: &Config) -> Result<ExitCode, Failed> {
    let store = start::open_store(config, Missing::Make).await?;
    let done = store.migrate_all().await;
    store.close().await;
    say::answer(match done? {
        0 => format!("{} was up to date.", config.database),
        1 => format!("{}: 1 migration applied.", config.database),
        steps => format!("{}: {steps} migrations applied.", config.database),
    });
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn doctor(
    config: &Config,
    extensions: &Extensions,
    json: bool,
) -> Result<ExitCode, Failed> {
    let store = start::open_store(config, Missing::Leave).await?;
    let roles = extensions.roles().unwrap_or(&config.roles);
    let report = doctor::examine(&store, roles).await;
    store.close().await;
    let report = report?;
    let format = if json { Format::Json } else { Format::Table };
    table::answer(format, &report, told);
    Ok(ExitCode::from(match report.worst() {
        None => 0,
        Some(Severity::Warning) => 1,
        Some(Severity::Error) => 2,
    }))
}

fn told(report: &Report) -> String {
    let mut text = String::new();
    for check in report.findings() {
        let severity = match check.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        _ = writeln!(
            text,
            "{severity}: {} ({} found): {}",
            check.name, check.count, check.meaning
        );
        for sample in &check.samples {
            _ = writeln!(text, "    {sample}");
        }
    }
    let checks = report.checks.len();
    let found = report.findings().count();
    if found == 0 {
        _ = writeln!(text, "All {checks} checks are clean.");
    } else {
        _ = writeln!(text, "{found} of {checks} checks found something.");
    }
    text
}

pub(super) async fn back_up(config: &Config, to: &Path) -> Result<ExitCode, Failed> {
    let store = start::open_store(config, Missing::Leave).await?;
    if store.engine() == Engine::Postgres {
        store.close().await;
        return Err(Failed::NotHere(format!(
            "{} is backed up by its own means: pg_dump --format=custom --file={} {}",
            config.database,
            to.display(),
            config.database,
        )));
    }
    let done = store.backup(to.to_owned()).await;
    store.close().await;
    done?;
    say::answer(format!(
        "{} is a copy of {}.",
        to.display(),
        config.database
    ));
    Ok(ExitCode::SUCCESS)
}
