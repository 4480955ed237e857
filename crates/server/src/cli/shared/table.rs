//! Answers as aligned columns, or as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::arguments::OutputFormat;
use crate::terminal;

/// Says `value` as JSON, or what `table` makes of it.
pub(crate) fn print_as<T: Serialize>(
    format: OutputFormat,
    value: &T,
    table: impl FnOnce(&T) -> String,
) {
    terminal::print_output(match format {
        OutputFormat::Table => table(value),
        OutputFormat::Json => serde_json::to_string_pretty(value)
            .expect("our own views are maps with text for keys, which is all that JSON asks"),
    });
}

/// Columns as wide as their widest cell, two spaces between them.
pub(crate) fn columns(headers: &[impl AsRef<str>], rows: &[impl AsRef<[String]>]) -> String {
    let mut widths: Vec<usize> = headers
        .iter()
        .map(|header| width(header.as_ref()))
        .collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row.as_ref()) {
            *widest = (*widest).max(width(cell));
        }
    }
    let mut text = String::new();
    let headers = headers.iter().map(AsRef::as_ref);
    write_row(&mut text, headers, &widths);
    for row in rows {
        write_row(&mut text, row.as_ref().iter().map(String::as_str), &widths);
    }
    text
}

fn write_row<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>, widths: &[usize]) {
    let write_row = cells
        .zip(widths)
        .fold(String::new(), |mut write_row, (cell, width)| {
            _ = write!(write_row, "{cell:width$}  ");
            write_row
        });
    _ = writeln!(text, "{}", write_row.trim_end());
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

/// Names and values, one pair to a line.
pub(crate) fn pairs(pairs: &[(impl AsRef<str>, String)]) -> String {
    let names = pairs.iter().map(|(name, _)| width(name.as_ref()));
    let widest = names.max().unwrap_or_default();
    pairs.iter().fold(String::new(), |mut text, (name, value)| {
        _ = writeln!(text, "{:widest$}  {value}", name.as_ref());
        text
    })
}

/// What stands where there is nothing.
pub(crate) fn or_dash(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty())
        .unwrap_or("-")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters_and_end_without_spaces() {
        let rows = [
            ["Zoë".to_owned(), "1".to_owned()],
            ["Al".to_owned(), String::new()],
        ];
        assert_eq!(columns(&["NAME", "N"], &rows), "NAME  N\nZoë   1\nAl\n");
    }
}
