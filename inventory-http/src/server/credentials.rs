//! Who may call a service, and how it says who it is: what is read again while it runs.

use std::net::SocketAddr;

use super::ring::Keyring;
use super::settings::{Certificate, KeyFile};

/// The keys that a service knows and the certificate that it shows, with the files that they come from.
#[derive(Debug)]
pub struct Credentials {
    /// The keys.
    pub keyring: Keyring,
    /// Where they are read again.
    pub key_file: Option<KeyFile>,
    /// What is shown, when it encrypts.
    pub certificate: Option<Certificate>,
}

impl Credentials {
    /// Reads all files again, and says in the log what has come of it: from the next request on the keys of the file are known
    /// and no others, and the next connection is shown the certificate. Of a file that cannot be used, all stays as it was.
    pub fn reread(&self) {
        // Somebody who has a certificate may have meant that alone.
        if self.key_file.is_some() || self.certificate.is_none() {
            self.keyring.reread(self.key_file.as_ref());
        }
        if let Some(certificate) = &self.certificate {
            certificate.reread();
        }
    }

    /// The URL of a service that listens here.
    pub fn url(&self, address: SocketAddr) -> String {
        match self.certificate {
            Some(_) => format!("https://{address}"),
            None => format!("http://{address}"),
        }
    }
}
