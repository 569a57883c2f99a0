//! What any service of ours is served with. It knows routes, keys, bodies and connections, and no rule
//! about stock.
//!
//! ```text
//!  Listener ──▶ connection ──▶ App::respond ──▶ Route ──▶ handler ──▶ Answer ──▶ Outgoing
//!   accepts      watches the      key, quota,     one table,            or ApiError
//!   and counts   clock            query, body     published too
//! ```

mod activity;
mod answer;
mod app;
mod background;
mod body;
mod budget;
mod call;
mod caller;

mod connection;
mod cors;
mod declared;
mod descriptors;
mod disk_watch;
mod error;
mod faults;
mod framing;
mod given_up;
mod gzip;
mod header;
mod json;
mod kept_for;
mod keys;
mod limits;
mod listener;
mod loopback;
mod outgoing;
pub mod params;
mod pattern;
#[cfg(feature = "clap")]
pub mod program;
mod promises;
mod published;
mod query;
mod quota;
mod reaper;
mod ring;
mod route;
mod router;
mod running;
mod seldom;
mod sent;
mod serving;
mod session;
mod settings;
mod shape;
mod shared;
mod stopping;
mod taking;
mod target;
mod transport;
mod trouble;
mod unnamed;

pub use answer::{Answer, Prepared};
pub use app::App;
pub use background::{Background, EndError, PartEnded};
pub use budget::{Budget, Share};
pub use call::Call;
pub use caller::{Caller, Speaker};

pub use cors::{InvalidOrigin, Origin};
pub use descriptors::raise_descriptor_limit;
pub use disk_watch::{DiskNews, DiskWatch};
pub use error::ApiError;
pub use faults::{FAULTS_MAX, Faults};
pub use given_up::GivenUp;
pub use header::HeaderParam;
pub use json::{NOT_PUBLISHED, parse};
pub use keys::{Access, ApiKey, InvalidApiKey, Role};
pub use limits::{BODY_BYTES_MAX, BULK_BODY_BYTES_MAX, CHUNK_BYTES, Limits};
pub use listener::{ConnectionCount, Listener};
pub use outgoing::{Outgoing, Streamed};
pub(crate) use published::make_plain;
pub use query::{Param, ParamKind, Query};
pub use quota::Quota;
pub use ring::{Keyring, Replaced, Standing};
pub use route::{AnswerDoc, BodyDoc, Route, Schema, schema_of, tagged};
pub use running::{BindError, Bound, Running};
#[cfg(feature = "clap")]
pub use settings::command_line;
pub use settings::{
    Certificate, InvalidSetting, KeyFile, Keys, LogSettings, ServiceSettings, SettingDoc, Source,
};
pub use stopping::Stopping;
pub use target::PathParams;
pub use trouble::Trouble;
