//! Whose certificates are believed.

use std::io;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// The authorities whose certificates are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Roots {
    /// Those of this machine, or those in the file that `SSL_CERT_FILE` names.
    #[default]
    System,
    /// Those in a text in the format PEM, and no others.
    Pem(Vec<u8>),
}

/// Nobody's certificate could be believed.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRoots {
    /// It is no PEM.
    #[error("the certificates of authorities are no PEM")]
    Malformed(#[source] pem::Error),
    /// There is none.
    #[error(
        "no authority is known whose certificates could be believed: install those of the system, or name a file of them in SSL_CERT_FILE"
    )]
    None(#[source] Option<io::Error>),
}

impl Roots {
    /// How to speak with somebody who has a certificate of one of them. Reads files.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, InvalidRoots> {
        let (certificates, error) = match self {
            Self::System => {
                let mut found = rustls_native_certs::load_native_certs();
                (found.certs, found.errors.pop())
            }
            Self::Pem(text) => {
                let certificates = CertificateDer::pem_slice_iter(text).collect::<Result<_, _>>();
                (certificates.map_err(InvalidRoots::Malformed)?, None)
            }
        };
        let mut roots = RootCertStore::empty();
        // A system has some that are of no use to anybody.
        let (added, _) = roots.add_parsable_certificates(certificates);
        if added == 0 {
            return Err(InvalidRoots::None(error.map(io::Error::other)));
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder
            .with_safe_default_protocol_versions()
            .expect("the provider has what these versions need");
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_authority_is_not_taken_for_anybody() {
        for text in [
            "",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ] {
            let refused = Roots::Pem(text.as_bytes().to_vec()).config();
            assert!(matches!(refused, Err(InvalidRoots::None(None))), "{text}");
        }
        let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        let refused = Roots::Pem(cut.as_bytes().to_vec()).config();
        assert!(matches!(refused, Err(InvalidRoots::Malformed(_))));
    }
}
