//! The format of a row: an entry of `POST /admin/simple/accounts/`, or a short form
//! whose fields have the names of the CSV columns.

use csv::ByteRecord;
use freehold_app::ImportRow;
use serde_json::{Map, Value, json};

/// Fields of the short form, and columns of a CSV file.
const COLUMNS: [&str; 10] = [
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

/// Returns a row that is refused for `reason`.
pub(super) fn refused_row(reason: impl Into<String>) -> ImportRow {
    ImportRow {
        email: None,
        account: Err(reason.into()),
    }
}

/// Returns the row, without initial content for its project if `seeds` is false.
pub(super) fn with_seeds(mut row: ImportRow, seeds: bool) -> ImportRow {
    if let Ok(graph) = &mut row.account {
        graph.options.seeds &= seeds;
    }
    row
}

/// Parses a line of JSON.
pub(super) fn from_json_line(line: &[u8]) -> ImportRow {
    let value = match serde_json::from_slice(line) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return refused_row("The line is not a JSON object."),
        Err(error) => return refused_row(format!("The line is not JSON: {error}.")),
    };
    if value.contains_key("user") {
        let email = value["user"]["email"].as_str().map(str::to_owned);
        return import_row(email, &Value::Object(value));
    }
    let email = value
        .get("email")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let entry = value
        .keys()
        .find(|name| !COLUMNS.contains(&name.as_str()))
        .map_or_else(
            || ShortRow::of_object(&value).and_then(ShortRow::into_account_entry),
            |name| Err(unknown_field(name)),
        );
    match entry {
        Ok(entry) => import_row(email, &entry),
        Err(reason) => ImportRow {
            email,
            account: Err(reason),
        },
    }
}

fn unknown_field(name: &str) -> String {
    let names = COLUMNS.join(", ");
    format!("Unknown field {name:?}: a row has either `user`, as in the API, or some of {names}.")
}

fn import_row(email: Option<String>, entry: &Value) -> ImportRow {
    let account = freehold_http::parse_simple_account(entry).map(|mut graph| {
        // Existing users are skipped; all other accounts are created as a whole.
        graph.options.strict = true;
        graph.options.return_key_values = false;
        // The API creates keys by default; an import only if the row asks for them.
        graph.options.api_keys = entry["options"]["create_api_keys"] == json!(true);
        graph
    });
    ImportRow { email, account }
}

/// A row in the short form. Empty fields are `None`.
#[derive(Default)]
struct ShortRow {
    texts: [Option<String>; COLUMNS.len() - 1],
    verified: Option<bool>,
}

impl ShortRow {
    fn of_object(object: &Map<String, Value>) -> Result<Self, String> {
        let mut row = Self::default();
        let (texts, verified) = COLUMNS.split_at(COLUMNS.len() - 1);
        for (text, name) in row.texts.iter_mut().zip(texts) {
            *text = match object.get(*name) {
                None | Some(Value::Null) => None,
                Some(Value::String(value)) => Some(value.clone()).filter(|text| !text.is_empty()),
                Some(_) => return Err(format!("{name}: Must be a string.")),
            };
        }
        row.verified = match object.get(verified[0]) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(value)) => Some(*value),
            Some(_) => return Err("verified: Must be true or false.".to_owned()),
        };
        Ok(row)
    }

    /// Converts the row to an entry of the API.
    fn into_account_entry(self) -> Result<Value, String> {
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
            return Err("email: Required.".to_owned());
        };
        if slug.is_some() && organization.is_none() {
            return Err("slug: Requires organization.".to_owned());
        }
        if password.is_some() && password_hash.is_some() {
            return Err("password: Cannot be combined with password_hash.".to_owned());
        }
        let has_login = password.is_some() || password_hash.is_some();
        if verified.is_some() && !has_login {
            return Err("verified: Requires password or password_hash.".to_owned());
        }
        let mut entry = Map::new();
        if has_login {
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
        let (organization_ref, workspace_ref) = (json!({ "ref": "org" }), json!({ "ref": "wrk" }));
        if let Some(name) = workspace {
            let workspace = json!({ "name": name, "organization_ref": organization_ref });
            entry.insert("workspace".to_owned(), workspace);
        }
        if let Some(name) = project {
            let project = json!({ "name": name, "organization_ref": organization_ref, "workspace_ref": workspace_ref });
            entry.insert("project".to_owned(), project);
        }
        Ok(Value::Object(entry))
    }
}

/// Positions of the columns in a record.
pub(super) struct Columns {
    positions: [Option<usize>; COLUMNS.len()],
    width: usize,
}

impl Columns {
    pub(super) fn of(header: &ByteRecord) -> Result<Self, String> {
        let mut positions = [None; COLUMNS.len()];
        for (position, name) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(name.trim_ascii());
            let column = COLUMNS
                .iter()
                .position(|column| name.eq_ignore_ascii_case(column));
            let Some(column) = column else {
                let names = COLUMNS.join(", ");
                return Err(format!("unknown column {name:?}; expected {names}"));
            };
            if positions[column].replace(position).is_some() {
                return Err(format!("the column {} appears twice", COLUMNS[column]));
            }
        }
        if positions[0].is_none() {
            return Err("the header line must contain the column email".to_owned());
        }
        let width = header.len();
        Ok(Self { positions, width })
    }

    pub(super) fn row(&self, record: &ByteRecord) -> ImportRow {
        let cell = |column: usize| {
            let cell = self.positions[column].and_then(|position| record.get(position));
            std::str::from_utf8(cell.unwrap_or_default())
                .map(|cell| Some(cell.trim().to_owned()).filter(|cell| !cell.is_empty()))
        };
        let email = cell(0).ok().flatten();
        match self.account_entry(record, cell) {
            Ok(entry) => import_row(email, &entry),
            Err(reason) => ImportRow {
                email,
                account: Err(reason),
            },
        }
    }

    fn account_entry(
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
        let mut row = ShortRow::default();
        let verified = COLUMNS.len() - 1;
        for (column, text) in row.texts.iter_mut().enumerate() {
            *text = cell(column).map_err(|_| format!("{}: Not valid UTF-8.", COLUMNS[column]))?;
        }
        let text = cell(verified)
            .ok()
            .flatten()
            .map(|cell| cell.to_ascii_lowercase());
        row.verified = match text.as_deref() {
            None => None,
            Some("true" | "yes" | "1" | "t") => Some(true),
            Some("false" | "no" | "0" | "f") => Some(false),
            Some(_) => return Err("verified: Must be true or false.".to_owned()),
        };
        // In a CSV file, false is the same as an empty cell.
        if row.verified == Some(false) {
            row.verified = None;
        }
        row.into_account_entry()
    }
}
