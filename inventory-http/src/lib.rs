//! The central service: the engine's HTTP API on a hand-written hyper server.
