//! A link that takes its time, and can be cut.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// A proxy on whose far side a server is.
pub(crate) struct Distance {
    pub(crate) address: SocketAddr,
    is_up: watch::Sender<bool>,
}

impl Distance {
    /// A way to a server on which everything takes so long, in each direction.
    pub(crate) async fn to(server: SocketAddr, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there are ports");
        let address = listener.local_addr().expect("it is bound");
        let (is_up, looks) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *looks.borrow() {
                    tokio::spawn(pass(near, server, delay, looks.clone()));
                }
            }
        });
        Self { address, is_up }
    }

    /// Breaks all connections, and takes none, until it is mended.
    pub(crate) fn cut(&self) {
        self.is_up.send_replace(false);
    }

    pub(crate) fn mend(&self) {
        self.is_up.send_replace(true);
    }
}

async fn pass(
    near: TcpStream,
    server: SocketAddr,
    delay: Duration,
    mut is_up: watch::Receiver<bool>,
) {
    let Ok(far) = TcpStream::connect(server).await else {
        return;
    };
    for stream in [&near, &far] {
        stream.set_nodelay(true).expect("it is a TCP socket");
    }
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::select! {
        ((), ()) = async { tokio::join!(carry(near_in, far_out, delay), carry(far_in, near_out, delay)) } => {}
        // Both sides are dropped, and so closed.
        _ = is_up.wait_for(|is_up| !is_up) => {}
    }
}

/// Hands over each piece so long after it was read.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (send, mut under_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let leaves = async move {
        loop {
            let mut piece = Vec::with_capacity(64 * 1024);
            match from.read_buf(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(_) if send.send((Instant::now() + delay, piece)).is_err() => return,
                Ok(_) => {}
            }
        }
    };
    let arrives = async {
        while let Some((due, piece)) = under_way.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        // Whoever reads may have gone.
        let _ = to.shutdown().await;
    };
    tokio::join!(leaves, arrives);
}
