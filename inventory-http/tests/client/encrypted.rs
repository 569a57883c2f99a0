//! Central over https: whose certificate is believed, and what is known when none is.

use std::sync::Arc;

use inventory_http::client::{CentralClient, InvalidRoots, Origin, Randomness, Roots};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::script::{Script, Step, answer};
use crate::world::{APPLIED, answered, client_at, five_more, settings, told};

/// What a server of a name shows, and the same as an authority.
fn certified(name: &str) -> (TlsAcceptor, Roots) {
    let made = generate_simple_self_signed([name.to_owned()]).unwrap();
    let CertifiedKey { cert, signing_key } = made;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (Arc::new(config).into(), Roots::Pem(cert.pem().into_bytes()))
}

fn one() -> [Step; 2] {
    [Step::Request, Step::Send(answer("200 OK", "", APPLIED))]
}

#[tokio::test]
async fn an_encrypted_connection_serves_calls_until_it_is_closed_which_costs_nothing() {
    let (tls, roots) = certified("127.0.0.1");
    let twice = [one(), one()].concat();
    let mut script = Script::encrypted(vec![twice, one().to_vec()], tls).await;
    let url = format!("https://{}", script.address);
    let client = client_at(&url, |settings| settings.roots = roots);
    for _ in 0..2 {
        answered(client.send(&(), &five_more(), &Origin::default()).await);
    }
    script.closed(1).await;
    answered(client.send(&(), &five_more(), &Origin::default()).await);
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn nothing_is_sent_to_whoever_has_no_certificate_that_is_believed() {
    let (_, others) = certified("127.0.0.1");
    let (_, its_own) = certified("elsewhere.example");
    for (name, roots) in [("127.0.0.1", Some(others)), ("elsewhere.example", None)] {
        let (tls, own) = certified(name);
        let script = Script::encrypted(vec![one().to_vec()], tls).await;
        let url = format!("https://{}", script.address);
        let client = client_at(&url, |settings| settings.roots = roots.unwrap_or(own));
        let result = client.send(&(), &five_more(), &Origin::default()).await;
        let refused = "unavailable connect; nothing done; retry";
        assert_eq!(told(&result), refused, "{name}: {result:?}");
        assert!(script.requests().is_empty());
    }
    // Nor to one who does not encrypt.
    let script = Script::run(vec![vec![Step::Hang]]).await;
    let url = format!("https://{}", script.address);
    let client = client_at(&url, |settings| {
        settings.roots = its_own;
        settings.timeouts.connect = std::time::Duration::from_millis(50);
    });
    let result = client.send(&(), &five_more(), &Origin::default()).await;
    let late = "unavailable connect timeout; nothing done; retry";
    assert_eq!(told(&result), late);
}

#[test]
fn a_client_that_could_believe_nobody_is_not_made() {
    let address = ([127, 0, 0, 1], 1).into();
    let made = |url: &str| {
        let mut settings = settings(address);
        settings.url = url.parse().unwrap();
        settings.roots = Roots::Pem(Vec::new());
        CentralClient::with_randomness(settings, Randomness::from_fn(|| 0))
    };
    assert!(matches!(
        made("https://central"),
        Err(InvalidRoots::None(None))
    ));
    assert!(made("http://central").is_ok());
}
