//! Stopping: what was begun is finished, nothing new is begun, and patience
//! has an end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::get};
use freehold_server::serve::{Ended, serve};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
};

/// A server with a request that says when it has begun and waits to be let go.
struct AppState {
    address: SocketAddr,
    begun: Arc<Notify>,
    go: Arc<Notify>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Ended>,
}

async fn open(patience: Duration) -> AppState {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&begun), Arc::clone(&go));
    let router = Router::new()
        .route(
            "/peer",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
        )
        .route(
            "/slow",
            get(async move || {
                tell.notify_one();
                wait.notified().await;
                "done"
            }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap() };
    let serving = tokio::spawn(serve(listener, router, stopped, patience));
    AppState {
        address,
        begun,
        go,
        stop,
        serving,
    }
}

async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    _ = stream.read_to_string(&mut text).await;
    text
}

#[tokio::test]
async fn a_request_that_was_begun_is_answered_and_idle_connections_do_not_hold_the_stop() {
    let house = open(Duration::from_secs(20)).await;
    let idle = TcpStream::connect(house.address).await.unwrap();
    let slow = ask(house.address, "/slow").await;
    house.begun.notified().await;
    house.stop.send(()).unwrap();
    // The listener is gone before the request is answered.
    while TcpStream::connect(house.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(!house.serving.is_finished());
    house.go.notify_one();
    let text = rest(slow).await;
    assert!(
        text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("done"),
        "{text}"
    );
    assert_eq!(house.serving.await.unwrap(), Ended::Quiet);
    drop(idle);
}

#[tokio::test]
async fn patience_has_an_end() {
    let house = open(Duration::from_millis(50)).await;
    let slow = ask(house.address, "/slow").await;
    house.begun.notified().await;
    house.stop.send(()).unwrap();
    assert_eq!(house.serving.await.unwrap(), Ended::Cut);
    drop(slow);
}

#[tokio::test]
async fn handlers_learn_the_peers_address() {
    let house = open(Duration::from_secs(20)).await;
    let mut stream = ask(house.address, "/peer").await;
    let mut first = [0; 1];
    stream.read_exact(&mut first).await.unwrap();
    // Answered at least in part: now the stop closes the connection behind it.
    house.stop.send(()).unwrap();
    let text = rest(stream).await;
    assert!(text.ends_with("127.0.0.1"), "{text}");
}
