//! What is sent is never far ahead of who reads it, and what is not read has a bound and an end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::{Body, Frame};
use hyper::client::conn::http2;
use hyper::{Method, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use inventory_core::memory::MemoryStorage;
use inventory_http::server::{
    Access, Answer, App, CHUNK_BYTES, ConnectionCount, Keyring, Limits, Listener, Quota, Route,
    Stopping,
};
use inventory_http::telemetry::{ResourceAttributes, Telemetry, TelemetrySettings};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::world::{World, settings};

/// Far more than any buffer between the two.
const CHUNKS: usize = 4_096;

/// What one answer may be ahead of its reader: two chunks, and what the sockets of both sides buffer.
const AHEAD_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A body that counts what it is asked for.
struct Counted(Arc<AtomicUsize>);

impl Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let made = self.0.fetch_add(1, Ordering::Relaxed);
        Poll::Ready((made < CHUNKS).then(|| Ok(Frame::data(vec![b'x'; CHUNK_BYTES].into()))))
    }
}

/// A service that answers one body, which it counts.
struct Served {
    runtime: Runtime,
    address: SocketAddr,
    polls: Arc<AtomicUsize>,
}

fn serve() -> Served {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let polls = Arc::new(AtomicUsize::new(0));
    let routes = vec![
        Route::<Arc<AtomicUsize>>::now(Method::GET, "/body", Access::Open, |call| {
            let body = Counted(Arc::clone(call.service()));
            Ok(Answer::streamed("application/json", Box::pin(body)))
        }),
        Route::now(Method::GET, "/short", Access::Open, |_| {
            Ok(Answer::text("text/plain", "here".to_owned()))
        }),
    ];
    let address = runtime.block_on(async {
        let limits = Limits::default();
        let settings = TelemetrySettings {
            collector: None,
            service: "test".to_owned(),
            attributes: ResourceAttributes::default(),
            is_encrypted: false,
            trace_ratio: 0.0,
            interval: Duration::from_secs(1),
        };
        let telemetry = Telemetry::start(&settings, "here").await;
        let quota = Quota {
            tokens: 0,
            store_tokens: 0,
            period: Duration::from_secs(1),
        };
        let app = App::new(
            Arc::new(Arc::clone(&polls)),
            routes,
            Keyring::unlocked(quota),
            limits,
            telemetry,
        );
        let any = "127.0.0.1:0".parse().unwrap();
        let listener = Listener::bind(any, limits).await.unwrap();
        let address = listener.address().unwrap();
        tokio::spawn(listener.serve(
            Arc::new(app),
            ConnectionCount::default(),
            Stopping::default(),
            std::future::pending(),
        ));
        address
    });
    Served {
        runtime,
        address,
        polls,
    }
}

impl Served {
    /// What was asked of the bodies, once nothing more is asked while others are served for a while.
    fn settled(&self) -> usize {
        let mut client = Client::connect(self.address);
        loop {
            let before = self.polls.load(Ordering::Relaxed);
            for _ in 0..300 {
                assert_eq!(client.call("GET", "/short", &[], None).status, 200);
            }
            if before > 0 && before == self.polls.load(Ordering::Relaxed) {
                return before;
            }
        }
    }
}

#[test]
fn a_body_is_made_no_further_than_its_reader_takes_it() {
    let served = serve();
    let mut client = Client::narrow(served.address);
    client.send(b"GET /body HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let unread = served.settled();
    assert!(unread * CHUNK_BYTES <= AHEAD_BYTES_MAX, "{unread} chunks");
    assert_eq!(client.head().unwrap().status, 200);
    let mut bytes = 0;
    while let Some(chunk) = client.chunk() {
        bytes += chunk.len();
        let made = served.polls.load(Ordering::Relaxed) * CHUNK_BYTES;
        assert!(made <= bytes + AHEAD_BYTES_MAX, "{made} of {bytes}");
    }
    assert_eq!(bytes, CHUNKS * CHUNK_BYTES);
}

async fn http2(address: SocketAddr, window: u32) -> (http2::SendRequest<Empty<Bytes>>, Connection) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(window)
        .handshake(TokioIo::new(stream))
        .await
        .unwrap();
    (sender, Box::pin(connection))
}

type Connection = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

fn get(address: SocketAddr, path: &str) -> Request<Empty<Bytes>> {
    Request::get(format!("http://{address}{path}"))
        .header("x-api-key", "demo")
        .body(Empty::new())
        .unwrap()
}

/// Each stream has its own window, here of a gigabyte, of which nothing is read.
#[test]
fn a_body_of_http2_is_made_no_further_than_its_reader_takes_it() {
    let served = serve();
    let answers = served.runtime.block_on(async {
        let (mut sender, connection) = http2(served.address, 1 << 30).await;
        tokio::spawn(connection);
        let mut answers = Vec::new();
        for _ in 0..10 {
            let answer = sender.send_request(get(served.address, "/body"));
            answers.push(answer.await.unwrap());
        }
        (sender, answers)
    });
    let unread = served.settled();
    assert!(
        unread * CHUNK_BYTES <= 10 * AHEAD_BYTES_MAX,
        "{unread} chunks"
    );
    drop(answers);
}

/// A client that takes no byte of its answers and asks for others all the time.
#[test]
fn a_client_of_http2_that_takes_nothing_of_an_answer_is_given_up() {
    let mut settings = settings(&[]);
    settings.service.limits.watch_interval = Duration::from_millis(10);
    settings.service.limits.answer_period = Duration::from_millis(100);
    let world = World::on(MemoryStorage::new().ports(), &settings);
    world.adjust("tea", "north", 1, "k1");
    let address = world.address;
    for path in ["/inventory/tea", "/replication/snapshot"] {
        world.runtime().block_on(async {
            let (mut sender, connection) = http2(address, 0).await;
            let ended = tokio::spawn(connection);
            let answer = sender.send_request(get(address, path)).await.unwrap();
            let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
            assert!(ended.is_ok(), "{path}");
            drop(answer);
        });
    }
}

/// A catalogue whose snapshot is larger than all buffers.
fn catalogue(world: &World) {
    for sync in 0..4 {
        let rows: Vec<_> = (0..10_000)
            .map(|row| json!({ "id": format!("product-{sync}-{row}"), "qty": row }))
            .collect();
        let body = json!({ "storeId": "north", "mode": "overwrite", "products": rows });
        assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    }
}

fn ask(world: &World, path: &str) -> Client {
    let mut client = world.client();
    client.send(
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n").as_bytes(),
    );
    client
}

#[test]
fn so_many_snapshots_are_sent_at_once_and_the_next_is_asked_to_wait() {
    let mut settings = settings(&[]);
    settings.service.limits.snapshots_max = 3;
    let world = World::on(MemoryStorage::new().ports(), &settings);
    catalogue(&world);
    let unread: Vec<Client> = (0..3)
        .map(|_| {
            let mut client = ask(&world, "/replication/snapshot");
            assert_eq!(client.head().unwrap().status, 200);
            client
        })
        .collect();
    let refused = world.get("/replication/snapshot");
    assert_eq!(refused.error().0, 503, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("1"));
    drop(unread);
    let begun = Instant::now();
    while world.get("/replication/snapshot").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn pages_that_are_kept_for_followers_have_a_bound() {
    let mut settings = settings(&[]);
    settings.service.limits.pages_bytes_max = 100_000;
    let world = World::on(MemoryStorage::new().ports(), &settings);
    world.adjust("tea", "north", 1, "k1");
    let page = "/replication/changes?fromOffset=0&limit=1";
    assert_eq!(world.get(page).status, 200);
    // A request of a thousand events takes more than there is, and is never split.
    catalogue(&world);
    let refused = world.get("/replication/changes?fromOffset=1&limit=1");
    assert_eq!(refused.error().0, 503, "{refused:?}");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(world.get(page).status, 200);
}

#[test]
fn so_many_states_are_kept_for_snapshots_and_no_more() {
    let mut settings = settings(&[]);
    settings.service.limits.images_max = 2;
    let world = World::on(MemoryStorage::new().ports(), &settings);
    catalogue(&world);
    let mut unread = Vec::new();
    // The state moves on, and who asks within a second of somebody else is given the same.
    let refused = loop {
        world.adjust("tea", "north", 1, &format!("k{}", unread.len()));
        let mut client = ask(&world, "/replication/snapshot");
        let reply = client.head().unwrap();
        if reply.status != 200 {
            break reply;
        }
        unread.push(client);
        assert!(unread.len() <= 4, "only so many states may be kept");
        // A poll that sees nothing takes a second: whoever asks then is not given the same.
        let head = world.head();
        let idle = world.get(&format!(
            "/replication/changes?fromOffset={head}&longPollSeconds=1"
        ));
        assert_eq!(idle.status, 200);
    };
    assert_eq!(refused.status, 503);
    assert!(unread.len() >= 2);
}

#[test]
fn bodies_that_do_not_end_leave_room_for_others() {
    let mut settings = settings(&[("API_KEYS", "demo,mine=store:north")]);
    settings.service.limits.bodies_bytes_max = 400_000;
    let world = World::on(MemoryStorage::new().ports(), &settings);
    let begun = |key: &str| {
        let mut client = world.client();
        let head = format!(
            "POST /inventory/sync HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n\
             Content-Length: 1000000\r\n\r\n{}",
            " ".repeat(150_000)
        );
        client.send(head.as_bytes());
        client
    };
    let mut unfinished: Vec<Client> = (0..3).map(|_| begun("mine")).collect();
    // One of them has room for its bytes, the others have not.
    let refused = unfinished.pop().unwrap();
    let mut refused = [refused, unfinished.pop().unwrap()];
    let mut count = 0;
    for client in &mut refused {
        client.within(Duration::from_secs(2));
        if let Some(reply) = client.reply() {
            assert_eq!(
                (reply.error().0, reply.header("retry-after")),
                (503, Some("1"))
            );
            count += 1;
        }
    }
    assert!(count >= 1, "three bodies of 150,000 bytes in 200,000");
    // Another key has its half.
    world.adjust("tea", "north", 1, "k1");
    drop((unfinished, refused));
}

#[test]
fn answers_that_are_not_taken_leave_room_for_others() {
    let mut settings = settings(&[]);
    settings.service.limits.answers_bytes_max = 1_000_000;
    let world = World::on(MemoryStorage::new().ports(), &settings);
    catalogue(&world);
    // Pipelined, so that one is not taken while the others are asked for.
    let unread: Vec<Client> = (0..40)
        .map(|_| {
            let one =
                "GET /inventory?limit=1000 HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n";
            let mut client = world.client();
            client.send(one.repeat(200).as_bytes());
            client
        })
        .collect();
    let begun = Instant::now();
    let refused = loop {
        let reply = world.get("/inventory?limit=1000");
        if reply.status != 200 {
            break reply;
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
    };
    assert_eq!(
        (refused.error().0, refused.header("retry-after")),
        (503, Some("1"))
    );
    assert_eq!(world.get("/inventory/tea").error().0, 404);
    drop(unread);
    while world.get("/inventory?limit=1000").status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn a_follower_that_does_not_read_is_ended() {
    let mut settings = settings(&[]);
    settings.service.limits.watch_interval = Duration::from_millis(10);
    settings.service.limits.answer_period = Duration::from_millis(200);
    let world = World::on(MemoryStorage::new().ports(), &settings);
    catalogue(&world);
    let mut deaf = ask(&world, "/replication/stream?fromOffset=0");
    let mut quick = ask(&world, "/replication/stream?fromOffset=40000");
    assert_eq!(quick.head().unwrap().status, 200);
    assert_eq!(quick.chunk().unwrap(), b"retry: 1000\n: connected\n\n");
    let open = || {
        let metrics = String::from_utf8(world.get("/metrics").body).unwrap();
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("inventory_connections_open "));
        line.unwrap().parse::<usize>().unwrap()
    };
    let begun = Instant::now();
    while open() > 2 {
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    // Who has nothing to read is not slow.
    world.adjust("tea", "north", 1, "k1");
    assert!(
        String::from_utf8(quick.chunk().unwrap())
            .unwrap()
            .contains("k1")
    );
    assert_eq!(deaf.head().unwrap().status, 200);
}
