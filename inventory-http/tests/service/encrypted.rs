//! Central behind a certificate: with whom it speaks, whom it does not wait for, and a certificate that is replaced.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use inventory_core::memory::MemoryStorage;
use inventory_http::central::{SETTINGS, Settings};
use inventory_http::server::Source;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::world::{World, lookup};

/// A certificate of this machine, written to a folder.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let made = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let CertifiedKey { cert, signing_key } = made;
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

/// The settings of a central whose certificate is in a folder.
fn settings(folder: &Path) -> Settings {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let chosen = [
        ("TLS_CERT_FILE", certificate.to_str().unwrap()),
        ("TLS_KEY_FILE", key.to_str().unwrap()),
    ];
    let lookup = |name: &str| lookup(&chosen, name);
    let source = Source {
        table: SETTINGS,
        lookup: &lookup,
        read: &|path| std::fs::read_to_string(path),
    };
    let mut settings = Settings::from_source(&source).unwrap();
    settings.service.limits.watch_interval = Duration::from_millis(10);
    settings
}

fn started(settings: &Settings) -> World {
    World::on(MemoryStorage::new().ports(), settings)
}

/// An agreement with whoever shows this certificate.
async fn agreed(
    world: &World,
    believed: &CertificateDer<'static>,
    protocol: &str,
) -> std::io::Result<TlsStream<tokio::net::TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(believed.clone()).unwrap();
    let mut config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = tokio::net::TcpStream::connect(world.address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await
}

/// A request of HTTP/1.1, and the status of its answer.
async fn status(stream: TlsStream<tokio::net::TcpStream>) -> u16 {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
        .send_request(livez())
        .await
        .unwrap()
        .status()
        .as_u16()
}

fn livez() -> hyper::Request<String> {
    let request = hyper::Request::get("https://127.0.0.1/livez").header("host", "127.0.0.1");
    request.body(String::new()).unwrap()
}

#[test]
fn both_protocols_are_spoken_as_the_client_asks() {
    let folder = TempDir::new().unwrap();
    let believed = certify(folder.path());
    let world = started(&settings(folder.path()));
    world.runtime().block_on(async {
        let one = agreed(&world, &believed, "http/1.1").await.unwrap();
        assert_eq!(one.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(status(one).await, 200);
        let two = agreed(&world, &believed, "h2").await.unwrap();
        assert_eq!(two.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let io = TokioIo::new(two);
        let http2 = hyper::client::conn::http2::handshake(TokioExecutor::new(), io);
        let (mut sender, connection) = http2.await.unwrap();
        tokio::spawn(connection);
        assert_eq!(sender.send_request(livez()).await.unwrap().status(), 200);
    });
}

#[test]
fn who_does_not_encrypt_is_hung_up_on_at_once() {
    let folder = TempDir::new().unwrap();
    certify(folder.path());
    let mut settings = settings(folder.path());
    // Nothing but the first wrong byte ends it.
    settings.service.limits.head_timeout = Duration::from_secs(60);
    settings.service.limits.idle_timeout = Duration::from_secs(60);
    let world = started(&settings);
    let mut plain = TcpStream::connect(world.address).unwrap();
    plain
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    plain
        .write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut said = Vec::new();
    // What it is told is an alert of TLS, if its own bytes leave time for that.
    let ended = plain.read_to_end(&mut said);
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
    let timed_out = [std::io::ErrorKind::WouldBlock, std::io::ErrorKind::TimedOut];
    assert!(ended.is_ok() || ended.is_err_and(|error| !timed_out.contains(&error.kind())));
}

#[test]
fn who_says_nothing_is_hung_up_on_and_counts_until_then_and_holds_up_nobody() {
    let folder = TempDir::new().unwrap();
    let believed = certify(folder.path());
    let mut settings = settings(folder.path());
    settings.service.limits.head_timeout = Duration::from_secs(3);
    settings.service.limits.connections_max = 2;
    settings.service.limits.health_connections_max = 0;
    let world = started(&settings);
    let mut silent = TcpStream::connect(world.address).unwrap();
    silent
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    world.runtime().block_on(async {
        // It is accepted, and waited for by nobody: another one is served, and counts as well.
        let served = agreed(&world, &believed, "http/1.1").await.unwrap();
        let beyond = agreed(&world, &believed, "http/1.1").await;
        assert!(beyond.is_err());
        assert_eq!(status(served).await, 200);
    });
    assert_eq!(silent.read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn a_stop_does_not_wait_for_who_says_nothing() {
    let folder = TempDir::new().unwrap();
    let believed = certify(folder.path());
    let mut settings = settings(folder.path());
    settings.service.limits.head_timeout = Duration::from_secs(60);
    settings.service.limits.stop_timeout = Duration::from_secs(60);
    let world = started(&settings);
    let mut silent = TcpStream::connect(world.address).unwrap();
    silent
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // Accepted after the silent one, so that one is as well.
    let served = world
        .runtime()
        .block_on(agreed(&world, &believed, "http/1.1"));
    drop(served.unwrap());
    world.stop().unwrap();
    assert_eq!(silent.read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn a_certificate_is_replaced_under_connections_that_go_on_and_one_that_is_no_good_is_not_taken() {
    let folder = TempDir::new().unwrap();
    let old = certify(folder.path());
    let settings = settings(folder.path());
    let shown = settings.service.certificate.clone().unwrap();
    let world = started(&settings);
    world.runtime().block_on(async {
        let kept = agreed(&world, &old, "http/1.1").await.unwrap();
        let new = certify(folder.path());
        shown.reread();
        assert!(agreed(&world, &old, "http/1.1").await.is_err());
        let fresh = agreed(&world, &new, "http/1.1").await.unwrap();
        assert_eq!(status(fresh).await, 200);
        assert_eq!(status(kept).await, 200);

        let key = folder.path().join("key.pem");
        for bad in [
            "",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ] {
            std::fs::write(&key, bad).unwrap();
            shown.reread();
            let still = agreed(&world, &new, "http/1.1").await.unwrap();
            assert_eq!(status(still).await, 200);
        }
        std::fs::remove_file(folder.path().join("cert.pem")).unwrap();
        shown.reread();
        assert!(agreed(&world, &new, "http/1.1").await.is_ok());
    });
}

#[test]
fn a_certificate_that_cannot_be_used_refuses_the_start_and_is_named() {
    let folder = TempDir::new().unwrap();
    certify(folder.path());
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let (certificate, key) = (read("cert.pem"), read("key.pem"));
    certify(folder.path());
    let of_another = read("key.pem");
    let refused = |certificate: Option<&str>, key: Option<&str>| {
        let lookup = |name: &str| match name {
            "TLS_CERT_FILE" => certificate.map(|_| "cert.pem".to_owned()),
            "TLS_KEY_FILE" => key.map(|_| "key.pem".to_owned()),
            _ => None,
        };
        let source = Source {
            table: SETTINGS,
            lookup: &lookup,
            read: &|path| {
                let text = if path == "cert.pem" { certificate } else { key };
                let known = text.filter(|text| !text.is_empty());
                known
                    .map(str::to_owned)
                    .ok_or_else(|| std::io::Error::other("gone"))
            },
        };
        Settings::from_source(&source)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert_eq!(refused(Some(&certificate), Some(&key)), Ok(()));
    for (certificate, key, says) in [
        (
            Some(&*certificate),
            None,
            "TLS_CERT_FILE is set without TLS_KEY_FILE",
        ),
        (
            None,
            Some(&*key),
            "TLS_KEY_FILE is set without TLS_CERT_FILE",
        ),
        (
            Some(""),
            Some(&*key),
            "TLS_CERT_FILE names cert.pem, which cannot be read: gone",
        ),
        (
            Some(&*certificate),
            Some(""),
            "TLS_KEY_FILE names key.pem, which cannot be read: gone",
        ),
        (
            Some(&*key),
            Some(&*key),
            "TLS_CERT_FILE names cert.pem, which has none",
        ),
        (
            Some(&*certificate),
            Some(&*certificate),
            "TLS_KEY_FILE names key.pem, which has no private key",
        ),
        (
            Some(&*certificate),
            Some(&*of_another),
            "TLS_CERT_FILE names cert.pem, which cannot be used with key.pem",
        ),
    ] {
        let said = refused(certificate, key).unwrap_err();
        assert!(said.starts_with(says), "{says}: {said}");
    }
}
