//! What a row may say: an entry of `POST /admin/simple/accounts/`, or the few
//! things that most have, under the names of the columns of a table.

use csv::ByteRecord;
use freehold_app::ImportRow;
use serde_json::{Map, Value, json};

/// The short form, and the columns of a table.
const NAMES: [&str; 10] = [
    "email",
    "name",
    "username",
    "organization",
    "slug",
    "workspace",
    "project",
    "password",
    "password_hash",
    "verified",
];

/// A row that cannot be read.
pub(super) fn refused(why: impl Into<String>) -> ImportRow {
    ImportRow {
        email: None,
        account: Err(why.into()),
    }
}

/// The row without content for its project, if nobody wants any.
pub(super) fn with_seeds(mut row: ImportRow, seeds: bool) -> ImportRow {
    if let Ok(graph) = &mut row.account {
        graph.wanted.seeds &= seeds;
    }
    row
}

/// A line of JSON.
pub(super) fn of_line(line: &[u8]) -> ImportRow {
    let value = match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return refused("A line is a JSON object."),
        Err(error) => return refused(format!("The line is not JSON: {error}.")),
    };
    if value.contains_key("user") {
        let email = value["user"]["email"].as_str().map(str::to_owned);
        return whole(email, &Value::Object(value));
    }
    let email = value
        .get("email")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let whole_entry = value
        .keys()
        .find(|name| !NAMES.contains(&name.as_str()))
        .map_or_else(
            || Short::of_object(&value).and_then(Short::entry),
            |name| Err(unknown(name)),
        );
    match whole_entry {
        Ok(entry) => whole(email, &entry),
        Err(why) => ImportRow {
            email,
            account: Err(why),
        },
    }
}

fn unknown(name: &str) -> String {
    let names = NAMES.join(", ");
    format!("There is no {name:?}: a row has a user as in the API, or some of {names}.")
}

fn whole(email: Option<String>, entry: &Value) -> ImportRow {
    let account = freehold_http::parse_simple_account(entry).map(|mut graph| {
        // Whoever has an account is passed over; nobody else is made halfway.
        graph.wanted.strict = true;
        graph.wanted.show_keys = false;
        // The API makes keys unless told otherwise; an import, only if told to.
        graph.wanted.api_keys = entry["options"]["create_api_keys"] == json!(true);
        graph
    });
    ImportRow { email, account }
}

/// What the short form says; nothing is what is empty.
#[derive(Default)]
struct Short {
    texts: [Option<String>; NAMES.len() - 1],
    verified: Option<bool>,
}

impl Short {
    fn of_object(object: &Map<String, Value>) -> Result<Self, String> {
        let mut short = Self::default();
        let (texts, verified) = NAMES.split_at(NAMES.len() - 1);
        for (text, name) in short.texts.iter_mut().zip(texts) {
            *text = match object.get(*name) {
                None | Some(Value::Null) => None,
                Some(Value::String(given)) => Some(given.clone()).filter(|it| !it.is_empty()),
                Some(_) => return Err(format!("{name}: A text is wanted here.")),
            };
        }
        short.verified = match object.get(verified[0]) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(given)) => Some(*given),
            Some(_) => return Err("verified: It is true or false.".to_owned()),
        };
        Ok(short)
    }

    /// The same as the API has it.
    fn entry(self) -> Result<Value, String> {
        let Self { texts, verified } = self;
        let [
            email,
            name,
            username,
            organization,
            slug,
            workspace,
            project,
            password,
            password_hash,
        ] = texts;
        let Some(email) = email else {
            return Err("email: Every row needs one.".to_owned());
        };
        if slug.is_some() && organization.is_none() {
            return Err("slug: It is an organization's, which is not named.".to_owned());
        }
        if password.is_some() && password_hash.is_some() {
            return Err("password: It is given as a text or as a hash, not both.".to_owned());
        }
        let signs_in = password.is_some() || password_hash.is_some();
        if verified.is_some() && !signs_in {
            return Err("verified: It is said of a login, so it needs a password.".to_owned());
        }
        let mut entry = Map::new();
        if signs_in {
            let identity = json!({
                "method": "email:password", "subject": email,
                "password": password, "password_hash": password_hash, "verified": verified,
            });
            entry.insert("user_identities".to_owned(), json!([identity]));
        }
        let user = json!({ "email": email, "name": name, "username": username });
        entry.insert("user".to_owned(), user);
        if let Some(name) = organization {
            let organization = json!({ "name": name, "slug": slug });
            entry.insert("organization".to_owned(), organization);
        }
        let (org, wrk) = (json!({ "ref": "org" }), json!({ "ref": "wrk" }));
        if let Some(name) = workspace {
            let workspace = json!({ "name": name, "organization_ref": org });
            entry.insert("workspace".to_owned(), workspace);
        }
        if let Some(name) = project {
            let project = json!({ "name": name, "organization_ref": org, "workspace_ref": wrk });
            entry.insert("project".to_owned(), project);
        }
        Ok(Value::Object(entry))
    }
}

/// Where in a record each column stands.
pub(super) struct Columns {
    places: [Option<usize>; NAMES.len()],
    width: usize,
}

impl Columns {
    pub(super) fn of(header: &ByteRecord) -> Result<Self, String> {
        let mut places = [None; NAMES.len()];
        for (at, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name.trim_ascii());
            let known = NAMES
                .iter()
                .position(|column| name.eq_ignore_ascii_case(column));
            let Some(column) = known else {
                let names = NAMES.join(", ");
                return Err(format!("there is no column {name:?}; columns are {names}"));
            };
            if places[column].replace(at).is_some() {
                return Err(format!("the column {} stands there twice", NAMES[column]));
            }
        }
        if places[0].is_none() {
            return Err("the first line has to name a column email".to_owned());
        }
        let width = header.len();
        Ok(Self { places, width })
    }

    pub(super) fn row(&self, record: &ByteRecord) -> ImportRow {
        let cell = |column: usize| {
            let cell = self.places[column].and_then(|at| record.get(at));
            std::str::from_utf8(cell.unwrap_or_default())
                .map(|cell| Some(cell.trim().to_owned()).filter(|cell| !cell.is_empty()))
        };
        let email = cell(0).ok().flatten();
        match self.entry(record, cell) {
            Ok(entry) => whole(email, &entry),
            Err(why) => ImportRow {
                email,
                account: Err(why),
            },
        }
    }

    fn entry(
        &self,
        record: &ByteRecord,
        cell: impl Fn(usize) -> Result<Option<String>, std::str::Utf8Error>,
    ) -> Result<Value, String> {
        if record.len() > self.width {
            return Err(format!(
                "The row has {} columns, the header {}.",
                record.len(),
                self.width
            ));
        }
        let mut short = Short::default();
        let verified = NAMES.len() - 1;
        for (column, text) in short.texts.iter_mut().enumerate() {
            *text = cell(column).map_err(|_| format!("{}: It is not UTF-8.", NAMES[column]))?;
        }
        let said = cell(verified)
            .ok()
            .flatten()
            .map(|cell| cell.to_ascii_lowercase());
        short.verified = match said.as_deref() {
            None => None,
            Some("true" | "yes" | "1" | "t") => Some(true),
            Some("false" | "no" | "0" | "f") => Some(false),
            Some(_) => return Err("verified: It is true or false.".to_owned()),
        };
        // Of a table, a column that is false everywhere says nothing.
        if short.verified == Some(false) {
            short.verified = None;
        }
        short.entry()
    }
}
