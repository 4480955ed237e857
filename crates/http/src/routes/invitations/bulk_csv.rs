//! Reads tables of invitees in CSV, whose first line names the columns. An error of the table
//! refuses the request; wrong values in a row are reported by `app` for that row.

use bytes::Bytes;
use csv::{ReaderBuilder, StringRecord};
use freehold_app::BulkRow;
use serde_json::{Value, json};

use super::bulk::{MAX_ROWS, check_row_count};
use crate::error::Problem;

const COLUMNS: [&str; 3] = ["email", "role", "workspace_id"];

/// Spreadsheets write this before UTF-8 text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Returns the rows of the table. In a row that is shorter than the header, the last columns are
/// missing. A longer row is an error, most likely a missing quote.
pub(super) fn read(bytes: &Bytes) -> Result<Vec<BulkRow>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        csv_problem(
            line_at_byte(bytes, error.valid_up_to()),
            "the table is not UTF-8",
        )
    })?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| unreadable_csv(&error))?;
    let columns = Columns::of(header)?;
    let mut rows = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(|error| unreadable_csv(&error))?;
        if record.len() > columns.width {
            let why = format!(
                "a row has {} columns, the header {}",
                record.len(),
                columns.width
            );
            return Err(csv_problem(line(&record), &why));
        }
        // Too many rows: the others need not be read.
        if rows.len() > MAX_ROWS {
            break;
        }
        rows.push(columns.row(&record));
    }
    match check_row_count(rows.len()) {
        None => Ok(rows),
        Some(_) if rows.is_empty() => Err(csv_problem(1, "the table has no rows")),
        Some(_) => {
            let why = format!("the table has more than {MAX_ROWS} rows");
            Err(csv_problem(1, &why))
        }
    }
}

/// The position of each column in a row.
struct Columns {
    indexes: [Option<usize>; COLUMNS.len()],
    width: usize,
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, Problem> {
        let mut indexes = [None; COLUMNS.len()];
        for (at, name) in header.iter().enumerate() {
            let known = COLUMNS
                .iter()
                .position(|column| name.trim().eq_ignore_ascii_case(column));
            let Some(column) = known else {
                let why = format!(
                    "{:?} is not a column; the columns are {}",
                    name.trim(),
                    COLUMNS.join(", ")
                );
                return Err(csv_problem(1, &why));
            };
            if indexes[column].replace(at).is_some() {
                let why = format!("the column {} is repeated", COLUMNS[column]);
                return Err(csv_problem(1, &why));
            }
        }
        if indexes[0].is_none() {
            return Err(csv_problem(
                1,
                "the first line has to name the column email",
            ));
        }
        let width = header.len();
        Ok(Self { indexes, width })
    }

    fn row(&self, record: &StringRecord) -> BulkRow {
        let [email, role, workspace] = self.indexes.map(|index| {
            let cell = index.and_then(|index| record.get(index));
            cell.map(|cell| cell.trim().to_owned())
        });
        BulkRow {
            email: email.unwrap_or_default(),
            role,
            workspace,
        }
    }
}

fn line(record: &StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}

fn line_at_byte(bytes: &[u8], at: usize) -> u64 {
    let before = bytes.iter().take(at).filter(|byte| **byte == b'\n');
    before.count() as u64 + 1
}

fn unreadable_csv(error: &csv::Error) -> Problem {
    let line = error.position().map_or(1, csv::Position::line);
    csv_problem(line, "the line cannot be read as CSV")
}

fn csv_problem(line: u64, why: &str) -> Problem {
    Problem::unprocessable(vec![json!({
        "type": "csv_invalid", "loc": ["body", line], "msg": format!("CSV decode error, {why}"),
        "input": Value::Null, "ctx": {"error": why},
    })])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Option<Vec<[String; 3]>> {
        let rows = read(&Bytes::copy_from_slice(text)).ok()?;
        let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
        let rows = rows
            .into_iter()
            .map(|row| [row.email, or_dash(row.role), or_dash(row.workspace)]);
        Some(rows.collect())
    }

    fn expected(rows: &[[&str; 3]]) -> Option<Vec<[String; 3]>> {
        Some(rows.iter().map(|row| row.map(str::to_owned)).collect())
    }

    #[test]
    fn spreadsheet_exports_are_read() {
        let plain = b"email\na@x.test\n".as_slice();
        assert_eq!(rows(plain), expected(&[["a@x.test", "-", "-"]]));
        let windows = "\u{feff}Email , ROLE\r\n\"a@x.test\",\"edi\"\"tor\"\r\n\r\n b@x.test ,\r\n";
        assert_eq!(
            rows(windows.as_bytes()),
            expected(&[["a@x.test", "edi\"tor", "-"], ["b@x.test", "", "-"]])
        );
        let reordered = b"workspace_id,email,role\nw,a@x.test\n\"w\n2\",\"a,b\",viewer".as_slice();
        assert_eq!(
            rows(reordered),
            expected(&[["a@x.test", "-", "w"], ["a,b", "viewer", "w\n2"]])
        );
    }

    #[test]
    fn invalid_tables_are_refused() {
        for table in [
            b"".as_slice(),
            b"\n\n",
            b"email",
            b"email\n",
            b"role\nviewer\n",
            b"a@x.test\n",
            b"email,name\na@x.test,Ada\n",
            b"email,Email\na@x.test,b@x.test\n",
            b"email;role\na@x.test;viewer\n",
            b"email\na@x.test,viewer\n",
            b"email\n\xff@x.test\n",
            b"\xff\xfee\0m\0a\0i\0l\0\n\0",
        ] {
            assert_eq!(rows(table), None, "{}", String::from_utf8_lossy(table));
        }
    }

    #[test]
    fn at_most_max_rows() {
        let table = |n: usize| format!("email\n{}", "a@x.test\n".repeat(n));
        assert_eq!(
            rows(table(MAX_ROWS).as_bytes()).map(|rows| rows.len()),
            Some(MAX_ROWS)
        );
        assert_eq!(rows(table(MAX_ROWS + 1).as_bytes()), None);
        assert_eq!(rows(table(90_000).as_bytes()), None);
    }

    #[test]
    fn problems_name_the_line() {
        let problem = read(&Bytes::from_static(b"email\na@x.test\nb@x.test,c\n")).unwrap_err();
        assert!(format!("{problem:?}").contains("Number(3)"), "{problem:?}");
        let problem = read(&Bytes::from_static(b"email\na@x.test\n\xff\n")).unwrap_err();
        assert!(format!("{problem:?}").contains("Number(3)"), "{problem:?}");
    }
}
