//! `freehold doctor`.

use std::{fmt::Write as _, process::ExitCode};

use freehold_app::doctor::{self, Report, Severity};

use super::shared::{arguments::OutputFormat, error::CommandError, table};
use crate::{
    config::Config,
    startup::{self, MissingDatabase},
};

pub(super) async fn doctor(config: &Config, json: bool) -> Result<ExitCode, CommandError> {
    let store = startup::open_store(config, MissingDatabase::Fail).await?;
    let roles = config.extensions.roles(&config.roles);
    let report = doctor::examine(
        &store,
        roles.as_ref().unwrap_or(&config.roles),
        &config.extensions,
    )
    .await;
    store.close().await;
    let report = report?;
    let format = if json {
        OutputFormat::Json
    } else {
        OutputFormat::Table
    };
    table::print_as(format, &report, human_readable);
    Ok(ExitCode::from(match report.worst() {
        None => 0,
        Some(Severity::Warning) => 1,
        Some(Severity::Error) => 2,
    }))
}

fn human_readable(report: &Report) -> String {
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
    let failing = report.findings().count();
    if failing == 0 {
        _ = writeln!(text, "All {checks} checks passed.");
    } else {
        _ = writeln!(text, "{failing} of {checks} checks reported findings.");
    }
    text
}
