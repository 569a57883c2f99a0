//! The certificate that a service shows, in files that are read again while it runs.

use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::doc::InvalidSetting;

/// The setting that names the file of certificates.
pub(super) const CERTIFICATE: &str = "TLS_CERT_FILE";

/// The setting that names the file of the key.
pub(super) const KEY: &str = "TLS_KEY_FILE";

/// What a service shows to say who it is. Clones are the same: what one has read again, all show.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    certificate: String,
    key: String,
    shown: RwLock<TlsAcceptor>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate")
            .field(&self.0.certificate)
            .finish()
    }
}

impl Certificate {
    /// Reads the certificates, the service's own first, and the key that belongs to it. Both files are PEM.
    ///
    /// # Errors
    ///
    /// Names the setting, and the file that cannot be used.
    pub(super) fn read(
        certificate: String,
        key: String,
        read: &dyn Fn(&str) -> io::Result<String>,
    ) -> Result<Self, InvalidSetting> {
        let shown = RwLock::new(acceptor(&certificate, &key, read)?);
        Ok(Self(Arc::new(Inner {
            certificate,
            key,
            shown,
        })))
    }

    /// Reads both files again, and says in the log what has come of it: connections from now on are shown what they hold. When
    /// they cannot be used, all stays as it was.
    pub fn reread(&self) {
        let Inner {
            certificate, key, ..
        } = &*self.0;
        match acceptor(certificate, key, &|path| std::fs::read_to_string(path)) {
            Ok(shown) => {
                *self.0.shown.write() = shown;
                tracing::info!(file = certificate, "the certificate was read again");
            }
            Err(error) => tracing::error!(
                %error,
                "the certificate could not be read again, and stays what it was"
            ),
        }
    }

    /// How a connection begins that comes now.
    pub(in crate::server) fn acceptor(&self) -> TlsAcceptor {
        self.0.shown.read().clone()
    }
}

fn acceptor(
    certificate: &str,
    key: &str,
    read: &dyn Fn(&str) -> io::Result<String>,
) -> Result<TlsAcceptor, InvalidSetting> {
    let text = |setting, path| {
        read(path).map_err(|error| refuse(setting, path, "which cannot be read", &error))
    };
    let certificates = text(CERTIFICATE, certificate)?;
    let certificates: Result<Vec<_>, pem::Error> =
        CertificateDer::pem_slice_iter(certificates.as_bytes()).collect();
    let certificates = certificates
        .map_err(|error| refuse(CERTIFICATE, certificate, "which is no PEM", &error))?;
    if certificates.is_empty() {
        let none = "a certificate begins with BEGIN CERTIFICATE";
        return Err(refuse(CERTIFICATE, certificate, "which has none", &none));
    }
    let private = text(KEY, key)?;
    let private = PrivateKeyDer::from_pem_slice(private.as_bytes())
        .map_err(|error| refuse(KEY, key, "which has no private key", &error))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder
        .with_safe_default_protocol_versions()
        .expect("the provider has what these versions need");
    let mut config = builder
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(|error| {
            let with = format!("which cannot be used with {key}");
            refuse(CERTIFICATE, certificate, &with, &error)
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}

fn refuse(setting: &'static str, path: &str, what: &str, why: &dyn fmt::Display) -> InvalidSetting {
    InvalidSetting::new(setting, format!("names {path}, {what}: {why}"))
}
