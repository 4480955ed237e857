//! `freehold import`: imports accounts from a file, up to millions of them.
//!
//! A thread reads rows; while one batch of them is written, the next one is
//! validated. Not here: how rows are read (`reader`), their format (`row`), and how
//! an import is resumed (`freehold_app`).

mod batches;
mod progress;
mod reader;
mod report;
mod row;
mod summary;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Args;
use freehold_app::{App, ImportStart, Operator, RequestContext};
use freehold_domain::Reason;

use super::shared::{
    arguments::Output,
    context::{operator_name, request_context},
    error::CommandError,
    run::run_with_app,
    table,
};
use crate::{config::Config, startup::MissingDatabase, terminal};
use batches::Batches;
use progress::Progress;
use reader::{ImportFormat, Source};
use report::Report;
use summary::{Counts, Summary, human_readable, print_refused_rows};

/// Arguments of `freehold import`.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// File with the accounts; `-` reads standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// File format. Default: derived from the file name extension.
    #[arg(long)]
    format: Option<ImportFormat>,
    /// Dry run: validate every row without writing.
    #[arg(long)]
    dry_run: bool,
    /// Write the outcome of each row to this file, one JSON object per line. Overwrites the file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Rows per transaction.
    #[arg(long, value_name = "ROWS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batch: u32,
    /// Create projects without initial content.
    #[arg(long)]
    no_seeds: bool,
    /// Start again at the first row although the file was imported before, in part or completely.
    /// Rows whose user exists are skipped.
    #[arg(long, conflicts_with = "dry_run")]
    restart: bool,
    /// Reason, recorded in the audit log.
    #[arg(long, value_name = "TEXT")]
    reason: Option<Reason>,
    #[command(flatten)]
    output: Output,
}

impl Import {
    pub(super) async fn run(self, config: &Config) -> Result<ExitCode, CommandError> {
        let format = self.format()?;
        let file = self.file.clone();
        let source = run_blocking(move || Source::open(&file)).await?;
        let mut report = match &self.report {
            Some(path) => Some(Report::create(path, &source)?),
            None => None,
        };
        let if_missing = if self.dry_run {
            MissingDatabase::Fail
        } else {
            MissingDatabase::Create
        };
        let summary = run_with_app(config, if_missing, async |app: &App| {
            self.import(app, source, format, report.as_mut()).await
        })
        .await?;
        let refused = summary.refused > 0;
        table::print_as(self.output.output, &summary, human_readable);
        Ok(ExitCode::from(u8::from(refused)))
    }

    fn format(&self) -> Result<ImportFormat, CommandError> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let extension = self
            .file
            .extension()
            .and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(ImportFormat::Csv),
            Some("ndjson" | "jsonl") => Ok(ImportFormat::Ndjson),
            _ => Err(CommandError::InvalidArgument(format!(
                "{}: unknown file name extension: pass --format ndjson or --format csv",
                self.file.display()
            ))),
        }
    }

    async fn import(
        &self,
        app: &App,
        source: Source,
        format: ImportFormat,
        mut report: Option<&mut Report>,
    ) -> Result<Summary, CommandError> {
        let started = Instant::now();
        let start_mode = match (self.dry_run, self.restart) {
            (true, _) => ImportStart::DryRun,
            (false, true) => ImportStart::Restart,
            (false, false) => ImportStart::Resume,
        };
        let context = RequestContext {
            reason: self.reason.clone(),
            ..request_context()
        };
        let operator = Operator::local(&operator_name());
        let mut import = app
            .find_or_create_import(&operator, &context, source.digest(), start_mode)
            .await?;
        let rows_done = import.rows_done();
        if let Some(record) = import.record()
            && record.finished_at.is_some()
        {
            terminal::print_note(
                "this file was imported before; pass --restart to import it again",
            );
        }
        let mut progress = Progress::start(source.length(), rows_done);
        let mut batches = Batches::read(
            source,
            format,
            rows_done,
            report.is_some(),
            u64::from(self.batch),
            !self.no_seeds,
        );
        let mut counts = match import.record() {
            Some(record) => Counts {
                created: record.created,
                existing: record.existing,
                refused: record.refused,
            },
            None => Counts::default(),
        };
        let mut refusals_printed = 0;
        let mut next = batches.next(app).await?;
        while let Some((batch, position)) = next {
            let batch = batch.await.map_err(|_| CommandError::TaskFailed)??;
            // Validated while this one is written.
            next = batches.next(app).await?;
            let rows = if position.first < rows_done {
                import.earlier_results(&batch).await?
            } else {
                let rows = import.process_batch(&batch).await?;
                counts.add(&rows);
                rows
            };
            match &mut report {
                Some(report) => report.add(&rows)?,
                None => refusals_printed = print_refused_rows(&rows, refusals_printed),
            }
            progress.show(counts, position.bytes);
        }
        progress.end();
        let seconds = started.elapsed().as_secs_f64();
        let import = import.finish().await?.map(|record| record.id.to_string());
        let new_rows = counts.rows() - rows_done;
        Ok(Summary {
            import,
            dry_run: self.dry_run,
            rows: counts.rows(),
            created: counts.created,
            existing: counts.existing,
            refused: counts.refused,
            rows_imported_before: rows_done,
            seconds,
            rows_per_second: new_rows as f64 / seconds.max(1e-9),
        })
    }
}

async fn run_blocking<T: Send + 'static>(
    function: impl FnOnce() -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    tokio::task::spawn_blocking(function)
        .await
        .map_err(|_| CommandError::TaskFailed)?
}
