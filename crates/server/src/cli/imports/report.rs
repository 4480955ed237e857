//! The report file: the outcome of each row, readable only by its owner.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, BufWriter, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use freehold_app::ImportedRow;
use freehold_http::rename_simple_account_paths;
use rustix::fs::OFlags;
use serde::Serialize;

use super::reader::Source;
use crate::cli::shared::error::CommandError;

/// A report file with one JSON object per row.
pub(super) struct Report {
    path: PathBuf,
    file: BufWriter<File>,
}

#[derive(Serialize)]
struct ReportRow<'a> {
    row: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Report {
    /// Creates the file, or truncates it if it exists. Refuses the imported file.
    pub(super) fn create(path: &Path, source: &Source) -> Result<Self, CommandError> {
        let file_error = |error| CommandError::File {
            path: path.to_owned(),
            error,
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)
            .map_err(file_error)?;
        let report_metadata = file.metadata().map_err(file_error)?;
        let source_metadata = source.file().metadata().map_err(file_error)?;
        if (report_metadata.dev(), report_metadata.ino())
            == (source_metadata.dev(), source_metadata.ino())
        {
            return Err(CommandError::InvalidArgument(format!(
                "{}: the report must not overwrite the imported file",
                path.display()
            )));
        }
        if report_metadata.is_file() {
            let owner_only = Permissions::from_mode(0o600);
            file.set_permissions(owner_only).map_err(file_error)?;
            file.set_len(0).map_err(file_error)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// Writes the outcomes of `rows`.
    pub(super) fn add(&mut self, rows: &[ImportedRow]) -> Result<(), CommandError> {
        self.write(rows).map_err(|error| CommandError::File {
            path: self.path.clone(),
            error,
        })
    }

    fn write(&mut self, rows: &[ImportedRow]) -> io::Result<()> {
        for row in rows {
            let line = ReportRow {
                row: row.number,
                email: row.email.as_deref(),
                status: row.status.as_str(),
                user_id: row.user.map(|id| id.to_string()),
                organization_id: row.organization.map(|id| id.to_string()),
                reason: row.reason.as_deref().map(rename_simple_account_paths),
            };
            serde_json::to_writer(&mut self.file, &line)?;
            self.file.write_all(b"\n")?;
        }
        self.file.flush()
    }
}
