//! The calls that change something.

use bytes::Bytes;
use hyper::Method;
use inventory_core::vocabulary::{ProductId, StoreId, TraceParent};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::answer::{Answered, Passed, parse};
use super::batch::{RowAnswer, Rows};
use super::central_client::CentralClient;
use super::error::{CallError, InvalidAnswer};
use super::exchange::{Request, Size};
use super::origin::Origin;
use crate::wire::{
    Alert, Batch, BatchRow, InspectedDeadLetter, Mutation, Resolve, SetAlert, Subject as _, Sync,
    Synced, TraceContext, percent_encoded,
};

impl CentralClient {
    /// Sends a mutation once, of what its path names. It should have a key: central refuses one without.
    ///
    /// # Errors
    ///
    /// [`CallError::effect`] says whether it may have been done; when it may, the same with the same key settles it.
    pub async fn send<M: Mutation>(
        &self,
        subject: &M::Subject,
        mutation: &M,
        from: &Origin,
    ) -> Result<Answered<M::Answer>, CallError> {
        let request = mutating(subject, mutation, from);
        typed(self.once(&request).await?, &request)
    }

    /// Sends a mutation with the same key until it is settled, or until there is no time for another attempt: then it
    /// returns at once, and never after the deadline.
    ///
    /// # Errors
    ///
    /// As [`Self::send`], of all attempts together: when one of them may have been done, and none has found out, the
    /// outcome is unknown.
    pub async fn send_until<M: Mutation>(
        &self,
        subject: &M::Subject,
        mutation: &M,
        from: &Origin,
        deadline: Instant,
    ) -> Result<Answered<M::Answer>, CallError> {
        let request = mutating(subject, mutation, from);
        typed(self.settle(&request, deadline).await?, &request)
    }

    /// Passes a call on as it is: one with a body until it is settled, as [`Self::send_until`] does, so its body must
    /// have a key; one without a body reads. `template` is the pattern of its path.
    ///
    /// # Errors
    ///
    /// As [`Self::send_until`]; of a read, that nothing is known that was not known before.
    pub async fn pass_until(
        &self,
        template: &'static str,
        target: &str,
        body: Option<Bytes>,
        from: &Origin,
        deadline: Instant,
    ) -> Result<Passed, CallError> {
        let request = match body {
            Some(json) => Request::sending(Method::POST, template, target.to_owned(), json),
            None => Request::get(template, target.to_owned()),
        };
        self.settle(&request.from(from), deadline).await
    }

    /// Sends updates once, in order, to be decided each on its own. Each must have a key. The answers are in the same order.
    ///
    /// # Errors
    ///
    /// As [`Self::send`]: nothing is known of each.
    pub async fn batch(
        &self,
        updates: Vec<BatchRow>,
        trace: Option<TraceParent>,
    ) -> Result<Vec<RowAnswer>, CallError> {
        let count = updates.len();
        let origin = Origin {
            trace: trace.map(|parent| TraceContext {
                parent,
                state: None,
            }),
            ..Origin::default()
        };
        let path = "/inventory/batch";
        let request = posting(path, path.to_owned(), &Batch { updates }).from(&origin);
        let request = request.answered_by(Size::Bulk);
        let passed = self.once(&request).await?;
        let rows: Rows = parse(&passed.body, request.once_sent)?;
        match rows.results.len() == count {
            true => Ok(rows.results),
            false => Err(CallError::NotUnderstood {
                status: Some(passed.status.as_u16()),
                effect: request.once_sent,
                source: InvalidAnswer::Rows,
            }),
        }
    }

    /// Sets a store's stock of many products, once.
    ///
    /// # Errors
    ///
    /// As [`Self::send`]. Without a key nothing settles what is unknown but a look at the stock.
    pub async fn sync(&self, sync: &Sync, from: &Origin) -> Result<Answered<Synced>, CallError> {
        let path = "/inventory/sync";
        let request = posting(path, path.to_owned(), sync).from(from);
        let request = request.answered_by(Size::Bulk);
        typed(self.once(&request).await?, &request)
    }

    /// Asks to be notified in the feed when a level runs low, and when it is replenished.
    ///
    /// # Errors
    ///
    /// As [`Self::send`]. The same again changes nothing, with a key or without.
    pub async fn set_alert(
        &self,
        store: &StoreId,
        product: &ProductId,
        alert: &SetAlert,
        from: &Origin,
    ) -> Result<Answered<Alert>, CallError> {
        let target = of_level(store, product);
        let request = Request::sending(Method::PUT, LEVEL_ALERT, target, json(alert)).from(from);
        typed(self.once(&request).await?, &request)
    }

    /// Asks no longer to be notified of a level. The alert that there was.
    ///
    /// # Errors
    ///
    /// As [`Self::send`]. The same again is refused, since there is no alert any more.
    pub async fn remove_alert(
        &self,
        store: &StoreId,
        product: &ProductId,
        from: &Origin,
    ) -> Result<Alert, CallError> {
        let target = of_level(store, product);
        let request = Request::removing(LEVEL_ALERT, target).from(from);
        parse(&self.once(&request).await?.body, request.once_sent)
    }

    /// Says that a dead letter was dealt with. The first one to say so counts.
    ///
    /// # Errors
    ///
    /// As [`Self::send`]. The same again changes nothing.
    pub async fn resolve_dead_letter(
        &self,
        id: &str,
        resolve: &Resolve,
    ) -> Result<InspectedDeadLetter, CallError> {
        let template = "/admin/dead-letters/{letterId}/resolution";
        let target = format!("/admin/dead-letters/{}/resolution", percent_encoded(id));
        let request = posting(template, target, resolve);
        parse(&self.once(&request).await?.body, request.once_sent)
    }
}

pub(super) const LEVEL_ALERT: &str = "/alerts/{storeId}/{productId}";

/// Where the alert of a level is.
pub(super) fn of_level(store: &StoreId, product: &ProductId) -> String {
    let (store, product) = (store.as_str(), product.as_str());
    format!(
        "/alerts/{}/{}",
        percent_encoded(store),
        percent_encoded(product)
    )
}

/// The call that takes a mutation, as it is declared.
fn mutating<M: Mutation>(subject: &M::Subject, mutation: &M, from: &Origin) -> Request {
    let path = M::CALL.path.central;
    let request = posting(path, subject.in_path(path), mutation).from(from);
    match M::CALL.is_bulk {
        true => request.answered_by(Size::Bulk),
        false => request,
    }
}

fn posting(template: &'static str, target: String, body: &impl Serialize) -> Request {
    Request::sending(Method::POST, template, target, json(body))
}

fn json(body: &impl Serialize) -> Bytes {
    let json = serde_json::to_vec(body);
    json.expect("a body is made of texts and numbers").into()
}

fn typed<A: DeserializeOwned>(passed: Passed, request: &Request) -> Result<Answered<A>, CallError> {
    Ok(Answered {
        answer: parse(&passed.body, request.once_sent)?,
        replayed: passed.replayed,
        body: passed.body,
    })
}
