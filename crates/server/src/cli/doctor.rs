//! `freehold doctor`.

use std::{fmt::Write as _, process::ExitCode};

use freehold_app::{
    Extensions,
    doctor::{self, Report, Severity},
};

use super::shared::{arguments::Format, error::Failed, table};
use crate::{
    config::Config,
    startup::{self, Missing},
};

pub(super) async fn doctor(
    config: &Config,
    extensions: &Extensions,
    json: bool,
) -> Result<ExitCode, Failed> {
    let store = startup::open_store(config, Missing::Leave).await?;
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
