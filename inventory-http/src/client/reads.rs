//! The calls that change nothing. Each of their errors leaves everything as it was known before.

use std::time::Duration;

use inventory_core::vocabulary::{ProductId, ReservationId, StoreId, TransferId};
use serde::de::DeserializeOwned;

use super::answer::parse;
use super::central_client::CentralClient;
use super::changes::{LEVEL_ALERT, of_level};
use super::error::CallError;
use super::exchange::{Request, Size};
use super::query::{
    AlertsQuery, HistoryQuery, ProductsQuery, ReservationsQuery, TransfersQuery, target,
};
use super::snapshot;
use crate::wire::{
    Alert, AlertList, AsOf, Changes, DeadLetterList, GlobalProduct, History, InspectedDeadLetter,
    Listing, NodeId, Position, Product, Readiness, Reservation, ReservationList, StateSnapshot,
    Subject as _, Transfer, TransferList, WhoAmI, percent_encoded,
};

/// The longest that central lets a poll wait.
const LONG_POLL_S_MAX: u64 = 60;

impl CentralClient {
    /// A product, now or at a moment of the past.
    ///
    /// # Errors
    ///
    /// There is none, or central does not say.
    pub async fn product(&self, id: &ProductId, at: Option<AsOf>) -> Result<Product, CallError> {
        let template = "/inventory/{productId}";
        self.read(template, as_of(id.in_path(template), at)).await
    }

    /// A product with what each store has of it, now or at a moment of the past.
    ///
    /// # Errors
    ///
    /// As [`Self::product`].
    pub async fn global_product(
        &self,
        id: &ProductId,
        at: Option<AsOf>,
    ) -> Result<GlobalProduct, CallError> {
        let template = "/inventory/global/{productId}";
        self.read(template, as_of(id.in_path(template), at)).await
    }

    /// A page of products.
    ///
    /// # Errors
    ///
    /// Central refuses the query, or does not say.
    pub async fn products(&self, query: &ProductsQuery) -> Result<Listing, CallError> {
        self.read("/inventory", query.target()).await
    }

    /// A page of what has happened to a product, or under a reference, the newest first.
    ///
    /// # Errors
    ///
    /// As [`Self::products`].
    pub async fn history(&self, query: &HistoryQuery) -> Result<History, CallError> {
        self.read("/history", query.target()).await
    }

    /// A reservation that is open, or has ended not long ago.
    ///
    /// # Errors
    ///
    /// As [`Self::product`].
    pub async fn reservation(&self, id: &ReservationId) -> Result<Reservation, CallError> {
        let template = "/reservations/{reservationId}";
        self.read(template, id.in_path(template)).await
    }

    /// A page of reservations.
    ///
    /// # Errors
    ///
    /// As [`Self::products`].
    pub async fn reservations(
        &self,
        query: &ReservationsQuery,
    ) -> Result<ReservationList, CallError> {
        self.read("/reservations", query.target()).await
    }

    /// A transfer that is under way, or has ended not long ago.
    ///
    /// # Errors
    ///
    /// As [`Self::product`].
    pub async fn transfer(&self, id: &TransferId) -> Result<Transfer, CallError> {
        let template = "/transfers/{transferId}";
        self.read(template, id.in_path(template)).await
    }

    /// A page of transfers.
    ///
    /// # Errors
    ///
    /// As [`Self::products`].
    pub async fn transfers(&self, query: &TransfersQuery) -> Result<TransferList, CallError> {
        self.read("/transfers", query.target()).await
    }

    /// The alert of a level.
    ///
    /// # Errors
    ///
    /// As [`Self::product`].
    pub async fn alert(&self, store: &StoreId, product: &ProductId) -> Result<Alert, CallError> {
        self.read(LEVEL_ALERT, of_level(store, product)).await
    }

    /// A page of alerts.
    ///
    /// # Errors
    ///
    /// As [`Self::products`].
    pub async fn alerts(&self, query: &AlertsQuery) -> Result<AlertList, CallError> {
        self.read("/alerts", query.target()).await
    }

    /// What was found in the log and has no effect.
    ///
    /// # Errors
    ///
    /// The key may not see it, or central does not say.
    pub async fn dead_letters(&self) -> Result<DeadLetterList, CallError> {
        let path = "/admin/dead-letters";
        self.read(path, path.to_owned()).await
    }

    /// A dead letter, with the bytes that were found.
    ///
    /// # Errors
    ///
    /// As [`Self::dead_letters`], and there may be none.
    pub async fn dead_letter(&self, id: &str) -> Result<InspectedDeadLetter, CallError> {
        let target = format!("/admin/dead-letters/{}", percent_encoded(id));
        self.read("/admin/dead-letters/{letterId}", target).await
    }

    /// Who this caller is, as central knows it, and whether another node calls itself the same store.
    ///
    /// # Errors
    ///
    /// Central does not say.
    pub async fn whoami(&self, store: &StoreId, node: NodeId) -> Result<WhoAmI, CallError> {
        let pairs = [
            ("storeId", Some(store.to_string())),
            ("node", Some(node.to_string())),
        ];
        self.read("/whoami", target("/whoami", pairs)).await
    }

    /// How central is.
    ///
    /// # Errors
    ///
    /// Central cannot serve, or does not say.
    pub async fn readiness(&self) -> Result<Readiness, CallError> {
        self.read("/readyz", "/readyz".to_owned()).await
    }

    /// All products at one offset.
    ///
    /// # Errors
    ///
    /// Central does not say.
    pub async fn snapshot(&self) -> Result<StateSnapshot, CallError> {
        let path = "/replication/snapshot";
        let request = Request::get(path, path.to_owned());
        let (limits, timeouts) = (self.settings().limits, self.settings().timeouts);
        let reply = self.begin(&request, Duration::ZERO).await?;
        snapshot::read(reply, limits.snapshot_bytes_max, timeouts.silence).await
    }

    /// The events after a position, at most so many unless a request has more; when there are none, it waits for one,
    /// as long as it may: in whole seconds, up to a minute.
    ///
    /// # Errors
    ///
    /// After [`CallError::Gone`] the position is of no use any more.
    pub async fn changes(
        &self,
        from: &Position,
        limit: u64,
        long_poll: Duration,
    ) -> Result<Changes<'static>, CallError> {
        let seconds = long_poll.as_secs().min(LONG_POLL_S_MAX);
        let pairs = [
            ("fromOffset", Some(from.offset.to_string())),
            ("epoch", Some(from.epoch.to_string())),
            ("chain", Some(from.chain.to_string())),
            ("limit", Some(limit.to_string())),
            ("longPollSeconds", Some(seconds.to_string())),
        ];
        let path = "/replication/changes";
        let request = Request::get(path, target(path, pairs));
        let reply = self.begin(&request, Duration::from_secs(seconds)).await?;
        let (_, body) = reply.read(self.settings().limits.page_bytes_max).await?;
        parse(&body, request.once_sent)
    }

    async fn read<A: DeserializeOwned>(
        &self,
        template: &'static str,
        target: String,
    ) -> Result<A, CallError> {
        let request = Request::get(template, target).answered_by(Size::Page);
        parse(&self.once(&request).await?.body, request.once_sent)
    }
}

fn as_of(path: String, moment: Option<AsOf>) -> String {
    target(&path, [("asOf", moment.map(|moment| moment.to_string()))])
}
