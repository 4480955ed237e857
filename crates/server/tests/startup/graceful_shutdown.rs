//! Graceful shutdown: running requests finish, new connections are refused, and the
//! wait is limited.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::get};
use freehold_server::serve::{ShutdownOutcome, serve};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
};

/// A server with a request that reports its start and waits until it is released.
struct TestServer {
    address: SocketAddr,
    request_started: Arc<Notify>,
    release_request: Arc<Notify>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<ShutdownOutcome>,
}

async fn start_server(shutdown_timeout: Duration) -> TestServer {
    let (request_started, release_request) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (started, released) = (Arc::clone(&request_started), Arc::clone(&release_request));
    let router = Router::new()
        .route(
            "/peer",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
        )
        .route(
            "/slow",
            get(async move || {
                started.notify_one();
                released.notified().await;
                "done"
            }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap() };
    let serving = tokio::spawn(serve(listener, router, stopped, shutdown_timeout));
    TestServer {
        address,
        request_started,
        release_request,
        stop,
        serving,
    }
}

async fn send_request(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn read_rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    _ = stream.read_to_string(&mut text).await;
    text
}

#[tokio::test]
async fn running_requests_finish_and_idle_connections_close() {
    let server = start_server(Duration::from_secs(20)).await;
    let idle = TcpStream::connect(server.address).await.unwrap();
    let slow = send_request(server.address, "/slow").await;
    server.request_started.notified().await;
    server.stop.send(()).unwrap();
    // The listener is gone before the request is answered.
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!server.serving.is_finished());
    server.release_request.notify_one();
    let text = read_rest(slow).await;
    assert!(
        text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("done"),
        "{text}"
    );
    assert_eq!(server.serving.await.unwrap(), ShutdownOutcome::Clean);
    drop(idle);
}

#[tokio::test]
async fn shutdown_ends_after_its_timeout() {
    let server = start_server(Duration::from_millis(50)).await;
    let slow = send_request(server.address, "/slow").await;
    server.request_started.notified().await;
    server.stop.send(()).unwrap();
    assert_eq!(
        server.serving.await.unwrap(),
        ShutdownOutcome::RequestsAborted
    );
    drop(slow);
}

#[tokio::test]
async fn handlers_receive_the_peer_address() {
    let server = start_server(Duration::from_secs(20)).await;
    let mut stream = send_request(server.address, "/peer").await;
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    // The response has begun: the shutdown closes the connection after it.
    server.stop.send(()).unwrap();
    let text = read_rest(stream).await;
    assert!(text.ends_with("127.0.0.1"), "{text}");
}
