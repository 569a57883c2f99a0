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
    /// Of the connections up to this one nothing gets through any more, and no end knows.
    forgotten: AtomicUsize,
    /// What central writes, and what the store reads instead: as long as that.
    renamed: Mutex<Option<(&'static str, &'static str)>>,
    /// The first line of each request.
    asked: Mutex<Vec<String>>,
    /// What is frozen by a request that begins so, before it is heard.
    trap: Mutex<Option<String>>,
    open: Mutex<Vec<TcpStream>>,
}

/// What becomes of some bytes.
enum Fate {
    Arrives,
    IsLost,
    Breaks,
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
                forgotten: AtomicUsize::new(0),
                renamed: Mutex::default(),
                asked: Mutex::default(),
                trap: Mutex::default(),
                open: Mutex::default(),
            }),
        };
        let state = Arc::clone(&link.state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let number = state.connections.fetch_add(1, Ordering::SeqCst) + 1;
                state.pass(stream.unwrap(), number);
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

    /// Holds all bytes as soon as a request begins so, which is not heard any more.
    pub(crate) fn freeze_at(&self, start: &str) {
        *self.state.trap.lock() = Some(start.to_owned());
    }

    /// Whether nothing gets through now.
    pub(crate) fn is_frozen(&self) -> bool {
        self.state.is_frozen.load(Ordering::SeqCst)
    }

    /// Forgets all connections that there are, as what translates addresses in between does: they stay open at both ends, and
    /// nothing gets through. New ones work.
    pub(crate) fn forget(&self) {
        let so_far = self.state.connections.load(Ordering::SeqCst);
        self.state.forgotten.store(so_far, Ordering::SeqCst);
    }

    /// Has the store read something else in place of what central writes, as long as that.
    pub(crate) fn rename(&self, from: &'static str, to: &'static str) {
        assert_eq!(from.len(), to.len());
        *self.state.renamed.lock() = Some((from, to));
    }

    /// How many requests have begun so.
    pub(crate) fn asked(&self, start: &str) -> usize {
        let asked = self.state.asked.lock();
        asked.iter().filter(|line| line.starts_with(start)).count()
    }

    /// How often anybody has connected.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl State {
    fn pass(self: &Arc<Self>, near: TcpStream, number: usize) {
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
                let line = bytes
                    .split(|byte| *byte == b'\r')
                    .next()
                    .unwrap_or_default();
                let line = String::from_utf8_lossy(line).into_owned();
                near_side.springs(&line);
                near_side.asked.lock().push(line);
                near_side.thaws();
                near_side.fate(number)
            });
        });
        thread::spawn(move || {
            copy(far, near, |bytes| {
                state.thaws();
                state.renames(bytes);
                match wrote.load(Ordering::SeqCst) && state.swallows.load(Ordering::SeqCst) {
                    true => Fate::Breaks,
                    false => state.fate(number),
                }
            });
        });
    }
}

impl State {
    fn fate(&self, number: usize) -> Fate {
        match number <= self.forgotten.load(Ordering::SeqCst) {
            true => Fate::IsLost,
            false => Fate::Arrives,
        }
    }

    fn renames(&self, bytes: &mut [u8]) {
        let Some((from, to)) = *self.renamed.lock() else {
            return;
        };
        let found: Vec<_> = bytes
            .windows(from.len())
            .enumerate()
            .filter(|(_, window)| *window == from.as_bytes())
            .map(|(at, _)| at)
            .collect();
        for at in found {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
    }

    fn springs(&self, line: &str) {
        let is_caught = |start: &mut String| line.starts_with(&**start);
        if self.trap.lock().take_if(is_caught).is_some() {
            self.is_frozen.store(true, Ordering::SeqCst);
        }
    }

    fn thaws(&self) {
        while self.is_frozen.load(Ordering::SeqCst) {
            thread::park_timeout(Duration::from_millis(5));
        }
    }
}

/// Copies until one side ends, or `fate` says so.
fn copy(mut from: TcpStream, mut to: TcpStream, fate: impl Fn(&mut [u8]) -> Fate) {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut bytes).unwrap_or(0);
        if read == 0 {
            break;
        }
        let arrives = match fate(&mut bytes[..read]) {
            Fate::Arrives => to.write_all(&bytes[..read]).is_ok(),
            Fate::IsLost => true,
            Fate::Breaks => false,
        };
        if !arrives {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
