//! Accepts connections, serves requests, and shuts down gracefully.
//!
//! Not here: the responses (`freehold-http`), and what is opened before and closed
//! after serving (`run`).

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, time::Duration};

use axum::{body::Body, extract::ConnectInfo};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    time::{sleep, timeout},
};
use tower::{Service, ServiceExt as _};

/// How long running requests may take after the server was asked to stop.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may wait for the (rest of the) head of a request.
/// Longer than the 60 seconds for which common proxies keep connections idle: a
/// proxy must not send a request into a connection that the server closes.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(75);
/// Pause after a failed accept, such as when no file descriptors are left.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownOutcome {
    /// Every running request was answered.
    Clean,
    /// Some requests were still running after the timeout.
    RequestsAborted,
}

/// The service that answers requests. Each request has the peer's address as
/// [`ConnectInfo<SocketAddr>`] in its extensions.
pub trait Api:
    Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Api for S where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Serves `api` until `stop` resolves, then finishes running requests for at most
/// `shutdown_timeout`.
pub async fn serve(
    listener: TcpListener,
    api: impl Api,
    stop: impl Future<Output = ()>,
    shutdown_timeout: Duration,
) -> ShutdownOutcome {
    let connections = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => spawn_connection(stream, peer, api.clone(), &connections),
                // The client is gone, or no file descriptors are left: the next
                // accept may succeed, but not at once.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_RETRY_DELAY).await;
                }
            },
        }
    }
    drop(listener);
    match timeout(shutdown_timeout, connections.shutdown()).await {
        Ok(()) => ShutdownOutcome::Clean,
        Err(_elapsed) => ShutdownOutcome::RequestsAborted,
    }
}

fn spawn_connection(
    stream: TcpStream,
    peer: SocketAddr,
    api: impl Api,
    connections: &GracefulShutdown,
) {
    // Responses are small and complete: waiting to fill a packet would delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "could not set TCP_NODELAY");
    }
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        api.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection error");
        }
    });
}

/// Resolves when this process receives SIGTERM or SIGINT. After a second signal
/// the process exits at once.
///
/// # Errors
/// If no signal handler can be installed.
pub fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: finishing running requests");
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::warn!("stopping immediately");
            std::process::exit(130);
        });
    })
}
