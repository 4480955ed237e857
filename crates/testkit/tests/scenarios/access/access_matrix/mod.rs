//! The table of doors: every operation of the OpenAPI document, asked by everybody.
//!
//! An operation without a row fails here; so does a row without an operation, and
//! one that contradicts the `x-permission` of its operation. Whoever is turned away
//! is told the same of what is not theirs as of what is not there, and changes
//! nothing.

mod fixture;
mod openapi;
mod requests;
mod table;

use std::collections::BTreeMap;

use freehold_testkit::{Answer, Ask, Client, TestApp, story};
use serde_json::Value;

use fixture::{NOTHING, Names, Scene};
use openapi::{contradictions, operations, unmatched};
use requests::request;
use table::{CALLERS, Cell, Row, for_operators, is_for_operators, rows};

/// The names in braces of a text, each once.
fn names(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in text.split('{').skip(1) {
        let Some((name, _)) = part.split_once('}') else {
            continue;
        };
        let is_name = !name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_lowercase());
        if is_name && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// A request whose names are not filled in yet.
struct Door<'a> {
    operation: &'a str,
    template: String,
    body: &'static str,
}

impl<'a> Door<'a> {
    fn of(operation: &'a str) -> Self {
        let request = request(operation);
        let (_, path) = operation.split_once(' ').unwrap();
        Self {
            operation,
            template: format!("{path}?{}", request.query),
            body: request.body,
        }
    }

    fn names(&self) -> Vec<&str> {
        let mut all = names(&self.template);
        all.extend(names(self.body));
        all.sort_unstable();
        all.dedup();
        all
    }

    fn writes(&self) -> bool {
        !self.operation.starts_with("GET ")
    }

    /// Asks with these names; `rehearsal` says whether a write is only tried out.
    fn ask<'n>(&self, client: &Client, name: impl Fn(&str) -> &'n str, rehearsal: bool) -> Ask {
        let fill = |text: &str| {
            names(text).into_iter().fold(text.to_owned(), |text, hole| {
                text.replace(&format!("{{{hole}}}"), name(hole))
            })
        };
        let mut path = fill(&self.template);
        if rehearsal && self.writes() {
            path += "&dry_run=true";
        }
        let (method, _) = self.operation.split_once(' ').unwrap();
        let ask = client.ask(method, &path).header("x-request-id", "doors");
        if self.body.is_empty() {
            return ask;
        }
        ask.header("content-type", "application/json")
            .body(fill(self.body))
    }
}

/// Asks at one door as everybody.
async fn everybody_asks(scene: &Scene, row: &Row, wrong: &mut Vec<String>) {
    let door = Door::of(&row.operation);
    let real = |name: &str| match scene.acme.get(name) {
        // Not all that operators name has a name among people, and nobody here
        // gets so far as to have it looked up.
        None if is_for_operators(&row.operation) => NOTHING,
        known => known.unwrap_or_else(|| panic!("what is {name}?")),
    };
    for ((caller, client), cell) in CALLERS.iter().zip(&scene.callers).zip(row.cells) {
        let enters = matches!(cell, Cell::Enters | Cell::Own);
        let answer = door.ask(client, real, enters).await;
        let status = answer.status();
        let right = match cell {
            Cell::Enters | Cell::Own => (200..300).contains(&status),
            Cell::Refused(wanted) => status == wanted,
        };
        if !right {
            wrong.push(format!("{caller}: not {cell:?}: {answer}"));
        }
        // A key next door is a member's, who knows what is around their project.
        let theirs = door.names();
        let mut others = scene.acme.iter().filter(|(name, _)| !theirs.contains(name));
        if cell == Cell::Own
            && *caller == "foreign"
            && others.any(|(_, id)| answer.text().contains(id.as_str()))
        {
            wrong.push(format!("{caller} is told of what is not theirs: {answer}"));
        }
    }
    // What is left of a key is what a stranger has.
    let answer = door.ask(&scene.dead_key, real, true).await;
    if row.cells[0] == Cell::Refused(401) && answer.status() != 401 {
        wrong.push(format!("the key of somebody removed: {answer}"));
    }
}

/// All that an answer says; when it was given does not count.
fn said(answer: &Answer, writes: bool) -> String {
    let mut headers = answer.header_lines();
    headers.retain(|(name, _)| name != "date");
    let mut body = answer.text();
    if writes && answer.status() < 300 {
        // What would have been made has an id of its own.
        let mut made = answer.json().clone();
        without_texts(&mut made);
        body = made.to_string();
    }
    format!("{} {headers:?} {body}", answer.status())
}

fn without_texts(value: &mut Value) {
    match value {
        Value::String(text) => text.clear(),
        Value::Array(items) => items.iter_mut().for_each(without_texts),
        Value::Object(members) => members.values_mut().for_each(without_texts),
        _ => {}
    }
}

/// Asks as somebody who is not at home here, with every mixture of ids that are
/// theirs, foreign, and of nothing. With the same ids of theirs, the others make
/// no difference.
async fn foreign_is_missing(
    door: &Door<'_>,
    client: &Client,
    [own, foreign, nothing]: [&Names; 3],
    wrong: &mut Vec<String>,
) -> usize {
    let mut holes = door.names();
    holes.retain(|name| !name.ends_with("token"));
    let mixtures = 3_usize.pow(u32::try_from(holes.len()).unwrap());
    let mut told: BTreeMap<Vec<bool>, (String, Answer)> = BTreeMap::new();
    for mixture in 0..mixtures {
        let digit = |n: usize| mixture / 3_usize.pow(u32::try_from(n).unwrap()) % 3;
        let theirs: Vec<_> = (0..holes.len()).map(|n| digit(n) == 0).collect();
        if theirs.iter().all(|own| *own) {
            continue;
        }
        let name = |hole: &str| match holes.iter().position(|name| *name == hole) {
            Some(n) => [own, foreign, nothing][digit(n)][hole].as_str(),
            None => nothing[hole].as_str(),
        };
        let answer = door.ask(client, name, true).await;
        let said = said(&answer, door.writes());
        let (first, other) = told
            .entry(theirs)
            .or_insert_with(|| (said.clone(), answer.clone()));
        if *first != said {
            wrong.push(format!("these differ:\n{other}\n{answer}"));
        }
    }
    mixtures
}

async fn tells_nobody_what_there_is(scene: &Scene, row: &Row, wrong: &mut Vec<String>) -> usize {
    let door = Door::of(&row.operation);
    let caller = |name| &scene.callers[CALLERS.iter().position(|it| *it == name).unwrap()];
    let Scene {
        acme,
        outside,
        refuge,
        nothing,
        ..
    } = scene;
    let mut asked = 0;
    for (name, own, foreign) in [
        ("stranger", outside, acme),
        ("outsider", outside, acme),
        ("removed", refuge, acme),
        ("foreign", outside, acme),
        ("owner", acme, outside),
        ("next-door", acme, outside),
    ] {
        asked += foreign_is_missing(&door, caller(name), [own, foreign, nothing], wrong).await;
    }
    asked
}

/// Whoever is no operator is told the same of an operation as of a path below
/// `/admin` that leads nowhere.
async fn tells_nobody_that_it_is_there(scene: &Scene, row: &Row, wrong: &mut Vec<String>) {
    let door = Door::of(&row.operation);
    for client in &scene.callers {
        let there = door.ask(client, |_| NOTHING, false).await;
        let nowhere = client.get("/admin/nowhere").header("x-request-id", "doors");
        let nowhere = nowhere.await;
        if said(&there, false) != said(&nowhere, false) {
            wrong.push(format!("these differ:\n{there}\n{nowhere}"));
        }
    }
}

/// All that is kept, but for the trail of what was refused and when keys were used.
async fn kept(app: &TestApp) -> BTreeMap<String, Vec<String>> {
    let mut all = app.db().contents().await;
    all.remove("audit_events");
    if let Some(keys) = all.get_mut("api_keys") {
        *keys = vec![keys.len().to_string()];
    }
    all
}

story!(
    everybody_enters_where_the_table_says_and_nowhere_else,
    |settings| {
        (settings.limits.per_account, settings.limits.per_address) = (0, 0);
    },
    async |app| {
        let document = app.stranger().get("/openapi.json").await.expect(200);
        let (operations, mut rows) = (operations(document.json()), rows());
        let of_operators = operations.keys().filter(|name| is_for_operators(name));
        rows.extend(of_operators.map(|operation| for_operators(operation)));
        let mut wrong = unmatched(&operations, &rows);
        wrong.extend(contradictions(&operations, &rows));
        let scene = Scene::set(app).await;
        let before = kept(app).await;
        let mut asked = 0;
        for row in rows
            .iter()
            .filter(|row| operations.contains_key(&row.operation))
        {
            everybody_asks(&scene, row, &mut wrong).await;
            if is_for_operators(&row.operation) {
                tells_nobody_that_it_is_there(&scene, row, &mut wrong).await;
            } else {
                asked += tells_nobody_what_there_is(&scene, row, &mut wrong).await;
            }
        }
        let after = kept(app).await;
        for (table, rows) in &before {
            if after[table] != *rows {
                wrong.push(format!(
                    "{table} has changed: {rows:#?}\n{:#?}",
                    after[table]
                ));
            }
        }
        assert!(asked > 500, "only {asked} mixtures");
        assert!(
            wrong.is_empty(),
            "{} wrong:\n{}",
            wrong.len(),
            wrong.join("\n\n")
        );
    }
);
