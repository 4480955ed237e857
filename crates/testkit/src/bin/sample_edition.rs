//! A sample edition with one of each thing that an edition can add: a table, a route, a job, a
//! command, a setting, a check, an error code, a permission, a veto, a quota, an admission and
//! plans. Scenarios start it as an operator would start an edition.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgMatches};
use freehold_app::extension::{Admission, ErrorCode, ExtensionFuture, Plans, Quotas, TypedEvent};
use freehold_app::{App, Extension, Job, Outcome};
use freehold_domain::{Id, Organization, PermissionDeclaration, Refusal};
use freehold_http::{ExtensionRequest, ExtensionRoute, RouteAccess};
use freehold_server::config::settings::{Default, Secrecy, Setting};
use freehold_server::{
    CommandFuture, Edition, Feature, FeatureCommand, FeatureSettings, InvalidSetting,
};
use freehold_store::doctor::{Check, Severity};
use freehold_store::engine::{Sql, Value};
use freehold_store::migrations::Migration;
use freehold_store::{Store, Tx};
use serde_json::json;
use uuid::Uuid;

fn main() -> ExitCode {
    freehold_server::run(Edition::new(FEATURES))
}

const FEATURES: &[Feature] = &[Feature {
    settings: &[SEAT_LIMIT_SETTING],
    build,
    routes,
    command: Some(FeatureCommand { command, run }),
}];

const SEAT_LIMIT_SETTING: Setting = Setting {
    key: "sample_seat_limit",
    aliases: &[],
    default: Default::Text("2"),
    secrecy: Secrecy::Plain,
    expected: "a whole number, 1 or more",
    description: "The members that an organization may have.",
};

const SEAT_LIMIT: ErrorCode = ErrorCode {
    code: "sample_seat_limit",
    title: "No seat left",
    explanation: "The organization has as many members as `sample_seat_limit` allows.",
};

const FORBIDDEN_NAME: ErrorCode = ErrorCode {
    code: "sample_forbidden_name",
    title: "Forbidden name",
    explanation: "An organization cannot have this name.",
};

/// Counts the seats of each organization, and limits them.
struct Seats {
    limit: i64,
}

fn build(settings: &FeatureSettings) -> Result<Arc<dyn Extension>, InvalidSetting> {
    let limit = settings.get(&SEAT_LIMIT_SETTING).parse();
    match limit.ok().filter(|limit| *limit > 0) {
        Some(limit) => Ok(Arc::new(Seats { limit })),
        None => Err(InvalidSetting {
            key: SEAT_LIMIT_SETTING.key,
        }),
    }
}

/// One text for both engines.
const fn sql(text: &'static str) -> Sql {
    Sql {
        sqlite: text,
        postgres: text,
    }
}

static CREATE: Sql =
    sql("INSERT INTO sample_seats (organization_id, plan, seats) VALUES ($1, $2, 1)");
static HAS_FORBIDDEN_NAME: Sql =
    sql("SELECT 1 FROM organizations WHERE id = $1 AND name = 'forbidden'");
static COUNT_MEMBERS: Sql = sql("SELECT (SELECT count(*) FROM organization_members WHERE organization_id = $1)
         + (SELECT count(*) FROM project_invitations WHERE organization_id = $1 AND status = 'pending')");
static RECOUNT: Sql = sql("UPDATE sample_seats SET seats =
    (SELECT count(*) FROM organization_members m WHERE m.organization_id = sample_seats.organization_id)");
static SEATS_OF: Sql = sql("SELECT s.seats FROM sample_seats s
    JOIN organization_members m ON m.organization_id = s.organization_id
   WHERE s.organization_id = $1 AND m.user_id = $2");
static ALL_SEATS: Sql = sql("SELECT count(*) FROM sample_seats");

const CREATE_TABLE_SQLITE: &str = "CREATE TABLE sample_seats (
    organization_id BLOB PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    plan TEXT, seats INTEGER NOT NULL
) STRICT, WITHOUT ROWID;";
const CREATE_TABLE_POSTGRES: &str = "CREATE TABLE sample_seats (
    organization_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    plan varchar, seats bigint NOT NULL
);";

static CHECKS: &[Check] = &[Check::texts(
    "sample_seats_positive",
    Severity::Error,
    "an organization has no seats",
    sql("SELECT plan FROM sample_seats WHERE seats < 1"),
)];

impl Extension for Seats {
    fn capability(&self) -> &'static str {
        "sample_seats"
    }

    fn migrations(&self) -> &'static [Migration] {
        &[Migration {
            name: "0001_seats",
            sqlite: CREATE_TABLE_SQLITE,
            postgres: CREATE_TABLE_POSTGRES,
        }]
    }

    fn doctor_checks(&self) -> &'static [Check] {
        CHECKS
    }

    fn error_codes(&self) -> &'static [ErrorCode] {
        &[SEAT_LIMIT, FORBIDDEN_NAME]
    }

    fn permissions(&self) -> Vec<PermissionDeclaration> {
        vec![PermissionDeclaration::new(
            "edit_seats",
            "Change the seats.",
        )]
    }

    fn jobs(&self) -> Vec<Job> {
        let interval = Duration::from_secs(1);
        vec![Job::on_one_node(
            "sample_recount",
            interval,
            |context| async move {
                let mut tx = context.store().begin();
                tx.write(&RECOUNT, Vec::new());
                Ok(tx.commit().await?)
            },
        )]
    }

    fn on_event<'a>(
        &'a self,
        tx: &'a mut Tx,
        event: &'a TypedEvent,
    ) -> ExtensionFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let TypedEvent::OrganizationCreated {
                organization, plan, ..
            } = event
            else {
                return Ok(());
            };
            let id = Value::Uuid(organization.uuid());
            let plan = plan.clone().unwrap_or_else(|| "free".to_owned());
            tx.write(&CREATE, vec![id.clone(), Value::Text(plan)]);
            let forbidden = tx.read_one(&HAS_FORBIDDEN_NAME, vec![id], |_| Ok(()));
            match forbidden.await? {
                Some(()) => Err(self.veto(&FORBIDDEN_NAME, "Choose another name.").into()),
                None => Ok(()),
            }
        })
    }

    fn quotas(&self) -> Option<&dyn Quotas> {
        Some(self)
    }

    fn admission(&self) -> Option<&dyn Admission> {
        Some(self)
    }

    fn plans(&self) -> Option<&dyn Plans> {
        Some(self)
    }
}

impl Quotas for Seats {
    fn may_add_members<'a>(
        &'a self,
        tx: &'a mut Tx,
        organization: Id<Organization>,
        count: u32,
    ) -> ExtensionFuture<'a, Outcome<Option<Refusal>>> {
        Box::pin(async move {
            let id = vec![Value::Uuid(organization.uuid())];
            let members = tx
                .read_one(&COUNT_MEMBERS, id, |row| row.get::<i64>(0))
                .await?;
            let is_full = members.unwrap_or(0) + i64::from(count) > self.limit;
            Ok(is_full.then(|| self.veto(&SEAT_LIMIT, "No seat is left.")))
        })
    }
}

impl Admission for Seats {
    fn may_enter<'a>(
        &'a self,
        _: &'a Store,
        _: Id<Organization>,
        email: &'a str,
    ) -> ExtensionFuture<'a, Outcome<Option<Refusal>>> {
        let refused = email.ends_with("@outside.test");
        Box::pin(async move { Ok(refused.then_some(Refusal::AccessDenied)) })
    }
}

impl Plans for Seats {
    fn names(&self) -> Vec<String> {
        vec!["free".to_owned(), "pro".to_owned()]
    }
}

fn routes() -> Vec<ExtensionRoute> {
    vec![ExtensionRoute::new(
        http::Method::GET,
        "/sample/seats/{organization_id}",
        RouteAccess::User,
        json!({
            "summary": "Returns the seats of an organization.",
            "operationId": "sample_seats",
            "parameters": [{
                "name": "organization_id", "in": "path", "required": true,
                "description": "The organization's id", "schema": {"type": "string"},
            }],
            "responses": {"200": {"description": "The seats"}, "404": {"description": "Not a member"}},
        }),
        get_seats,
    )]
}

async fn get_seats(app: App, request: ExtensionRequest) -> Outcome<serde_json::Value> {
    let id = request.path.get("organization_id");
    let id = id
        .and_then(|id| Uuid::try_parse(id).ok())
        .unwrap_or_default();
    let user = request
        .caller
        .map_or(Uuid::nil(), |caller| caller.user.id.uuid());
    let values = vec![Value::Uuid(id), Value::Uuid(user)];
    let seats = app
        .store()
        .read_one(&SEATS_OF, values, |row| row.get::<i64>(0))
        .await?;
    Ok(json!({ "seats": seats.ok_or(Refusal::NotFound)? }))
}

fn command() -> clap::Command {
    clap::Command::new("seats")
        .about("Print how many organizations have seats")
        .arg(
            Arg::new("label")
                .long("label")
                .default_value("organizations"),
        )
}

fn run<'a>(app: &'a App, arguments: &'a ArgMatches) -> CommandFuture<'a> {
    Box::pin(async move {
        let count = app
            .store()
            .read_one(&ALL_SEATS, Vec::new(), |row| row.get::<i64>(0));
        let count = count.await.map_err(|error| error.to_string())?;
        let label = arguments.get_one::<String>("label");
        let (count, label) = (count.unwrap_or(0), label.map_or("", String::as_str));
        let written = writeln!(std::io::stdout(), "{count} {label}");
        written.map_err(|error| error.to_string())?;
        Ok(ExitCode::SUCCESS)
    })
}
