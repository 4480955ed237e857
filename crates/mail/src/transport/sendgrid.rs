//! Sends emails through SendGrid's API, version 3.

use std::fmt;
use std::time::Duration;

use freehold_app::{DeliveryError, EmailMessage};
use reqwest::{Client, StatusCode, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::MailerSetupError;
use crate::Sender;
use crate::render::RenderedEmail;

/// The time limit of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The account at SendGrid and the URL of the API.
#[derive(Clone, Debug)]
pub struct SendGridSettings {
    /// The API key of the account.
    pub key: SecretString,
    /// The URL of the API without a path: `https://api.sendgrid.com`.
    pub url: String,
}

/// A client for one account at SendGrid.
pub(crate) struct SendGrid {
    settings: SendGridSettings,
    client: Client,
}

impl fmt::Debug for SendGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendGrid({})", self.settings.url)
    }
}

impl SendGrid {
    pub(crate) fn open(settings: SendGridSettings) -> Result<Self, MailerSetupError> {
        let client = Client::builder()
            .timeout(REQUEST_TIMEOUT)
            // A redirect would send the key to another server.
            .redirect(Policy::none())
            .build()
            .map_err(|error| MailerSetupError::Tls(error.to_string()))?;
        Ok(Self { settings, client })
    }

    pub(crate) async fn send(
        &self,
        sender: &Sender,
        message: &EmailMessage,
        rendered: &RenderedEmail,
    ) -> Result<(), DeliveryError> {
        let request_builder = self
            .client
            .post(format!("{}/v3/mail/send", self.settings.url))
            .bearer_auth(self.settings.key.expose_secret())
            .json(&request(sender, message, rendered));
        let connection_error = |error: reqwest::Error| {
            let why = match std::error::Error::source(&error) {
                Some(source) => source.to_string(),
                None => error.to_string(),
            };
            DeliveryError::Transient(format!("no response from SendGrid: {why}"))
        };
        let response = request_builder.send().await.map_err(connection_error)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let why = reason(response.bytes().await.unwrap_or_default().as_ref());
        let message = format!("SendGrid returned {}: {why}", status.as_u16());
        // 401 and 403 are about the key, which the operator can correct.
        let is_permanent = matches!(
            status,
            StatusCode::BAD_REQUEST
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY
        );
        Err(if is_permanent {
            DeliveryError::Permanent(message)
        } else {
            DeliveryError::Transient(message)
        })
    }
}

fn request(sender: &Sender, message: &EmailMessage, rendered: &RenderedEmail) -> Value {
    let mut from = json!({ "email": sender.address() });
    if let Some(name) = sender.name() {
        from["name"] = name.into();
    }
    // Tracking would replace every link, with its secret, by one to SendGrid.
    let off = json!({ "enable": false });
    json!({
        "personalizations": [{ "to": [{ "email": message.to.as_str() }] }],
        "from": from,
        "subject": rendered.subject,
        "content": [
            { "type": "text/plain", "value": rendered.text },
            { "type": "text/html", "value": rendered.html },
        ],
        "headers": {
            "Message-ID": format!("<{}@{}>", message.id, sender.domain()),
            "Auto-Submitted": "auto-generated",
        },
        "tracking_settings": { "click_tracking": off, "open_tracking": off },
    })
}

/// The first error message of a response.
fn reason(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let first = &body["errors"][0]["message"];
    first.as_str().unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
    use freehold_app::{EmailTemplate, Mailer};
    use freehold_domain::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::{TransportMailer, TransportSettings};

    type ReceivedRequests = Arc<Mutex<Vec<(String, Value)>>>;

    /// Starts a server that records requests and returns `responses` in order.
    async fn serve(responses: Vec<(u16, Value)>) -> (String, ReceivedRequests) {
        let received = ReceivedRequests::default();
        let state = (
            Arc::new(Mutex::new(responses.into_iter())),
            received.clone(),
        );
        type Script = Arc<Mutex<std::vec::IntoIter<(u16, Value)>>>;
        let respond = async |State((script, received)): State<(Script, ReceivedRequests)>,
                             headers: HeaderMap,
                             Json(body): Json<Value>| {
            let key = headers["authorization"].to_str().unwrap().to_owned();
            received.lock().unwrap().push((key, body));
            let (status, body) = script.lock().unwrap().next().unwrap();
            (StatusCode::from_u16(status).unwrap(), Json(body))
        };
        let api = Router::new()
            .route("/v3/mail/send", post(respond))
            .with_state(state);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, api).await });
        (url, received)
    }

    fn mailer(url: &str) -> TransportMailer {
        let settings = SendGridSettings {
            key: "SG.hush".into(),
            url: url.to_owned(),
        };
        let sender = "Acme <mail@acme.test>".parse().unwrap();
        TransportMailer::open(sender, "Agenta", &TransportSettings::SendGrid(settings)).unwrap()
    }

    fn message() -> EmailMessage {
        EmailMessage {
            id: Uuid::from_u128(7),
            to: "bob@x.test".parse().unwrap(),
            at: Timestamp::from_micros(0),
            template: EmailTemplate::Test {
                link: "https://web.test".to_owned(),
            },
        }
    }

    #[tokio::test]
    async fn an_email_is_one_request() {
        let (url, received) = serve(vec![(202, Value::Null)]).await;
        assert_eq!(mailer(&url).send(message()).await, Ok(()));
        let (key, body) = received.lock().unwrap().remove(0);
        assert_eq!(key, "Bearer SG.hush");
        assert_eq!(
            body["personalizations"],
            json!([{ "to": [{ "email": "bob@x.test" }] }])
        );
        assert_eq!(
            body["from"],
            json!({ "email": "mail@acme.test", "name": "Acme" })
        );
        assert_eq!(body["subject"], "Agenta: test email");
        assert_eq!(body["content"][0]["type"], "text/plain");
        assert!(
            body["content"][1]["value"]
                .as_str()
                .unwrap()
                .contains("<!doctype html>")
        );
        assert_eq!(body["tracking_settings"]["click_tracking"]["enable"], false);
    }

    #[tokio::test]
    async fn transient_and_permanent_errors_are_distinguished() {
        let error = |text: &str| json!({ "errors": [{ "message": text }] });
        let (url, _) = serve(vec![
            (429, error("too many requests")),
            (401, error("The provided authorization grant is invalid")),
            (503, Value::Null),
            (400, error("Does not contain a valid address.")),
        ])
        .await;
        let mailer = mailer(&url);
        for (kind, text) in [
            ("Transient", "SendGrid returned 429: too many requests"),
            (
                "Transient",
                "SendGrid returned 401: The provided authorization grant is invalid",
            ),
            ("Transient", "SendGrid returned 503: no reason given"),
            (
                "Permanent",
                "SendGrid returned 400: Does not contain a valid address.",
            ),
        ] {
            let error = mailer.send(message()).await.unwrap_err();
            assert_eq!(error.to_string(), text);
            assert!(format!("{error:?}").starts_with(kind), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_failure_is_transient() {
        let error = mailer("http://127.0.0.1:1")
            .send(message())
            .await
            .unwrap_err();
        assert!(matches!(error, DeliveryError::Transient(_)), "{error:?}");
        assert!(!error.to_string().contains("hush"));
    }
}
