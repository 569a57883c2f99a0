//! A client that sends what it is told, byte by byte if need be.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;

/// Long enough that only a hang takes it.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {self:?}"),
        }
    }

    /// Each field that an error names, with what is wrong with it.
    pub(crate) fn faults(&self) -> Vec<String> {
        let body = self.json();
        let details = body["details"].as_array().unwrap();
        let told = |detail: &Value| {
            let text = |name: &str| detail[name].as_str().unwrap();
            format!("{} {}", text("field"), text("issue"))
        };
        details.iter().map(told).collect()
    }

    /// Status, code and first field of an error.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            self.status,
            text(&body["code"]),
            text(&body["details"][0]["field"]),
        )
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// A client whose system buffers little of an answer: by itself it takes what the reader has not taken yet, and the more
    /// the quicker that reads, up to tens of megabytes.
    pub(crate) fn narrow(address: SocketAddr) -> Self {
        let runtime = Runtime::new().unwrap();
        let connected = runtime.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(64 * 1024).unwrap();
            socket.connect(address).await.unwrap()
        });
        let stream = connected.into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        Self::over(stream)
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Sends bytes as they are. The server may have gone already.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.get_mut().write_all(bytes).is_ok()
    }

    /// Waits no longer than this for an answer.
    pub(crate) fn within(&self, patience: Duration) {
        let stream = self.stream.get_ref();
        stream.set_read_timeout(Some(patience)).unwrap();
    }

    /// Says that nothing more will be sent.
    pub(crate) fn finish(&self) {
        let _ = self.stream.get_ref().shutdown(std::net::Shutdown::Write);
    }

    /// The next answer; `None` when the server closes the connection first.
    pub(crate) fn reply(&mut self) -> Option<Reply> {
        self.reply_to("GET")
    }

    fn reply_to(&mut self, method: &str) -> Option<Reply> {
        let mut reply = loop {
            let reply = self.head()?;
            if reply.status != 100 {
                break reply;
            }
        };
        let chunked = reply.header("transfer-encoding") == Some("chunked");
        let length = reply
            .header("content-length")
            .map(|length| length.parse().unwrap());
        if method == "HEAD" || reply.status == 304 {
            return Some(reply);
        }
        if chunked {
            while let Some(chunk) = self.chunk() {
                reply.body.extend(chunk);
            }
        } else {
            reply.body = vec![0; length.unwrap_or(0)];
            self.stream.read_exact(&mut reply.body).unwrap();
        }
        Some(reply)
    }

    /// The head of the next answer, when its body never ends.
    pub(crate) fn head(&mut self) -> Option<Reply> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.push((name.to_owned(), value.to_owned()));
        }
        Some(Reply {
            status,
            headers,
            body: Vec::new(),
        })
    }

    /// The next chunk of a body; `None` at its end.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let length = usize::from_str_radix(line.trim_end(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        self.stream.read_exact(&mut chunk).unwrap();
        chunk.truncate(length);
        (length > 0).then_some(chunk)
    }

    /// Whether the server has closed the connection, once it has sent what it had.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => true,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }

    /// A call with the key `demo`, unless the headers have another one.
    #[track_caller]
    pub(crate) fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        let names = |name: &str| {
            headers
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        if !names("x-api-key") && !names("authorization") {
            head.push_str("X-API-Key: demo\r\n");
        }
        if let Some(body) = body {
            if !names("content-type") {
                head.push_str("Content-Type: application/json\r\n");
            }
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head.push_str(body.unwrap_or_default());
        self.send(head.as_bytes());
        self.reply_to(method).expect("an answer")
    }
}
