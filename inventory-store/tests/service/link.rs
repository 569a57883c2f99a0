//! The link between a store and central: a proxy that can be cut.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

/// A link, until the test ends.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    target: Mutex<SocketAddr>,
    is_up: AtomicBool,
    /// Whether answers to writes are lost, each with its connection.
    swallows: AtomicBool,
    /// Whether nothing gets through, in either way, and nothing breaks either.
    is_frozen: AtomicBool,
    connections: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
}

impl Link {
    pub(crate) fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let link = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(State {
                target: Mutex::new(target),
                is_up: AtomicBool::new(true),
                swallows: AtomicBool::new(false),
                is_frozen: AtomicBool::new(false),
                connections: AtomicUsize::new(0),
                open: Mutex::default(),
            }),
        };
        let state = Arc::clone(&link.state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                state.connections.fetch_add(1, Ordering::SeqCst);
                state.pass(stream.unwrap());
            }
        });
        link
    }

    pub(crate) fn cut(&self) {
        self.state.is_up.store(false, Ordering::SeqCst);
        for stream in self.state.open.lock().drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.state.is_up.store(true, Ordering::SeqCst);
    }

    /// Leads to another central from now on.
    pub(crate) fn turn(&self, target: SocketAddr) {
        *self.state.target.lock() = target;
    }

    pub(crate) fn swallow(&self, swallows: bool) {
        self.state.swallows.store(swallows, Ordering::SeqCst);
    }

    /// Holds all bytes, until it does not any more.
    pub(crate) fn freeze(&self, is_frozen: bool) {
        self.state.is_frozen.store(is_frozen, Ordering::SeqCst);
    }

    /// How often anybody has connected.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl State {
    fn pass(self: &Arc<Self>, near: TcpStream) {
        let target = *self.target.lock();
        let far = match self.is_up.load(Ordering::SeqCst) {
            true => TcpStream::connect(target),
            false => return,
        };
        let Ok(far) = far else { return };
        let mut open = self.open.lock();
        open.push(near.try_clone().unwrap());
        open.push(far.try_clone().unwrap());
        drop(open);
        let wrote = Arc::new(AtomicBool::new(false));
        let (state, there) = (Arc::clone(self), Arc::clone(&wrote));
        let near_side = Arc::clone(self);
        let (from, to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        thread::spawn(move || {
            copy(from, to, |bytes| {
                there.store(bytes.starts_with(b"POST"), Ordering::SeqCst);
                near_side.thaws();
                true
            });
        });
        thread::spawn(move || {
            copy(far, near, |_| {
                state.thaws();
                !(wrote.load(Ordering::SeqCst) && state.swallows.load(Ordering::SeqCst))
            });
        });
    }
}

impl State {
    fn thaws(&self) {
        while self.is_frozen.load(Ordering::SeqCst) {
            thread::park_timeout(Duration::from_millis(5));
        }
    }
}

/// Copies until one side ends, or `passes` says no.
fn copy(mut from: TcpStream, mut to: TcpStream, passes: impl Fn(&[u8]) -> bool) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut bytes).unwrap_or(0);
        if read == 0 || !passes(&bytes[..read]) || to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
