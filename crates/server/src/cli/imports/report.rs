//! What became of each row, written down for its owner.

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
use crate::cli::shared::error::Failed;

/// A file of reports, one row to a line.
pub(super) struct Report {
    path: PathBuf,
    file: BufWriter<File>,
}

#[derive(Serialize)]
struct Line<'a> {
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
    /// Begins it anew.
    pub(super) fn create(path: &Path, source: &Source) -> Result<Self, Failed> {
        let failed = |why| Failed::File {
            path: path.to_owned(),
            why,
        };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(path)
            .map_err(failed)?;
        let there = file.metadata().map_err(failed)?;
        let read = source.file().metadata().map_err(failed)?;
        if (there.dev(), there.ino()) == (read.dev(), read.ino()) {
            return Err(Failed::Typed(format!(
                "{}: a report in the place of what is imported would be the end of it",
                path.display()
            )));
        }
        if there.is_file() {
            let owner_only = Permissions::from_mode(0o600);
            file.set_permissions(owner_only).map_err(failed)?;
            file.set_len(0).map_err(failed)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
        })
    }

    /// Adds rows.
    pub(super) fn add(&mut self, rows: &[ImportedRow]) -> Result<(), Failed> {
        self.write(rows).map_err(|why| Failed::File {
            path: self.path.clone(),
            why,
        })
    }

    fn write(&mut self, rows: &[ImportedRow]) -> io::Result<()> {
        for row in rows {
            let line = Line {
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
