//! A client that costs little: requests are bytes that were made before, and of answers it reads the status and the length.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One connection, kept alive.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("it listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        Self {
            stream,
            buffer: Vec::with_capacity(4096),
        }
    }

    /// Sends a request and reads the body of its answer.
    ///
    /// # Panics
    ///
    /// The answer is not 200: what is refused is fast for the wrong reason.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.send(request).await;
        self.answer().await
    }

    pub(crate) async fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.expect("it reads");
    }

    pub(crate) async fn answer(&mut self) -> &[u8] {
        let (status, said) = self.answer_of_any_status().await;
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(said));
        said
    }

    /// As [`Self::answer`], with a status that may be another one than 200.
    pub(crate) async fn answer_of_any_status(&mut self) -> (u16, &[u8]) {
        self.buffer.clear();
        let (head, length) = loop {
            self.fill().await;
            if let Some(found) = head_and_length(&self.buffer) {
                break found;
            }
        };
        while self.buffer.len() < head + length {
            self.fill().await;
        }
        let status = std::str::from_utf8(&self.buffer[9..12]).ok();
        let status = status.and_then(|digits| digits.parse().ok());
        (
            status.expect("an answer has a status"),
            &self.buffer[head..],
        )
    }

    async fn fill(&mut self) {
        let read = self.stream.read_buf(&mut self.buffer).await;
        assert!(read.expect("it answers") > 0, "the server hung up");
    }
}

/// Where the head ends, and how long the body is.
fn head_and_length(bytes: &[u8]) -> Option<(usize, usize)> {
    const LENGTH: &[u8] = b"content-length: ";
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = &bytes[..end];
    let at = head.windows(LENGTH.len()).position(|name| name == LENGTH);
    let digits = &head[at.expect("answers say their length") + LENGTH.len()..];
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    Some((end + 4, length))
}
