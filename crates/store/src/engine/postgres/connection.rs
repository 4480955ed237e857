//! One connection to PostgreSQL: opening it, with or without TLS, prepared
//! statements, pipelining, and the conversion of errors.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{MaybeDone, maybe_done};
use futures_util::{TryStreamExt, pin_mut};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, Error, Row, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::{Insert, Result, Rule, Sql, StoreError, Value};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether a connection is inside a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransactionState {
    Idle,
    Open,
}

/// Opens connections.
pub(crate) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    round_trips_total: Arc<AtomicU64>,
}

/// How the server's certificate is verified.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TlsVerification {
    None,
    Full,
}

impl Connector {
    pub(crate) fn new(url: &str, round_trips_total: Arc<AtomicU64>) -> Result<Self> {
        let invalid_url =
            |text: String| StoreError::Unavailable(format!("the database URL: {text}"));
        let (url, mode, root) = split_tls_options(url);
        let mut config: Config = url
            .parse()
            .map_err(|error: Error| invalid_url(error_with_causes(&error)))?;
        let verify = match mode.as_deref() {
            None | Some("prefer" | "allow") => {
                config.ssl_mode(SslMode::Prefer);
                TlsVerification::None
            }
            Some("disable") => {
                config.ssl_mode(SslMode::Disable);
                TlsVerification::None
            }
            // As in libpq: `require` with a root certificate verifies.
            Some("require") if root.is_none() => {
                config.ssl_mode(SslMode::Require);
                TlsVerification::None
            }
            Some("require" | "verify-ca" | "verify-full") => {
                config.ssl_mode(SslMode::Require);
                TlsVerification::Full
            }
            Some(other) => {
                return Err(invalid_url(format!(
                    "sslmode `{other}` is none of disable, prefer, require, verify-ca, verify-full"
                )));
            }
        };
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("freehold");
        }
        let tls = MakeRustlsConnect::new(tls(verify, root.as_deref()).map_err(invalid_url)?);
        Ok(Self {
            config,
            tls,
            round_trips_total,
        })
    }

    /// Opens a connection. A boxed future, so that driver and TLS handshake are
    /// compiled here and not in every crate that uses a store.
    pub(crate) fn connect(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<PgConnection>> + Send + '_>> {
        Box::pin(async move {
            let (client, connection) = self
                .config
                .connect(self.tls.clone())
                .await
                .map_err(|error| StoreError::Unavailable(error_with_causes(&error)))?;
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::warn!(
                        error = error_with_causes(&error),
                        "a database connection ended"
                    );
                }
            });
            Ok(PgConnection {
                client,
                statements: RwLock::default(),
                round_trips_total: self.round_trips_total.clone(),
            })
        })
    }
}

/// Splits off libpq's `sslmode` and `sslrootcert`, which the driver supports in
/// part only. Returns the URL without them and their values.
fn split_tls_options(url: &str) -> (String, Option<String>, Option<String>) {
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), None, None);
    };
    let (mut mode, mut root, mut rest) = (None, None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => root = Some(value.replace("%2F", "/")),
            _ => rest.push(pair),
        }
    }
    let url = if rest.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", rest.join("&"))
    };
    (url, mode, root)
}

fn tls(verify: TlsVerification, root: Option<&str>) -> std::result::Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    if verify == TlsVerification::None {
        let verifier = Arc::new(AcceptAnyCertificate(provider));
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    match root {
        Some(path) => {
            for certificate in
                CertificateDer::pem_file_iter(path).map_err(|error| format!("{path}: {error}"))?
            {
                let certificate = certificate.map_err(|error| format!("{path}: {error}"))?;
                roots
                    .add(certificate)
                    .map_err(|error| format!("{path}: {error}"))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Accepts any certificate, as libpq does for `sslmode=prefer` and `require`: the
/// connection is encrypted, but the server is not authenticated.
#[derive(Debug)]
struct AcceptAnyCertificate(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for AcceptAnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let supported = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signature, supported)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let supported = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signature, supported)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A connection and the statements prepared on it.
pub(crate) struct PgConnection {
    client: Client,
    /// Keyed by the address of the text, which lives as long as the program.
    statements: RwLock<HashMap<usize, Statement>>,
    round_trips_total: Arc<AtomicU64>,
}

/// The result of a statement: its rows, and how many it changed.
type StatementResult = std::result::Result<(Vec<Row>, u64), Error>;

impl PgConnection {
    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    fn count_round_trip(&self) {
        self.round_trips_total.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) async fn prepare(
        &self,
        text: &'static str,
    ) -> std::result::Result<Statement, Error> {
        let key = text.as_ptr() as usize;
        let cached = self
            .statements
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        if let Some(statement) = cached {
            return Ok(statement);
        }
        self.count_round_trip();
        let statement = self.client.prepare(text).await?;
        self.statements
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, statement.clone());
        Ok(statement)
    }

    pub(crate) async fn prepare_all(
        &self,
        statements: &[(&'static Sql, Vec<Value>)],
    ) -> std::result::Result<Vec<Statement>, Error> {
        let mut prepared = Vec::with_capacity(statements.len());
        for (sql, _) in statements {
            prepared.push(self.prepare(sql.postgres).await?);
        }
        Ok(prepared)
    }

    /// Returns the statement that inserts many rows into a table, with the types
    /// that its columns have in this database.
    pub(crate) async fn bulk_statement(
        &self,
        insert: &'static Insert,
    ) -> std::result::Result<&'static Sql, Error> {
        let one = self.prepare(insert.sql(1).postgres).await?;
        Ok(insert.bulk_statement(one.params()))
    }

    /// Forgets the prepared statements; after a failover or a change of the
    /// schema the server may not have them any more.
    pub(crate) fn clear_statement_cache(&self) {
        self.statements
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    async fn execute(&self, statement: &Statement, values: &[Value]) -> StatementResult {
        let rows = self.client.query_raw(statement, values).await?;
        pin_mut!(rows);
        let mut out = Vec::new();
        while let Some(row) = rows.try_next().await? {
            out.push(row);
        }
        Ok((out, rows.rows_affected().unwrap_or(0)))
    }

    /// Runs one statement.
    pub(crate) async fn run(&self, text: &'static str, values: &[Value]) -> StatementResult {
        let statement = self.prepare(text).await?;
        self.count_round_trip();
        self.execute(&statement, values).await
    }

    /// Runs a text of several statements without parameters.
    pub(crate) async fn batch(&self, text: &str) -> std::result::Result<(), Error> {
        self.count_round_trip();
        self.client.batch_execute(text).await
    }

    /// Sends all statements at once: the first poll of each sends it, in order.
    /// Returns all results, in order; unlike `try_join`, it awaits every one.
    pub(crate) async fn pipeline(
        &self,
        prepared: &[Statement],
        statements: &[(&'static Sql, Vec<Value>)],
    ) -> Vec<StatementResult> {
        self.count_round_trip();
        let mut waiting: Vec<Pin<Box<MaybeDone<_>>>> = prepared
            .iter()
            .zip(statements)
            .map(|(statement, (_, values))| Box::pin(maybe_done(self.execute(statement, values))))
            .collect();
        poll_fn(|context| {
            for future in &mut waiting {
                // `MaybeDone` stores finished results until all are awaited below.
                let _ = future.as_mut().poll(context);
            }
            Poll::Ready(())
        })
        .await;
        for future in &mut waiting {
            future.as_mut().await;
        }
        waiting
            .iter_mut()
            .filter_map(|future| future.as_mut().take_output())
            .collect()
    }
}

/// Converts an error of the driver.
pub(crate) fn to_store_error(error: &Error) -> StoreError {
    let Some(db) = error.as_db_error() else {
        return if error.is_closed()
            || std::error::Error::source(error)
                .is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
        {
            StoreError::Transient(error_with_causes(error))
        } else {
            StoreError::Fault(error_with_causes(error))
        };
    };
    match db.code().code() {
        "23505" => StoreError::RuleViolation(Rule::by_constraint(db.constraint())),
        "23503" | "23001" => StoreError::RuleViolation(Rule::ForeignKey),
        code if code.starts_with("23") => StoreError::RuleViolation(Rule::Other),
        // Serialization failure, deadlock; a server that became a standby or
        // restarted; plans and statements that it does not have any more.
        "40001" | "40P01" | "25006" | "26000" | "57P01" | "57P02" | "57P03" => {
            StoreError::Transient(db.message().to_owned())
        }
        "0A000" if db.message().contains("cached plan") => {
            StoreError::Transient(db.message().to_owned())
        }
        code => StoreError::Fault(format!("{code}: {}", db.message())),
    }
}

/// Returns the error's text with its causes, where the driver puts the details.
fn error_with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
