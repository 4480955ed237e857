//! Closes the connection after a response that was sent before the whole request body was read,
//! such as a 401. The rest of the body would precede the next request on the connection.
//! `Connection: close` in the response keeps the client from sending that request.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, header};

/// Whether a request's body was read to its end.
#[derive(Debug)]
pub(crate) struct UnreadBody(Option<Arc<AtomicBool>>);

/// Returns the request with a tracked body. A request without a body is not changed.
pub(crate) fn track(request: Request) -> (Request, UnreadBody) {
    if request.body().is_end_stream() {
        return (request, UnreadBody(None));
    }
    let read = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&read);
    let tracked = request.map(|inner| Body::new(TrackedBody { inner, read }));
    (tracked, UnreadBody(Some(flag)))
}

impl UnreadBody {
    /// Adds `Connection: close` to the response if the body was not read to its end.
    pub(crate) fn close_connection_if_unread(self, response: &mut Response) {
        let Self(Some(read)) = self else { return };
        if !read.load(Ordering::Relaxed) {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
    }
}

/// A body that sets `read` when its end was reached.
struct TrackedBody {
    inner: Body,
    read: Arc<AtomicBool>,
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(frame) = &polled
            && (frame.is_none() || self.inner.is_end_stream())
        {
            self.read.store(true, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}
