//! Clients, a central in memory, and a way to it that loses answers.

use std::net::SocketAddr;
use std::time::Duration;

use inventory_core::memory::MemoryStorage;
use inventory_core::vocabulary::{Adjustment, Chain, Epoch, ProductId, Sequence, StoreId};
use inventory_http::central::{self, SETTINGS, Settings};
use inventory_http::client::{
    Answered, Backoff, CallError, CentralClient, CentralSettings, Effect, Failure, InvalidAnswer,
    Randomness, Retry, new_key,
};
use inventory_http::server::{Running, Source};
use inventory_http::wire::{Position, Update};
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::script::{message, request};

/// Long enough that only a hang takes it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A central that forgets everything with the test.
pub(crate) async fn central() -> Running {
    let lookup = |name: &str| {
        let value = match name {
            "PORT" | "RATE_TOKENS" => "0",
            "OTEL_EXPORTER_OTLP_ENDPOINT" => "off",
            "SNAPSHOT_INTERVAL" => "1h",
            "DRAIN" => "0s",
            "API_KEYS" => "demo",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let no_file = |path: &str| Err(std::io::Error::other(path.to_owned()));
    let source = Source {
        table: SETTINGS,
        lookup: &lookup,
        read: &no_file,
    };
    let settings = Settings::from_source(&source).unwrap();
    let started = central::start(MemoryStorage::new().ports(), &settings).await;
    started.unwrap().0
}

pub(crate) fn settings(address: SocketAddr) -> CentralSettings {
    let url = format!("http://{address}").parse().unwrap();
    let mut settings = CentralSettings::new(url, "demo".parse().unwrap());
    settings.timeouts.connect = PATIENCE;
    settings.timeouts.answer = PATIENCE;
    settings.backoff = Backoff {
        first: Duration::from_millis(2),
        most: Duration::from_millis(4),
    };
    settings
}

/// A client that is patient, and whose jitter is none.
pub(crate) fn client(address: SocketAddr) -> CentralClient {
    client_with(address, |_| {})
}

/// Where a follower may stand: central is not asked in earnest.
pub(crate) fn anywhere() -> Position {
    Position {
        offset: Sequence::START,
        epoch: Epoch::from_random(1),
        chain: Chain::default(),
    }
}

/// As [`client`], with what a test changes.
pub(crate) fn client_with(
    address: SocketAddr,
    change: impl FnOnce(&mut CentralSettings),
) -> CentralClient {
    let mut settings = settings(address);
    change(&mut settings);
    CentralClient::with_randomness(settings, Randomness::from_fn(|| 0)).unwrap()
}

/// As [`client_with`], at a URL.
pub(crate) fn client_at(url: &str, change: impl FnOnce(&mut CentralSettings)) -> CentralClient {
    client_with(([127, 0, 0, 1], 1).into(), |settings| {
        settings.url = url.parse().unwrap();
        change(settings);
    })
}

/// Five more units of tea at store s1, as a new intent.
pub(crate) fn five_more() -> Update {
    Update {
        idempotency_key: Some(new_key()),
        ..Update::new(
            StoreId::new("s1").unwrap(),
            ProductId::new("tea").unwrap(),
            Adjustment::new(5).unwrap(),
            None,
        )
    }
}

/// Central's answer to [`five_more`].
pub(crate) const APPLIED: &str = r#"{"productId":"tea","newQuantity":5,"newVersion":1,"applied":true,"lastUpdated":"2026-01-01T00:00:00.000Z","storeId":"s1","storeQuantity":5}"#;

/// What a call has led to, in a few words.
pub(crate) fn told<T>(result: &Result<T, CallError>) -> String {
    let Err(error) = result else {
        return "ok".to_owned();
    };
    let failure = |failure: &Failure| match failure {
        Failure::Busy => "busy".to_owned(),
        Failure::Connect(_) => "connect".to_owned(),
        Failure::ConnectTimeout => "connect timeout".to_owned(),
        Failure::Broken(_) => "broken".to_owned(),
        Failure::AnswerTimeout => "answer timeout".to_owned(),
        Failure::Silence => "silence".to_owned(),
        Failure::Answered { status, .. } => format!("{status}"),
        Failure::LaterRefused(error) => error.code.text().to_owned(),
    };
    let what = match error {
        CallError::Refused { status, error, .. } => {
            format!("refused {status} {}", error.code.text())
        }
        CallError::Gone { position, .. } => format!("gone {:?}", position.reason),
        CallError::Unavailable { source, .. } => format!("unavailable {}", failure(source)),
        CallError::Unknown { source, .. } => format!("unknown {}", failure(source)),
        CallError::NotUnderstood { source, .. } => format!(
            "not understood {}",
            match source {
                InvalidAnswer::Http(_) => "http",
                InvalidAnswer::Status => "status",
                InvalidAnswer::Code { .. } => "code",
                InvalidAnswer::Rows => "rows",
                InvalidAnswer::Json(_) => "json",
                InvalidAnswer::TooLarge { .. } => "too large",
            }
        ),
    };
    let effect = match error.effect() {
        Effect::NothingDone => "nothing done",
        Effect::Unknown => "unknown",
    };
    let retry = match error.retry() {
        Retry::Helps => "retry",
        Retry::Useless => "give up",
    };
    format!("{what}; {effect}; {retry}")
}

/// Calls that must have been answered.
#[track_caller]
pub(crate) fn answered<A>(result: Result<Answered<A>, CallError>) -> Answered<A> {
    match result {
        Ok(answered) => answered,
        Err(error) => panic!("{error}: {error:?}"),
    }
}

/// A way to central on which the answers of the first connections are lost, once central has given them.
pub(crate) async fn losing_answers(central: SocketAddr, lost: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for count in 0.. {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(central).await.unwrap();
            if count < lost {
                let asked = request(&mut near).await.unwrap();
                far.write_all(asked.as_bytes()).await.unwrap();
                message(&mut far).await.unwrap();
                continue;
            }
            tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
        }
    });
    address
}
