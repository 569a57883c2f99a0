//! Client program: a delivery, a sale with a retry, a cart, and the history since, at a running central.
//!
//! `client URL KEY`, as `client https://central.example secret`; with a central of `make run`, `client http://localhost:8080 demo`.
//! Run it twice: the second time nothing is delivered or sold again, because every key is known.

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use inventory_core::vocabulary::{Adjustment, ProductId, ReservationId, StoreId, Ttl, Units};
use inventory_http::client::{CallError, CentralClient, CentralSettings, HistoryQuery, Origin};
use inventory_http::wire::{Commit, Hold, LevelUnits, Update};
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (url, key) = (arguments.next(), arguments.next());
    let url = url.ok_or("name a central: client URL KEY")?.parse()?;
    let key = key.ok_or("name an API key: client URL KEY")?.parse()?;
    let client = CentralClient::new(CentralSettings::new(url, key))?;
    let mut out = io::stdout().lock();

    let (north, tea): (StoreId, ProductId) = ("north".parse()?, "tea".parse()?);
    let me = Origin::default();
    let soon = || Instant::now() + Duration::from_secs(10);

    // A mutation has its key before it is first sent. Until the deadline the same is sent again, with the same key.
    for (key, units) in [("delivery-1", 10), ("basket-1", -1), ("basket-2", -99)] {
        let update = Update {
            idempotency_key: Some(key.parse()?),
            ..Update::new(north.clone(), tea.clone(), Adjustment::new(units)?, None)
        };
        match client.send_until(&(), &update, &me, soon()).await {
            Ok(done) if done.replayed => writeln!(out, "{key} was done before")?,
            Ok(done) => writeln!(out, "{key} leaves {}", done.answer.store_quantity)?,
            // Nothing was done, and central says why. Any other error says whether that is known: `CallError::effect`.
            Err(CallError::Refused { error, .. }) => writeln!(out, "{key}: {}", error.message)?,
            Err(error) => return Err(error.into()),
        }
    }

    // A cart holds its units while its customer pays.
    let cart: ReservationId = "cart-1".parse()?;
    let two = LevelUnits {
        store_id: north,
        product_id: tea.clone(),
        quantity: Units::new(2)?,
    };
    let hold = Hold {
        idempotency_key: Some("hold-1".parse()?),
        ..Hold::new(cart.clone(), vec![two], Ttl::new(600)?)
    };
    client.send_until(&(), &hold, &me, soon()).await?;
    let commit = Commit {
        idempotency_key: Some("pay-1".parse()?),
        reference: Some("order-1".parse()?),
        ..Commit::default()
    };
    let paid = client.send_until(&cart, &commit, &me, soon()).await?;
    for line in paid.answer.lines {
        writeln!(out, "{cart} is paid, {} units of it", line.committed)?;
    }

    let history = HistoryQuery {
        reference: Some("order-1".parse()?),
        ..HistoryQuery::default()
    };
    for event in client.history(&history).await?.items {
        writeln!(out, "offset {}: {}", event.seq, event.kind)?;
    }
    let left = client.product(&tea, None).await?.available;
    writeln!(out, "{left} tea are left")?;
    Ok(())
}
