//! Answers as aligned columns, or as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::Format;
use crate::say;

/// Says `value` as JSON, or what `table` makes of it.
pub(super) fn answer<T: Serialize>(format: Format, value: &T, table: impl FnOnce(&T) -> String) {
    say::answer(match format {
        Format::Table => table(value),
        Format::Json => serde_json::to_string_pretty(value)
            .expect("our own views are maps with text for keys, which is all that JSON asks"),
    });
}

/// Columns as wide as their widest cell, two spaces between them.
pub(super) fn columns<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = heads.map(|head| head.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&heads.map(str::to_owned)).chain(rows) {
        let line = row
            .iter()
            .zip(widths)
            .fold(String::new(), |mut line, (cell, width)| {
                _ = write!(line, "{cell:width$}  ");
                line
            });
        _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// Names and values, one pair to a line.
pub(super) fn pairs<const N: usize>(pairs: &[(&str, String); N]) -> String {
    let width = pairs
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    pairs.iter().fold(String::new(), |mut text, (name, value)| {
        _ = writeln!(text, "{name:width$}  {value}");
        text
    })
}

/// What stands where there is nothing.
pub(super) fn or_dash(text: Option<&str>) -> String {
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
        assert_eq!(columns(["NAME", "N"], &rows), "NAME  N\nZoë   1\nAl\n");
    }
}
