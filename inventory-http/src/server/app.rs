//! What all connections share: a service, and what stands between it and a request.

use std::sync::Arc;

use parking_lot::Mutex;

use super::body::Bodies;
use super::budget::Budget;
use super::cors::{Cors, Origin};
use super::limits::Limits;
use super::ring::{Keyring, Ring};
use super::route::Route;
use super::router::Router;
use super::seldom::Seldom;
use super::shared::Shared;
use crate::telemetry::Telemetry;

/// A service with its routes and keys.
#[derive(Debug)]
pub struct App<S> {
    service: Arc<S>,
    router: Router<S>,
    keyring: Keyring,
    limits: Limits,
    /// Room for answers that are not sent yet.
    answers: Budget,
    bodies: Bodies,
    /// Requests that went wrong or took long.
    wrong: Mutex<Seldom>,
    /// Requests without a key that is known.
    strangers: Mutex<Seldom>,
    telemetry: Telemetry,
    /// `None`: no page may call that is not of this service.
    cors: Option<Cors>,
}

impl<S> App<S> {
    /// A service behind a table of routes. Among routes that match a path, the first one in the table counts.
    ///
    /// # Panics
    ///
    /// The path of a route is longer than any may be.
    pub fn new(
        service: Arc<S>,
        routes: Vec<Route<S>>,
        keyring: Keyring,
        limits: Limits,
        telemetry: Telemetry,
    ) -> Self {
        telemetry.instruments().begin_serving();
        keyring.watch().borrow().begin_limiting(&telemetry);
        Self {
            service,
            router: Router::new(routes),
            answers: Budget::new(limits.answers_bytes_max),
            wrong: Mutex::default(),
            strangers: Mutex::default(),
            bodies: Bodies::new(limits.bodies_bytes_max),
            keyring,
            limits,
            telemetry,
            cors: None,
        }
    }

    /// Lets pages of these origins call; nothing changes when there are none.
    #[must_use]
    pub fn allowing(mut self, origins: Vec<Origin>) -> Self {
        self.cors = match origins.is_empty() {
            true => None,
            false => Some(Cors::new(origins, self.router.routes())),
        };
        self
    }

    pub(super) fn cors(&self) -> Option<&Cors> {
        self.cors.as_ref()
    }

    /// What the calls of a connection share, while these are the keys.
    pub(super) fn share(&self, ring: Arc<Ring>) -> Arc<Shared<S>> {
        let (service, keyring) = (Arc::clone(&self.service), self.keyring.clone());
        Arc::new(Shared::new(service, keyring, ring))
    }

    pub(super) fn router(&self) -> &Router<S> {
        &self.router
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn answers(&self) -> &Budget {
        &self.answers
    }

    pub(super) fn wrong(&self) -> &Mutex<Seldom> {
        &self.wrong
    }

    pub(super) fn strangers(&self) -> &Mutex<Seldom> {
        &self.strangers
    }

    pub(super) fn bodies(&self) -> &Bodies {
        &self.bodies
    }

    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }
}
