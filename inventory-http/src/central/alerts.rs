//! Alerts: set, removed and read. What sets one is declared by hand, since it is a PUT to the level that its path names, does
//! without a key, and answers also when nothing is to be done.

use hyper::{Method, StatusCode};
use inventory_core::engine::Receipt;
use inventory_core::machine::{self, Command, Event, Ledger, Rejection, Request, Thresholds};
use inventory_core::vocabulary::{ProductId, StoreId};

use super::mutate::{buried, mark_replayed};
use super::params::checked;
use super::refusal::refused;
use super::service::Central;
use crate::server::params::{
    self, KEYLESS_HEADERS, LIMIT, MUTATION_HEADERS, REPLAYED, cursor, page_after, page_limit,
};
use crate::server::{Access, Answer, ApiError, BODY_BYTES_MAX, Call, Param, Route};
use crate::wire::{Alert, AlertList, Body as _, Code, Cursor, PathParam, SetAlert, Subject as _};

/// Alerts that are looked at for one page, under one hold of the ledger: the writer waits for less than a millisecond.
const LOOK_MAX: usize = 2_000;

const LEVEL_PATH: &[PathParam] = &[StoreId::PARAMS[0], ProductId::PARAMS[0]];

const STORE: Param = Param::id::<StoreId>("storeId", "only alerts of this store");

const CURSOR: Param = cursor::<(ProductId, StoreId)>();

/// The calls about alerts.
pub(super) fn routes() -> Vec<Route<Central>> {
    let of_level = "/alerts/{storeId}/{productId}";
    let ok = StatusCode::OK;
    vec![
        Route::reads("/alerts", list)
            .about(
                "listAlerts",
                "lists alerts by product and store, a page at a time",
            )
            .query(&[&CURSOR, &LIMIT, &STORE])
            .answers::<AlertList>(ok, "a page; with a filter it may be short before the end"),
        Route::now(Method::GET, of_level, Access::Read, get)
            .about("readAlert", "reads the alert of a level")
            .path_params(LEVEL_PATH)
            .answers::<Alert>(ok, "the alert")
            .errors(&[Code::NotFound]),
        Route::later(Method::PUT, of_level, Access::Write, put)
            .about(
                "setAlert",
                "asks to be told in the feed when a level runs low, and when it is replenished",
            )
            .path_params(LEVEL_PATH)
            .headers(MUTATION_HEADERS)
            .takes::<SetAlert>(BODY_BYTES_MAX)
            .example(r#"{"low":2,"replenished":5}"#)
            .answers::<Alert>(ok, "it is set; a level that is low already has been told")
            .telling(REPLAYED)
            .errors(&[Code::Conflict, Code::Unprocessable, Code::Quarantined]),
        Route::later(Method::DELETE, of_level, Access::Write, delete)
            .about("removeAlert", "asks no longer to be told about a level")
            .path_params(LEVEL_PATH)
            .headers(KEYLESS_HEADERS)
            .keyless("what is removed cannot be removed again")
            .answers::<Alert>(ok, "what was asked until now")
            .errors(&[Code::NotFound]),
    ]
}

/// The level in the path.
fn level(call: &Call<Central>) -> Result<(ProductId, StoreId), ApiError> {
    let store = call.path.parse(0, "storeId")?;
    Ok((call.path.parse(1, "productId")?, store))
}

/// The alert of a level, as the ledger has it.
fn known(call: &Call<Central>, product: ProductId, store: StoreId) -> Result<Alert, ApiError> {
    let reader = call.service().reader();
    let alert = reader.read(|ledger| ledger.alert(&product, &store));
    match alert {
        Some(alert) => Ok(Alert::of(&product, &store, alert)),
        None => Err(refused(&Rejection::UnknownAlert { product, store })),
    }
}

/// GET /alerts/{storeId}/{productId}
fn get(call: &Call<Central>) -> Result<Answer, ApiError> {
    let (product, store) = level(call)?;
    known(call, product, store).map(|alert| Answer::json(&alert))
}

/// PUT /alerts/{storeId}/{productId}
async fn put(call: Call<Central>) -> Result<Answer, ApiError> {
    let (product, store) = level(&call)?;
    let mut set: SetAlert = call.json()?;
    call.caller().may_write_for(&store)?;
    let key = params::key(&call, set.idempotency_key.take())?;
    let thresholds = Thresholds::new(set.low, set.replenished).map_err(|error| {
        let message = format!("{error}; nothing was done");
        ApiError::new(Code::Unprocessable, message)
            .with_detail("replenished", "must be more than low")
    })?;
    let command = Command::SetAlert(machine::SetAlert {
        product: product.clone(),
        store: store.clone(),
        thresholds,
    });
    let request = match key {
        Some(key) => Request::new(key, vec![command]),
        None => Request::unkeyed(vec![command]),
    };
    let request = request.expect("one line is a request");
    match call.submit_one(set.remarks().of(request)).await? {
        Ok(receipt) => {
            let alert = answered(&receipt, thresholds).ok_or_else(buried)?;
            let alert = Alert::of(&product, &store, alert);
            Ok(mark_replayed(Answer::json(&alert), receipt.replayed))
        }
        Err(Rejection::NothingToDo { .. }) => {
            known(&call, product, store).map(|alert| Answer::json(&alert))
        }
        Err(rejection) => Err(refused(&rejection)),
    }
}

/// The alert as its first answer has it, also when it was set to what it was: it is low when so little was available then.
fn answered(receipt: &Receipt, thresholds: Thresholds) -> Option<machine::Alert> {
    let first = receipt.entry.events.first().and_then(Event::movement)?;
    Some(machine::Alert {
        thresholds,
        is_low: first.after.level.available() <= thresholds.low(),
    })
}

/// DELETE /alerts/{storeId}/{productId}
async fn delete(call: Call<Central>) -> Result<Answer, ApiError> {
    let (product, store) = level(&call)?;
    call.caller().may_write_for(&store)?;
    let alert = known(&call, product.clone(), store.clone());
    let alert = alert.inspect_err(|_| call.service().refused_unasked())?;
    let command = Command::RemoveAlert(machine::RemoveAlert { product, store });
    let request = Request::unkeyed(vec![command]).expect("one line is a request");
    match call.submit_one(request).await? {
        Ok(_) => Ok(Answer::json(&alert)),
        Err(rejection) => Err(refused(&rejection)),
    }
}

/// GET /alerts
fn list(call: &Call<Central>) -> Result<Answer, ApiError> {
    let store: Option<StoreId> = checked(call, &STORE);
    let (after, limit) = (page_after(call), page_limit(call));
    let page = |ledger: &Ledger| {
        let mut alerts = ledger.alerts_after(after.as_ref()).peekable();
        let (mut items, mut last) = (Vec::new(), None);
        for _ in 0..LOOK_MAX {
            let Some((product, at, alert)) = alerts.next_if(|_| items.len() < limit) else {
                break;
            };
            last = Some((product.clone(), at.clone()));
            if store.as_ref().is_none_or(|store| store == at) {
                items.push(Alert::of(product, at, alert));
            }
        }
        let next = last.filter(|_| alerts.peek().is_some());
        AlertList {
            items,
            next_cursor: Cursor::next(next),
        }
    };
    Ok(Answer::json(&call.service().reader().read(page)))
}
