//! A server that does what a script says, byte by byte.

use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// What a connection is, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What happens on a connection, in order. At the end of its steps it is closed.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A whole request arrives.
    Request,
    /// Bytes are sent.
    Send(String),
    /// As many bytes as that are sent, without end in sight.
    Flood(usize),
    /// The connection stays open for the rest of the test, and nothing more is sent.
    Hang,
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    closed: watch::Receiver<usize>,
}

impl Script {
    /// Each list is a connection, in the order in which they are accepted.
    pub(crate) async fn run(connections: Vec<Vec<Step>>) -> Self {
        Self::serve(connections, None).await
    }

    /// The same, encrypted. A connection that comes to nothing before its first step is one all the same.
    pub(crate) async fn encrypted(connections: Vec<Vec<Step>>, tls: TlsAcceptor) -> Self {
        Self::serve(connections, Some(tls)).await
    }

    async fn serve(connections: Vec<Vec<Step>>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (closing, closed) = watch::channel(0);
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut open = Vec::new();
            for steps in connections {
                let (stream, _) = listener.accept().await.unwrap();
                let hang = matches!(steps.last(), Some(Step::Hang));
                let stream: Option<Box<dyn Stream>> = match &tls {
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => Some(Box::new(stream)),
                        Err(_) => None,
                    },
                    None => Some(Box::new(stream)),
                };
                if let Some(mut stream) = stream {
                    play(&mut stream, steps, &seen).await;
                    if hang {
                        open.push(stream);
                        continue;
                    }
                }
                closing.send_modify(|closed| *closed += 1);
            }
            // Those that hang do so until the test ends.
            std::future::pending::<()>().await;
        });
        Self {
            address,
            requests,
            closed,
        }
    }

    /// One connection, closed after one answer.
    pub(crate) async fn answers(answer: &str) -> Self {
        Self::run(vec![vec![Step::Request, Step::Send(answer.to_owned())]]).await
    }

    /// The requests so far, heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().clone()
    }

    /// Waits until so many connections were closed.
    pub(crate) async fn closed(&mut self, connections: usize) {
        let closed = self.closed.wait_for(|closed| *closed >= connections);
        closed.await.unwrap();
    }
}

async fn play(stream: &mut impl Stream, steps: Vec<Step>, seen: &Mutex<Vec<String>>) {
    for step in steps {
        match step {
            Step::Request => match request(stream).await {
                Some(request) => seen.lock().push(request),
                None => return,
            },
            // The client may have gone.
            Step::Send(text) => {
                drop(stream.write_all(text.as_bytes()).await);
                drop(stream.flush().await);
            }
            Step::Flood(bytes) => drop(stream.write_all(&vec![b' '; bytes]).await),
            Step::Hang => {}
        }
    }
}

/// A request as it arrives; `None` when the client goes first.
pub(crate) async fn request(stream: &mut impl Stream) -> Option<String> {
    message(stream).await
}

/// A head, and as much body as it says.
pub(crate) async fn message(stream: &mut impl Stream) -> Option<String> {
    let mut text = Vec::new();
    loop {
        let head = text.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(head) = head {
            let said = String::from_utf8_lossy(&text[..head]).to_ascii_lowercase();
            let length = said.split("content-length: ").nth(1);
            let length = length.map_or(0, |rest| {
                rest.lines().next().unwrap().parse::<usize>().unwrap()
            });
            if text.len() >= head + 4 + length {
                return Some(String::from_utf8(text).unwrap());
            }
        }
        if stream.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
    }
}

/// An answer with a body of a known length.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}")
}
