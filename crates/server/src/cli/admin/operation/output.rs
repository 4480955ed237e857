//! Human-readable output of a response: any JSON as pairs, tables and sections with
//! headings.
//!
//! Not here: the fields of a response. New fields of the API are printed without a
//! change here. Refusals are in `errors`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::{cli::shared::table, terminal::escape_unprintable};

/// Formats a response for a terminal.
pub(super) fn human_readable(reply: Option<&Value>) -> String {
    let mut text = String::new();
    match reply {
        None => text.push_str("Done.\n"),
        Some(reply) => section(&mut text, "", reply),
    }
    if text.is_empty() {
        text.push_str("Nothing.\n");
    }
    text
}

/// Writes a part of a response below its heading: first its plain values, then its
/// objects and lists.
fn section(text: &mut String, heading: &str, value: &Value) {
    match value {
        Value::Object(members) if are_table_rows(members.values()) && !members.is_empty() => {
            write_heading(text, heading);
            let rows = members.iter().map(|(name, row)| (Some(name.as_str()), row));
            text.push_str(&rows_as_table(rows));
        }
        Value::Object(members) => {
            let all_empty = members.values().all(is_empty);
            let plain = members
                .iter()
                .filter(|(_, value)| fits_in_a_cell(value) && (all_empty || !is_empty(value)));
            let pairs: Vec<(String, String)> = plain
                .map(|(name, value)| (readable_name(name), cell(value)))
                .collect();
            if !pairs.is_empty() {
                write_heading(text, heading);
                text.push_str(&table::pairs(&pairs));
            }
            for (name, value) in members.iter().filter(|(_, value)| !fits_in_a_cell(value)) {
                section(text, &subheading(heading, name), value);
            }
        }
        Value::Array(items) if are_table_rows(items.iter()) => {
            write_heading(text, heading);
            text.push_str(&rows_as_table(items.iter().map(|row| (None, row))));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let heading = match items.len() {
                    1 => heading.to_owned(),
                    _ => format!("{heading} {}", index + 1).trim_start().to_owned(),
                };
                section(text, &heading, item);
            }
        }
        plain => {
            write_heading(text, heading);
            _ = writeln!(text, "{}", cell(plain));
        }
    }
}

fn write_heading(text: &mut String, heading: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    if !heading.is_empty() {
        _ = writeln!(text, "{}:", escape_unprintable(heading));
    }
}

fn subheading(heading: &str, name: &str) -> String {
    let name = readable_name(name);
    if heading.is_empty() {
        name
    } else {
        format!("{heading}, {name}")
    }
}

/// Whether these are rows of one table: objects with at least one plain value, and
/// without nested lists of objects.
fn are_table_rows<'a>(values: impl Iterator<Item = &'a Value>) -> bool {
    let mut any = false;
    for value in values {
        let Value::Object(row) = value else {
            return false;
        };
        let holds_lists = row
            .values()
            .any(|value| value.is_array() && !fits_in_a_cell(value));
        let has_own_value = |value: &Value| !value.is_array() && !value.is_object();
        if holds_lists || !row.values().any(has_own_value) {
            return false;
        }
        any = true;
    }
    any
}

/// Whether a value is printed in one cell: it has no nested lists or objects.
fn fits_in_a_cell(value: &Value) -> bool {
    match value {
        Value::Array(items) => items
            .iter()
            .all(|item| !item.is_array() && !item.is_object()),
        Value::Object(members) => members.is_empty(),
        _ => true,
    }
}

/// Whether a value is an empty list or object. Such values are printed only if an
/// object has no other ones.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Formats a table with a column for each member of any row, in the order of their
/// first appearance. If the rows have names, these are the first column.
fn rows_as_table<'a>(rows: impl Iterator<Item = (Option<&'a str>, &'a Value)>) -> String {
    let rows: Vec<_> = rows.collect();
    let expanded = expandable_records(rows.iter().map(|(_, row)| *row));
    let mut headers: Vec<String> = Vec::new();
    let mut lines: Vec<Vec<String>> = Vec::new();
    for (name, row) in rows {
        let mut line = vec!["-".to_owned(); headers.len()];
        let mut set = |header: String, cell: String| {
            let index = headers.iter().position(|known| *known == header);
            let index = index.unwrap_or_else(|| {
                headers.push(header);
                line.push(String::new());
                headers.len() - 1
            });
            line[index] = cell;
        };
        if let Some(name) = name {
            set("REF".to_owned(), escape_unprintable(name));
        }
        for (member, value) in row.as_object().into_iter().flatten() {
            match value {
                Value::Object(record) if expanded.contains(&member.as_str()) => {
                    for (name, value) in record {
                        set(column_header(&format!("{member} {name}")), cell(value));
                    }
                }
                value => set(column_header(member), cell(value)),
            }
        }
        lines.push(line);
    }
    for line in &mut lines {
        line.resize(headers.len(), "-".to_owned());
    }
    table::columns(&headers, &lines)
}

/// Returns the members that are objects with the same keys in every row that has
/// them: each of their keys gets its own column.
fn expandable_records<'a>(rows: impl Iterator<Item = &'a Value>) -> Vec<&'a str> {
    let mut shapes: Vec<(&str, Option<&Map<String, Value>>)> = Vec::new();
    for (member, value) in rows.flat_map(|row| row.as_object().into_iter().flatten()) {
        let Value::Object(record) = value else {
            continue;
        };
        match shapes.iter_mut().find(|(known, _)| known == member) {
            None => shapes.push((member, Some(record))),
            Some((_, shape)) => *shape = shape.filter(|shape| shape.keys().eq(record.keys())),
        }
    }
    let uniform = shapes.into_iter().filter(|(_, shape)| shape.is_some());
    uniform.map(|(member, _)| member).collect()
}

fn column_header(name: &str) -> String {
    readable_name(name).to_uppercase()
}

fn readable_name(name: &str) -> String {
    escape_unprintable(name).replace('_', " ")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let shown = truncate_to_seconds(text).unwrap_or_else(|| escape_unprintable(text));
            table::or_dash(Some(&shown))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(cell).collect();
            table::or_dash(Some(&items.join(", ")))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", readable_name(name), cell(value)))
                .collect();
            table::or_dash(Some(&members.join(", ")))
        }
    }
}

/// Returns a UTC time without its fraction of a second; `None` for any other text.
fn truncate_to_seconds(text: &str) -> Option<String> {
    let (second, rest) = text.split_at_checked("2026-11-23T09:00:00".len())?;
    let is_time = second
        .bytes()
        .zip("dddd-dd-ddTdd:dd:dd".bytes())
        .all(|(byte, expected)| match expected {
            b'd' => byte.is_ascii_digit(),
            separator => byte == separator,
        });
    let fraction = rest.strip_suffix("+00:00").or(rest.strip_suffix('Z'))?;
    let digits = fraction.strip_prefix('.').unwrap_or(fraction);
    let is_fraction = digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_time && is_fraction).then(|| format!("{second}Z"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_become_pairs_and_arrays_become_tables() {
        let reply = json!({
            "dry_run": true,
            "deleted": {"users": [{"id": "u"}], "workspaces": []},
            "next": null,
        });
        assert_eq!(
            human_readable(Some(&reply)),
            "dry run  yes\nnext     -\n\ndeleted, users:\nID\nu\n"
        );
        let empty = json!({"users": []});
        assert_eq!(human_readable(Some(&empty)), "users  -\n");
        assert_eq!(human_readable(None), "Done.\n");
        assert_eq!(human_readable(Some(&json!({}))), "Nothing.\n");
    }

    #[test]
    fn maps_of_objects_have_a_key_column() {
        let reply = json!({"accounts": [{
            "users": {"u1": {"id": "1", "name": "A"}, "u2": {"id": "2", "email": "b"}},
            "projects": {},
        }]});
        assert_eq!(
            human_readable(Some(&reply)),
            "accounts, users:\nREF  ID  NAME  EMAIL\nu1   1   A     -\nu2   2   -     b\n"
        );
    }

    #[test]
    fn nested_objects_become_columns() {
        let reply = json!([{"owner": {"id": "1", "email": "a"}, "roles": ["x", "y"], "n": 3}]);
        assert_eq!(
            human_readable(Some(&reply)),
            "OWNER ID  OWNER EMAIL  ROLES  N\n1         a            x, y   3\n"
        );
    }

    #[test]
    fn nested_objects_of_different_shapes_share_a_cell() {
        let reply = json!([
            {"id": 1, "details": {"role": "viewer"}},
            {"id": 2, "details": {"owner": "a", "deep": {"x": [1]}}},
            {"id": 3, "details": {}},
        ]);
        assert_eq!(
            human_readable(Some(&reply)),
            "ID  DETAILS\n1   role: viewer\n2   owner: a, deep: x: 1\n3   -\n"
        );
    }

    #[test]
    fn times_are_truncated_to_seconds() {
        for (time, expected) in [
            ("2026-11-23T20:52:33.592139+00:00", "2026-11-23T20:52:33Z"),
            ("2026-11-23T20:52:33Z", "2026-11-23T20:52:33Z"),
            ("2026-11-23T20:52:33+01:00", "2026-11-23T20:52:33+01:00"),
            (
                "2026-11-23T20:52:33 and more Z",
                "2026-11-23T20:52:33 and more Z",
            ),
            ("aaaaaaaaaaaaaaaaaaé", "aaaaaaaaaaaaaaaaaaé"),
        ] {
            assert_eq!(cell(&json!(time)), expected);
        }
    }

    #[test]
    fn objects_with_lists_become_sections() {
        let reply = json!({"user": {"id": "u"}, "organizations": [
            {"name": "A", "projects": [{"id": 1}, {"id": 2}]},
            {"name": "B", "projects": []},
        ]});
        assert_eq!(
            human_readable(Some(&reply)),
            "user:\nid  u\n\norganizations 1:\nname  A\n\norganizations 1, projects:\nID\n1\n2\n\n\
             organizations 2:\nname  B\n"
        );
    }

    #[test]
    fn control_characters_in_values_are_escaped() {
        let shown = human_readable(Some(&json!({"name": "\u{1b}[2J\n"})));
        assert_eq!(shown, "name  \\u{1b}[2J\\n\n");
    }
}
