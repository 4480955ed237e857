//! An answer of the API for eyes: any JSON as pairs, tables and headed
//! sections.
//!
//! Not here: what an answer holds. The API may add to it, and it is shown.
//! Refusals are in `errors`.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::{cli::shared::table, terminal::visible};

/// How an answer looks at a terminal.
pub(super) fn as_table(answer: Option<&Value>) -> String {
    let mut text = String::new();
    match answer {
        None => text.push_str("Done.\n"),
        Some(answer) => section(&mut text, "", answer),
    }
    if text.is_empty() {
        text.push_str("Nothing.\n");
    }
    text
}

/// One part of an answer below its heading: first what is said of it, then
/// what is in it.
fn section(text: &mut String, heading: &str, value: &Value) {
    match value {
        Value::Object(members) if is_rows(members.values()) && !members.is_empty() => {
            head(text, heading);
            let rows = members.iter().map(|(name, row)| (Some(name.as_str()), row));
            text.push_str(&rows_of(rows));
        }
        Value::Object(members) => {
            let all_empty = members.values().all(is_empty);
            let plain = members
                .iter()
                .filter(|(_, value)| is_plain(value) && (all_empty || !is_empty(value)));
            let pairs: Vec<(String, String)> = plain
                .map(|(name, value)| (words(name), cell(value)))
                .collect();
            if !pairs.is_empty() {
                head(text, heading);
                text.push_str(&table::pairs(&pairs));
            }
            for (name, value) in members.iter().filter(|(_, value)| !is_plain(value)) {
                section(text, &below(heading, name), value);
            }
        }
        Value::Array(items) if is_rows(items.iter()) => {
            head(text, heading);
            text.push_str(&rows_of(items.iter().map(|row| (None, row))));
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
            head(text, heading);
            _ = writeln!(text, "{}", cell(plain));
        }
    }
}

fn head(text: &mut String, heading: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    if !heading.is_empty() {
        _ = writeln!(text, "{}:", visible(heading));
    }
}

fn below(heading: &str, name: &str) -> String {
    let name = words(name);
    if heading.is_empty() {
        name
    } else {
        format!("{heading}, {name}")
    }
}

/// Whether these are rows of one table: objects that say something of
/// themselves, and in which no list of others is nested.
fn is_rows<'a>(values: impl Iterator<Item = &'a Value>) -> bool {
    let mut any = false;
    for value in values {
        let Value::Object(row) = value else {
            return false;
        };
        let holds_lists = row
            .values()
            .any(|value| value.is_array() && !is_plain(value));
        let says_something = |value: &Value| !value.is_array() && !value.is_object();
        if holds_lists || !row.values().any(says_something) {
            return false;
        }
        any = true;
    }
    any
}

/// Whether a value has room in a cell.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(items) => items
            .iter()
            .all(|item| !item.is_array() && !item.is_object()),
        Value::Object(members) => members.is_empty(),
        _ => true,
    }
}

/// Whether a value is a list or a map of nothing: beside others, that need not
/// be said.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A table with a column for each member that any row has, in the order in
/// which they come up, behind one for the rows' names if they have any.
fn rows_of<'a>(rows: impl Iterator<Item = (Option<&'a str>, &'a Value)>) -> String {
    let rows: Vec<_> = rows.collect();
    let apart = records_apart(rows.iter().map(|(_, row)| *row));
    let mut heads: Vec<String> = Vec::new();
    let mut lines: Vec<Vec<String>> = Vec::new();
    for (name, row) in rows {
        let mut line = vec!["-".to_owned(); heads.len()];
        let mut put = |head: String, cell: String| {
            let at = heads.iter().position(|known| *known == head);
            let at = at.unwrap_or_else(|| {
                heads.push(head);
                line.push(String::new());
                heads.len() - 1
            });
            line[at] = cell;
        };
        if let Some(name) = name {
            put("REF".to_owned(), visible(name));
        }
        for (member, value) in row.as_object().into_iter().flatten() {
            match value {
                Value::Object(record) if apart.contains(&member.as_str()) => {
                    for (name, value) in record {
                        put(headline(&format!("{member} {name}")), cell(value));
                    }
                }
                value => put(headline(member), cell(value)),
            }
        }
        lines.push(line);
    }
    for line in &mut lines {
        line.resize(heads.len(), "-".to_owned());
    }
    table::columns(&heads, &lines)
}

/// The members that are records of the same make in every row that has them:
/// their parts get columns of their own.
fn records_apart<'a>(rows: impl Iterator<Item = &'a Value>) -> Vec<&'a str> {
    let mut makes: Vec<(&str, Option<&Map<String, Value>>)> = Vec::new();
    for (member, value) in rows.flat_map(|row| row.as_object().into_iter().flatten()) {
        let Value::Object(record) = value else {
            continue;
        };
        match makes.iter_mut().find(|(known, _)| known == member) {
            None => makes.push((member, Some(record))),
            Some((_, make)) => *make = make.filter(|make| make.keys().eq(record.keys())),
        }
    }
    let same = makes.into_iter().filter(|(_, make)| make.is_some());
    same.map(|(member, _)| member).collect()
}

fn headline(name: &str) -> String {
    words(name).to_uppercase()
}

fn words(name: &str) -> String {
    visible(name).replace('_', " ")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let shown = to_the_second(text).unwrap_or_else(|| visible(text));
            table::or_dash(Some(&shown))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(cell).collect();
            table::or_dash(Some(&items.join(", ")))
        }
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {}", words(name), cell(value)))
                .collect();
            table::or_dash(Some(&members.join(", ")))
        }
    }
}

/// A time of the API, as precise as eyes need it.
fn to_the_second(text: &str) -> Option<String> {
    let (second, rest) = text.split_at_checked("2026-11-23T09:00:00".len())?;
    let is_time = second
        .bytes()
        .zip("dddd-dd-ddTdd:dd:dd".bytes())
        .all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            mark => byte == mark,
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
    fn rows_are_a_table_and_the_rest_stands_below_its_name() {
        let answer = json!({
            "dry_run": true,
            "deleted": {"users": [{"id": "u"}], "workspaces": []},
            "next": null,
        });
        assert_eq!(
            as_table(Some(&answer)),
            "dry run  yes\nnext     -\n\ndeleted, users:\nID\nu\n"
        );
        let empty = json!({"users": []});
        assert_eq!(as_table(Some(&empty)), "users  -\n");
        assert_eq!(as_table(None), "Done.\n");
        assert_eq!(as_table(Some(&json!({}))), "Nothing.\n");
    }

    #[test]
    fn maps_of_rows_have_their_names_in_front() {
        let answer = json!({"accounts": [{
            "users": {"u1": {"id": "1", "name": "A"}, "u2": {"id": "2", "email": "b"}},
            "projects": {},
        }]});
        assert_eq!(
            as_table(Some(&answer)),
            "accounts, users:\nREF  ID  NAME  EMAIL\nu1   1   A     -\nu2   2   -     b\n"
        );
    }

    #[test]
    fn a_record_in_a_row_is_more_columns() {
        let answer = json!([{"owner": {"id": "1", "email": "a"}, "roles": ["x", "y"], "n": 3}]);
        assert_eq!(
            as_table(Some(&answer)),
            "OWNER ID  OWNER EMAIL  ROLES  N\n1         a            x, y   3\n"
        );
    }

    #[test]
    fn records_of_several_makes_share_a_cell() {
        let answer = json!([
            {"id": 1, "details": {"role": "viewer"}},
            {"id": 2, "details": {"owner": "a", "deep": {"x": [1]}}},
            {"id": 3, "details": {}},
        ]);
        assert_eq!(
            as_table(Some(&answer)),
            "ID  DETAILS\n1   role: viewer\n2   owner: a, deep: x: 1\n3   -\n"
        );
    }

    #[test]
    fn times_are_shown_to_the_second_and_other_texts_as_they_are() {
        for (given, shown) in [
            ("2026-11-23T20:52:33.592139+00:00", "2026-11-23T20:52:33Z"),
            ("2026-11-23T20:52:33Z", "2026-11-23T20:52:33Z"),
            ("2026-11-23T20:52:33+01:00", "2026-11-23T20:52:33+01:00"),
            (
                "2026-11-23T20:52:33 and more Z",
                "2026-11-23T20:52:33 and more Z",
            ),
            ("aaaaaaaaaaaaaaaaaaé", "aaaaaaaaaaaaaaaaaaé"),
        ] {
            assert_eq!(cell(&json!(given)), shown);
        }
    }

    #[test]
    fn what_holds_lists_is_shown_one_by_one() {
        let answer = json!({"user": {"id": "u"}, "organizations": [
            {"name": "A", "projects": [{"id": 1}, {"id": 2}]},
            {"name": "B", "projects": []},
        ]});
        assert_eq!(
            as_table(Some(&answer)),
            "user:\nid  u\n\norganizations 1:\nname  A\n\norganizations 1, projects:\nID\n1\n2\n\n\
             organizations 2:\nname  B\n"
        );
    }

    #[test]
    fn nothing_that_a_name_holds_reaches_the_terminal_as_a_command() {
        let shown = as_table(Some(&json!({"name": "\u{1b}[2J\n"})));
        assert_eq!(shown, "name  \\u{1b}[2J\\n\n");
    }
}
