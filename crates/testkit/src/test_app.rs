//! The whole application for a scenario: the real HTTP server in this process,
//! over a database of its own, with a clock that the scenario sets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use freehold_app::{AdminKey, App, Engine, Extensions, Mailer, Settings, Store};
use freehold_domain::{Clock, RoleCatalog};
use freehold_http::HttpSettings;
use freehold_server::serve::{self, ShutdownOutcome};
use freehold_server::system::SystemRandomSource;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::client::Client;
use crate::clock::TestClock;
use crate::database::TestDatabase;
use crate::mail_server::MailServer;
use crate::test_user::TestUser;

/// The shared admin key of every scenario's server.
pub const ADMIN_KEY: &str = "the-admin-key-of-every-scenario-7f3a9c";

/// How long a scenario's last requests may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A running application with its database, clock and client.
#[derive(Debug)]
pub struct TestApp {
    db: TestDatabase,
    settings: Settings,
    extensions: Extensions,
    clock: TestClock,
    mailer: Option<Arc<dyn Mailer>>,
    client: Client,
    running: Running,
}

#[derive(Debug)]
struct Running {
    app: App,
    store: Store,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server_task: JoinHandle<ShutdownOutcome>,
}

/// Runs a scenario on one engine, and examines the database afterwards.
pub async fn run_scenario(
    engine: Engine,
    settings: impl FnOnce(&mut Settings),
    scenario: impl AsyncFnOnce(&mut TestApp),
) {
    let mut app = TestApp::start(engine, settings, Extensions::none()).await;
    scenario(&mut app).await;
    app.finish().await;
}

/// As [`run_scenario`], with a mail server of its own.
pub async fn run_scenario_with_mail(
    engine: Engine,
    settings: impl FnOnce(&mut Settings),
    scenario: impl AsyncFnOnce(&mut TestApp, &MailServer),
) {
    let mailbox = MailServer::start().await;
    let mut app = TestApp::start_with_mail(engine, settings, Extensions::none(), &mailbox).await;
    scenario(&mut app, &mailbox).await;
    app.finish().await;
}

/// Fixes the type of a scenario's argument; see [`on_each_engine!`](crate::on_each_engine).
pub async fn run_on_engine(engine: Engine, scenario: impl AsyncFnOnce(Engine)) {
    scenario(engine).await;
}

/// Declares a scenario with an engine as two tests: `name::sqlite` and
/// `name::postgres`.
#[macro_export]
macro_rules! on_each_engine {
    ($name:ident, $scenario:expr $(,)?) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::run_on_engine($crate::Engine::Sqlite, $scenario).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::run_on_engine($crate::Engine::Postgres, $scenario).await;
            }
        }
    };
}

/// Declares a scenario with a [`TestApp`] as two tests, one per engine. Between
/// its name and its body there may be a closure that changes the settings.
#[macro_export]
macro_rules! scenario {
    ($name:ident, $scenario:expr $(,)?) => {
        $crate::scenario!($name, |_| (), $scenario);
    };
    ($name:ident, $settings:expr, $scenario:expr $(,)?) => {
        $crate::on_each_engine!($name, async |engine| {
            $crate::run_scenario(engine, $settings, $scenario).await
        });
    };
}

/// As [`scenario!`], with a mail server.
#[macro_export]
macro_rules! scenario_with_mail {
    ($name:ident, $scenario:expr $(,)?) => {
        $crate::scenario_with_mail!($name, |_| (), $scenario);
    };
    ($name:ident, $settings:expr, $scenario:expr $(,)?) => {
        $crate::on_each_engine!($name, async |engine| {
            $crate::run_scenario_with_mail(engine, $settings, $scenario).await
        });
    };
}

impl TestApp {
    /// Starts the application over a new database.
    pub async fn start(
        engine: Engine,
        change: impl FnOnce(&mut Settings),
        extensions: Extensions,
    ) -> Self {
        Self::start_with_mailer(engine, change, extensions, None).await
    }

    /// As [`TestApp::start`], with emails that are sent to `mailbox`.
    pub async fn start_with_mail(
        engine: Engine,
        change: impl FnOnce(&mut Settings),
        extensions: Extensions,
        mailbox: &MailServer,
    ) -> Self {
        let mailer = Some(mailbox.mailer());
        Self::start_with_mailer(engine, change, extensions, mailer).await
    }

    async fn start_with_mailer(
        engine: Engine,
        change: impl FnOnce(&mut Settings),
        extensions: Extensions,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Self {
        log_errors();
        let db = TestDatabase::new(engine).await;
        let permissions = extensions.permissions().expect("valid permissions");
        let mut settings = Settings {
            roles: RoleCatalog::over(permissions),
            sends_email: mailer.is_some(),
            admin_key: Some(AdminKey::of(ADMIN_KEY)),
            // Short, because scenarios wait in real time for emails.
            email_poll_interval: Duration::from_millis(50),
            ..Settings::default()
        };
        change(&mut settings);
        let clock = TestClock::start();
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = Running::start(&db, &settings, &extensions, &clock, any_port).await;
        running.start_email_delivery(mailer.as_ref());
        Self {
            client: Client::new(format!("http://{}", running.address)),
            db,
            settings,
            extensions,
            clock,
            mailer,
            running,
        }
    }

    /// Stops the application and starts it again on the same database, at the
    /// same address and with these changes to its settings.
    pub async fn restart(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        let Self {
            db,
            settings,
            extensions,
            clock,
            ..
        } = self;
        self.running.app.close().await;
        let address = self.running.address;
        let start = async || Running::start(db, settings, extensions, clock, address).await;
        // The old server has to release the port before the new one listens.
        let (unused_sender, _) = oneshot::channel();
        let stop = std::mem::replace(&mut self.running.stop, unused_sender);
        let _ = stop.send(());
        let _ = (&mut self.running.server_task).await;
        self.running = start().await;
        self.running.start_email_delivery(self.mailer.as_ref());
    }

    /// Sets the mailer from the next start on; without one, no email is sent.
    pub fn set_mailer(&mut self, mailer: Option<Arc<dyn Mailer>>) {
        self.mailer = mailer;
    }

    /// Starts another node over the same database, without an HTTP server. The
    /// caller closes it.
    pub async fn start_node(&self) -> App {
        let store = Store::open(&self.db.database())
            .await
            .expect("the database");
        let app = App::start(
            store,
            self.settings.clone(),
            self.extensions.clone(),
            Arc::new(self.clock.clone()),
            Arc::new(SystemRandomSource),
        );
        app.start_jobs();
        app
    }

    /// The application behind the HTTP server.
    pub fn app(&self) -> &App {
        &self.running.app
    }

    /// Marks an address as verified, as an operator.
    pub async fn mark_email_verified(&self, email: &str) {
        let email = email.parse().expect("an address");
        let context = freehold_app::RequestContext::default();
        let marked = self
            .running
            .app
            .mark_email_verified("a scenario", &context, &email)
            .await;
        marked.expect("a user with this address");
    }

    /// Creates a password reset link, as an operator.
    pub async fn reset_link(&self, email: &str) -> String {
        let email = email.parse().expect("an address");
        let context = freehold_app::RequestContext::default();
        let link = self
            .running
            .app
            .reset_link("a scenario", &context, &email)
            .await;
        link.expect("a user with this address")
            .answer
            .url
            .expose_secret()
            .to_owned()
    }

    /// Creates an account without a password, as an operator.
    pub async fn create_account_as_operator(&self, email: &str) {
        let created = self.create_user_as_operator(email, None).await;
        created.expect("an account");
    }

    /// Creates an account as `freehold user create` does.
    ///
    /// # Errors
    /// The text of the refusal.
    pub async fn create_user_as_operator(
        &self,
        email: &str,
        password: Option<&str>,
    ) -> Result<(), String> {
        let new = freehold_app::NewUser {
            email: email.parse().expect("an address"),
            username: None,
            password: password.map(secrecy::SecretString::from),
            organization: None,
        };
        let context = freehold_app::RequestContext::default();
        let created = self
            .running
            .app
            .create_user("a scenario", &context, &new)
            .await;
        created.map(|_| ()).map_err(|failure| failure.to_string())
    }

    /// Stops the server; panics if requests were cut off or `doctor` has
    /// findings.
    pub async fn finish(self) {
        let Running {
            app,
            stop,
            server_task,
            ..
        } = self.running;
        let _ = stop.send(());
        let ended = server_task.await.expect("a server that does not panic");
        assert_eq!(ended, ShutdownOutcome::Clean, "some requests were cut off");
        app.close().await;
        self.db.expect_clean_with_roles(app.roles()).await;
    }

    /// A client without a credential.
    pub fn anonymous(&self) -> &Client {
        &self.client
    }

    /// A client with the shared admin key.
    pub fn operator(&self) -> Client {
        self.client
            .with_authorization(format!("Access {ADMIN_KEY}"))
    }

    /// Signs a user up: `ada` has the address `ada@acme.test`.
    pub async fn sign_up(&self, name: &str) -> TestUser {
        TestUser::sign_up(&self.client, &format!("{name}@acme.test")).await
    }

    /// The scenario's clock.
    pub fn clock(&self) -> &TestClock {
        &self.clock
    }

    /// The database, for what no endpoint offers.
    pub fn db(&self) -> &TestDatabase {
        &self.db
    }

    /// The store of the running application, for faults.
    pub fn store(&self) -> &Store {
        &self.running.store
    }

    /// A text id in this engine's SQL.
    pub fn sql_id(&self, id: &str) -> String {
        self.db.sql_uuid(Uuid::parse_str(id).expect("an id"))
    }

    /// Inserts a member of an organization with one role on each level, as
    /// accepting an invitation does.
    pub async fn insert_member(&self, organization: &str, who: &TestUser, roles: [&str; 3]) {
        let now = self.clock.now();
        // A new id for each row: there may be several workspaces and projects.
        let id = match self.db.engine() {
            Engine::Sqlite => "randomblob(16)",
            Engine::Postgres => "gen_random_uuid()",
        };
        let (organization, user) = (self.sql_id(organization), self.sql_id(&who.id));
        let at = self.db.sql_time(now);
        let [outer, middle, inner] = roles;
        let sql = format!(
            "INSERT INTO organization_members (id, user_id, organization_id, role, created_at)
                 VALUES ({id}, {user}, {organization}, '{outer}', {at});
             INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role, created_at)
                 SELECT {id}, {user}, id, organization_id, '{middle}', {at}
                 FROM workspaces WHERE organization_id = {organization};
             INSERT INTO project_members (id, user_id, project_id, workspace_id, role, created_at)
                 SELECT {id}, {user}, id, workspace_id, '{inner}', {at}
                 FROM projects WHERE organization_id = {organization};"
        );
        self.db.execute(&sql).await.expect("a new member");
    }
}

/// Prints the application's errors: no scenario causes one on purpose.
fn log_errors() {
    // Succeeds only in the first scenario of a process, for all of them.
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::ERROR)
        .with_writer(std::io::stderr)
        .try_init();
}

impl Running {
    fn start_email_delivery(&self, mailer: Option<&Arc<dyn Mailer>>) {
        if let Some(mailer) = mailer {
            self.app.start_email_delivery(mailer.clone());
        }
    }

    async fn start(
        db: &TestDatabase,
        settings: &Settings,
        extensions: &Extensions,
        clock: &TestClock,
        address: SocketAddr,
    ) -> Self {
        let store = Store::open(&db.database()).await.expect("the database");
        let app = App::start(
            store.clone(),
            settings.clone(),
            extensions.clone(),
            Arc::new(clock.clone()),
            Arc::new(SystemRandomSource),
        );
        app.start_jobs();
        let http = HttpSettings {
            allowed_origins: vec!["http://web.test".to_owned()],
            // Scenarios set the client's address by `X-Forwarded-For`.
            trusted_proxies: vec!["127.0.0.0/8".parse().expect("a network")],
            api_path: "/api".to_owned(),
            secure_cookies: false,
            cross_site: false,
            extension_routes: Vec::new(),
        };
        let api = freehold_http::api(app.clone(), http);
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let server_task = tokio::spawn(serve::serve(listener, api, stopped, REQUEST_TIMEOUT));
        Self {
            app,
            store,
            address,
            stop,
            server_task,
        }
    }
}
