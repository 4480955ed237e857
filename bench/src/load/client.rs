//! The small client that prepares people and asks single questions. Loads are
//! made by `wrk`, never by this.

use reqwest::{Method, header};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::error::{BenchError, Result, io};

/// An HTTP and SQL client that blocks.
pub(crate) struct Client {
    runtime: Runtime,
    http: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body as text.
    pub(crate) body: String,
    /// The header `st-access-token`.
    pub(crate) access_token: Option<String>,
}

impl Client {
    /// Makes a client that keeps its connections.
    pub(crate) fn new() -> Result<Self> {
        let runtime = io("tokio", Builder::new_current_thread().enable_all().build())?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { runtime, http })
    }

    /// Sends one request, whatever the answer.
    pub(crate) fn send(
        &self,
        method: Method,
        url: &str,
        authorization: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Reply> {
        self.runtime.block_on(async {
            let mut request = self.http.request(method, url);
            if let Some(value) = authorization {
                request = request.header(header::AUTHORIZATION, value);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = request.send().await?;
            let access_token = response
                .headers()
                .get("st-access-token")
                .and_then(|v| v.to_str().ok())
                .map(str::to_owned);
            let status = response.status().as_u16();
            Ok(Reply {
                status,
                body: response.text().await?,
                access_token,
            })
        })
    }

    /// Sends one request and insists on a status.
    pub(crate) fn expect(
        &self,
        status: u16,
        method: Method,
        url: &str,
        authorization: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Reply> {
        let request = format!("{method} {url}");
        let reply = self.send(method, url, authorization, body)?;
        if reply.status == status {
            return Ok(reply);
        }
        Err(BenchError::Answer {
            request,
            status: reply.status,
            body: reply.body.chars().take(300).collect(),
        })
    }

    /// Runs scripts of SQL, each as it stands, on one connection.
    pub(crate) fn sql(&self, database: &Url, scripts: &[&str]) -> Result<()> {
        self.runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(database.as_str(), tokio_postgres::NoTls).await?;
            let driver = tokio::spawn(connection);
            for script in scripts {
                client.batch_execute(script).await?;
            }
            drop(client);
            // It ends by itself once the client is gone; its error, if any,
            // was already reported by the statement that met it.
            let _ = driver.await;
            Ok(())
        })
    }
}
