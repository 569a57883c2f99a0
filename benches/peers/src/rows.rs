//! What is measured, and what it should come to.

use std::path::Path;

use crate::embedded::Embedded;
use crate::postgresql::Postgresql;
use crate::redis::Redis;
use crate::sale::PRODUCTS;
use crate::service::Service;
use crate::side::{Fallible, Side, Work};
use crate::sqlite::Sqlite;

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Embedded,
    Service,
    Postgresql,
    Redis,
    Sqlite,
}

impl Who {
    pub(crate) const OURS: [Self; 2] = [Self::Embedded, Self::Service];
    pub(crate) const PEERS: [Self; 3] = [Self::Postgresql, Self::Redis, Self::Sqlite];

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::OURS.into_iter().chain(Self::PEERS)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Embedded => "ours, in process",
            Self::Service => "ours, over HTTP",
            Self::Postgresql => "PostgreSQL",
            Self::Redis => "Redis",
            Self::Sqlite => "SQLite",
        }
    }

    /// Starts it on a folder, with all products in stock.
    pub(crate) fn start(self, folder: &Path, central: &Path) -> Fallible<Box<dyn Side>> {
        Ok(match self {
            Self::Embedded => Box::new(Embedded::start(folder)?),
            Self::Service => Box::new(Service::start(folder, central)?),
            Self::Postgresql => Box::new(Postgresql::start(folder)?),
            Self::Redis => Box::new(Redis::start(folder)?),
            Self::Sqlite => Box::new(Sqlite::start(folder)?),
        })
    }
}

/// That one of ours should do so many times the work of a peer.
pub(crate) struct Aim {
    pub(crate) ours: Who,
    pub(crate) peer: Who,
    pub(crate) times: f64,
}

impl Aim {
    const fn new(ours: Who, peer: Who, times: f64) -> Self {
        Self { ours, peer, times }
    }
}

pub(crate) struct Row {
    /// By which it is asked for.
    pub(crate) word: &'static str,
    pub(crate) title: &'static str,
    pub(crate) work: Work,
    pub(crate) aims: &'static [Aim],
}

pub(crate) const ROWS: &[Row] = &[
    Row {
        word: "one",
        title: "one caller",
        work: Work {
            callers: 1,
            products: PRODUCTS,
            batch: 1,
        },
        aims: &[],
    },
    Row {
        word: "many",
        title: "64 callers, 10,000 products",
        work: Work {
            callers: 64,
            products: PRODUCTS,
            batch: 1,
        },
        aims: &[
            Aim::new(Who::Embedded, Who::Postgresql, 20.0),
            Aim::new(Who::Service, Who::Postgresql, 10.0),
            Aim::new(Who::Embedded, Who::Redis, 4.0),
            Aim::new(Who::Service, Who::Redis, 2.0),
        ],
    },
    Row {
        word: "hot",
        title: "64 callers, one product",
        work: Work {
            callers: 64,
            products: 1,
            batch: 1,
        },
        aims: &[
            Aim::new(Who::Embedded, Who::Postgresql, 100.0),
            Aim::new(Who::Service, Who::Postgresql, 40.0),
            Aim::new(Who::Embedded, Who::Redis, 4.0),
            Aim::new(Who::Service, Who::Redis, 2.0),
        ],
    },
    Row {
        word: "batch-100",
        title: "one caller, batches of 100",
        work: Work {
            callers: 1,
            products: PRODUCTS,
            batch: 100,
        },
        aims: &[Aim::new(Who::Embedded, Who::Sqlite, 20.0)],
    },
    Row {
        word: "batch-1000",
        title: "one caller, batches of 1,000",
        work: Work {
            callers: 1,
            products: PRODUCTS,
            batch: 1_000,
        },
        aims: &[Aim::new(Who::Embedded, Who::Sqlite, 20.0)],
    },
];
