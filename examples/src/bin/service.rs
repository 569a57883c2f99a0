//! An asynchronous service: many tasks sell from one inventory, none of them blocks a thread, and they share their syncs.
//!
//! `service [DIR]`. Forty customers want the last ten units at the same time; ten get one.

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use inventory_core::engine::Settings;
use inventory_core::inventory::Inventory;
use inventory_core::machine::{Adjust, Request};
use inventory_log::file::{self, FileOptions};
use tokio::task::JoinSet;

/// Sells one unit to a customer. `false` when there is none left.
///
/// # Errors
///
/// The inventory does not take the request, or nobody knows what became of it: asking again with the same key tells.
async fn sell(
    inventory: &Inventory,
    customer: usize,
) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let key = format!("customer-{customer}").parse()?;
    let sale = Request::new(key, vec![Adjust::new("tea", "north", -1)?.into()])?;
    let answers = inventory.submit_async(vec![sale])?.await?;
    Ok(answers.iter().all(Result::is_ok))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let directory = std::env::args_os().nth(1);
    let directory = directory.unwrap_or_else(|| "data/service".into());
    // Opening reads the log, which takes its time: not on a thread that serves.
    let start = move || {
        let ports = file::open(directory, FileOptions::default())?.into_ports();
        let inventory = Inventory::start(ports, Settings::default())?;
        let delivery = Request::new(
            "delivery".parse()?,
            vec![Adjust::new("tea", "north", 10)?.into()],
        )?;
        inventory.submit(delivery)??;
        Ok::<_, Box<dyn Error + Send + Sync>>(Arc::new(inventory))
    };
    let inventory = tokio::task::spawn_blocking(start).await??;

    let mut customers = JoinSet::new();
    for customer in 0..40 {
        let inventory = Arc::clone(&inventory);
        customers.spawn(async move { sell(&inventory, customer).await });
    }
    let mut sold = 0;
    while let Some(customer) = customers.join_next().await {
        sold += usize::from(customer??);
    }
    writeln!(io::stdout(), "{sold} of 40 customers got one")?;
    // Dropping waits for what is being written.
    tokio::task::spawn_blocking(move || drop(inventory)).await?;
    Ok(())
}
