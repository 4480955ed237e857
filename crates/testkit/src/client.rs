//! Asking the server as any program would: over HTTP, by hand.
//!
//! Not here: who asks ([`crate::Person`]).

use std::pin::Pin;
use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value;

/// Somebody who asks one server, with or without a credential.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    authorization: Option<String>,
}

impl Client {
    /// A stranger at the server that listens at `base`.
    pub fn new(base: impl Into<String>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            http,
            base: base.into(),
            authorization: None,
        }
    }

    /// The same, with this `Authorization`.
    #[must_use]
    pub fn with(&self, authorization: impl Into<String>) -> Self {
        Self {
            authorization: Some(authorization.into()),
            ..self.clone()
        }
    }

    /// The same, without any credential.
    #[must_use]
    pub fn stranger(&self) -> Self {
        Self {
            authorization: None,
            ..self.clone()
        }
    }

    /// The same, on connections of its own.
    #[must_use]
    pub fn apart(&self) -> Self {
        Self {
            authorization: self.authorization.clone(),
            ..Self::new(self.base.clone())
        }
    }

    /// Where the server listens, as `http://address:port`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request that is sent by awaiting it.
    pub fn ask(&self, method: &str, path: &str) -> Ask {
        let known = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(known, format!("{}{path}", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        Ask {
            request,
            asked: format!("{method} {path}"),
        }
    }

    /// `GET`
    pub fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    /// `POST` with a JSON body
    pub fn post(&self, path: &str, body: &Value) -> Ask {
        self.ask("POST", path).json(body)
    }

    /// `POST` without a body
    pub fn post_nothing(&self, path: &str) -> Ask {
        self.ask("POST", path)
    }

    /// `PUT`
    pub fn put(&self, path: &str, body: &Value) -> Ask {
        self.ask("PUT", path).json(body)
    }

    /// `PATCH`
    pub fn patch(&self, path: &str, body: &Value) -> Ask {
        self.ask("PATCH", path).json(body)
    }

    /// `DELETE`
    pub fn delete(&self, path: &str) -> Ask {
        self.ask("DELETE", path)
    }
}

/// A request that is about to be sent: await it.
#[derive(Debug)]
#[must_use = "it is sent by awaiting it"]
pub struct Ask {
    request: reqwest::RequestBuilder,
    asked: String,
}

impl Ask {
    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With this body, whatever it is; its type is for the caller to say.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.body(body.into());
        self
    }

    /// With this body as JSON.
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// The answer, or nothing when the server went away before it was whole.
    pub async fn try_send(self) -> Option<Answer> {
        let Self { request, asked } = self;
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.ok()?.to_vec();
        Some(Answer {
            asked,
            status,
            headers,
            body,
            json: OnceLock::new(),
        })
    }
}

impl IntoFuture for Ask {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let asked = self.asked.clone();
        Box::pin(async move {
            let answer = self.try_send().await;
            answer.unwrap_or_else(|| panic!("{asked} was not answered"))
        })
    }
}

/// What came back. Whatever is asked of it in vain fails with all that it says.
#[derive(Clone, Debug)]
pub struct Answer {
    asked: String,
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
    json: OnceLock<Value>,
}

impl Answer {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body as it came.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, which is JSON.
    #[track_caller]
    pub fn json(&self) -> &Value {
        self.json.get_or_init(|| {
            serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self}"))
        })
    }

    /// What the contract calls `detail`.
    #[track_caller]
    pub fn detail(&self) -> &Value {
        &self.json()["detail"]
    }

    /// The stable name of what went wrong.
    #[track_caller]
    pub fn code(&self) -> &str {
        self.json()["code"].as_str().unwrap_or_default()
    }

    /// A text of the body.
    #[track_caller]
    pub fn word(&self, member: &str) -> String {
        match &self.json()[member] {
            Value::String(text) => text.clone(),
            _ => panic!("no text in `{member}`: {self}"),
        }
    }

    /// A header, if it is there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers of this name.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let all = self.headers.get_all(name).iter();
        all.filter_map(|value| value.to_str().ok()).collect()
    }

    /// Every header, by its name.
    pub fn header_lines(&self) -> Vec<(String, String)> {
        let lines = self.headers.iter();
        let mut lines: Vec<_> = lines
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.to_string(), value.into_owned())
            })
            .collect();
        lines.sort();
        lines
    }

    /// This answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "not {status}: {self}");
        self
    }

    /// Its status and its `detail` are these, which the contract fixes.
    #[track_caller]
    pub fn expect_detail(self, status: u16, detail: impl Into<Value>) -> Self {
        let answer = self.expect(status);
        assert!(
            *answer.detail() == detail.into(),
            "another detail: {answer}"
        );
        answer
    }

    /// Its status and all of its body are these.
    #[track_caller]
    pub fn expect_body(self, status: u16, body: &Value) -> Self {
        let answer = self.expect(status);
        assert!(answer.json() == body, "not {body}: {answer}");
        answer
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            asked,
            status,
            headers,
            ..
        } = self;
        write!(f, "{asked} -> {status}\n{}\n{headers:?}", self.text())
    }
}
