//! Output as aligned columns, or as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::arguments::OutputFormat;
use crate::terminal;

/// Prints `value` as JSON, or as the text that `table` returns.
pub(crate) fn print_as<T: Serialize>(
    format: OutputFormat,
    value: &T,
    table: impl FnOnce(&T) -> String,
) {
    terminal::print_output(match format {
        OutputFormat::Table => table(value),
        OutputFormat::Json => serde_json::to_string_pretty(value)
            .expect("our own output types have only string keys, as JSON requires"),
    });
}

/// Formats rows as columns, each as wide as its widest cell, with two spaces between.
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
    let row = cells
        .zip(widths)
        .fold(String::new(), |mut row, (cell, width)| {
            _ = write!(row, "{cell:width$}  ");
            row
        });
    _ = writeln!(text, "{}", row.trim_end());
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}

/// Formats names and values, one pair per line.
pub(crate) fn pairs(pairs: &[(impl AsRef<str>, String)]) -> String {
    let names = pairs.iter().map(|(name, _)| width(name.as_ref()));
    let widest = names.max().unwrap_or_default();
    pairs.iter().fold(String::new(), |mut text, (name, value)| {
        _ = writeln!(text, "{:widest$}  {value}", name.as_ref());
        text
    })
}

/// Returns `text`, or a dash if there is none.
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
