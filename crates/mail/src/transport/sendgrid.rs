//! Letters through SendGrid's API, version 3.

use std::fmt;
use std::time::Duration;

use freehold_app::{DeliveryError, EmailMessage};
use reqwest::{Client, StatusCode, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::MailerSetupError;
use crate::Sender;
use crate::render::RenderedEmail;

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Which account, and where.
#[derive(Clone, Debug)]
pub struct SendGridSettings {
    /// The account's key.
    pub key: SecretString,
    /// Where the API is, without the path: `https://api.sendgrid.com`.
    pub url: String,
}

/// An account at SendGrid.
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
            // A redirect would carry the key to wherever it leads.
            .redirect(Policy::none())
            .build()
            .map_err(|error| MailerSetupError::Tls(error.to_string()))?;
        Ok(Self { settings, client })
    }

    pub(crate) async fn send(
        &self,
        sender: &Sender,
        letter: &EmailMessage,
        written: &RenderedEmail,
    ) -> Result<(), DeliveryError> {
        let request_builder = self
            .client
            .post(format!("{}/v3/mail/send", self.settings.url))
            .bearer_auth(self.settings.key.expose_secret())
            .json(&request(sender, letter, written));
        let connection_error = |error: reqwest::Error| {
            let why = match std::error::Error::source(&error) {
                Some(source) => source.to_string(),
                None => error.to_string(),
            };
            DeliveryError::Transient(format!("SendGrid did not answer: {why}"))
        };
        let answer = request_builder.send().await.map_err(connection_error)?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let why = reason(answer.bytes().await.unwrap_or_default().as_ref());
        let said = format!("SendGrid answered {}: {why}", status.as_u16());
        // 401 and 403 speak of the key, which an operator can mend.
        let is_permanent = matches!(
            status,
            StatusCode::BAD_REQUEST
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY
        );
        Err(if is_permanent {
            DeliveryError::Permanent(said)
        } else {
            DeliveryError::Transient(said)
        })
    }
}

fn request(sender: &Sender, letter: &EmailMessage, written: &RenderedEmail) -> Value {
    let mut from = json!({ "email": sender.address() });
    if let Some(name) = sender.name() {
        from["name"] = name.into();
    }
    // Their tracking would lead every link, secret and all, through them.
    let off = json!({ "enable": false });
    json!({
        "personalizations": [{ "to": [{ "email": letter.to.as_str() }] }],
        "from": from,
        "subject": written.subject,
        "content": [
            { "type": "text/plain", "value": written.text },
            { "type": "text/html", "value": written.html },
        ],
        "headers": {
            "Message-ID": format!("<{}@{}>", letter.id, sender.domain()),
            "Auto-Submitted": "auto-generated",
        },
        "tracking_settings": { "click_tracking": off, "open_tracking": off },
    })
}

/// What SendGrid says is wrong, the first thing of it.
fn reason(body: &[u8]) -> String {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let first = &said["errors"][0]["message"];
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

    /// A server that keeps what it is told and answers with what is next.
    async fn serve(answers: Vec<(u16, Value)>) -> (String, ReceivedRequests) {
        let received = ReceivedRequests::default();
        let state = (Arc::new(Mutex::new(answers.into_iter())), received.clone());
        type Script = Arc<Mutex<std::vec::IntoIter<(u16, Value)>>>;
        let answer = async |State((script, received)): State<(Script, ReceivedRequests)>,
                            headers: HeaderMap,
                            Json(body): Json<Value>| {
            let key = headers["authorization"].to_str().unwrap().to_owned();
            received.lock().unwrap().push((key, body));
            let (status, body) = script.lock().unwrap().next().unwrap();
            (StatusCode::from_u16(status).unwrap(), Json(body))
        };
        let api = Router::new()
            .route("/v3/mail/send", post(answer))
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
        let sender = "Acme <post@acme.test>".parse().unwrap();
        TransportMailer::open(sender, "Agenta", &TransportSettings::SendGrid(settings)).unwrap()
    }

    fn letter() -> EmailMessage {
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
        assert_eq!(mailer(&url).send(letter()).await, Ok(()));
        let (key, body) = received.lock().unwrap().remove(0);
        assert_eq!(key, "Bearer SG.hush");
        assert_eq!(
            body["personalizations"],
            json!([{ "to": [{ "email": "bob@x.test" }] }])
        );
        assert_eq!(
            body["from"],
            json!({ "email": "post@acme.test", "name": "Acme" })
        );
        assert_eq!(body["subject"], "Agenta: letters arrive");
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
    async fn transient_and_permanent_errors_are_told_apart() {
        let said = |text: &str| json!({ "errors": [{ "message": text }] });
        let (url, _) = serve(vec![
            (429, said("too many requests")),
            (401, said("The provided authorization grant is invalid")),
            (503, Value::Null),
            (400, said("Does not contain a valid address.")),
        ])
        .await;
        let mailer = mailer(&url);
        for (kind, text) in [
            ("Transient", "SendGrid answered 429: too many requests"),
            (
                "Transient",
                "SendGrid answered 401: The provided authorization grant is invalid",
            ),
            ("Transient", "SendGrid answered 503: no reason given"),
            (
                "Permanent",
                "SendGrid answered 400: Does not contain a valid address.",
            ),
        ] {
            let error = mailer.send(letter()).await.unwrap_err();
            assert_eq!(error.to_string(), text);
            assert!(format!("{error:?}").starts_with(kind), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_failure_is_transient() {
        let error = mailer("http://127.0.0.1:1")
            .send(letter())
            .await
            .unwrap_err();
        assert!(matches!(error, DeliveryError::Transient(_)), "{error:?}");
        assert!(!error.to_string().contains("hush"));
    }
}
