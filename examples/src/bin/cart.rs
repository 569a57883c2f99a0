//! A cart: what is in it is nobody else's until it is paid for, is put back, or has been forgotten for too long.
//!
//! `cart [DIR]`. Run it on a new directory: a cart is held once.

use std::error::Error;
use std::io::{self, Write};

use inventory_core::engine::Settings;
use inventory_core::inventory::Inventory;
use inventory_core::machine::{Adjust, Command, Commit, Hold, Release, Request};
use inventory_core::vocabulary::ProductId;
use inventory_log::file::{self, FileOptions};

/// How long a customer may take to pay.
const TTL_SECONDS: u64 = 900;

/// A shop whose warehouse is called `web`.
struct Shop {
    inventory: Inventory,
}

impl Shop {
    /// Does all of it, or nothing and says why. With the same key again it is done once.
    fn ask(&self, key: &str, commands: Vec<Command>) -> Result<String, Box<dyn Error>> {
        let request = Request::new(key.parse()?, commands)?;
        Ok(match self.inventory.submit(request)? {
            Ok(_) => "done".to_owned(),
            Err(rejection) => format!("refused: {rejection}"),
        })
    }

    /// What anybody may still take of a product.
    fn available(&self, product: &str) -> Result<u64, Box<dyn Error>> {
        let state = self.inventory.reader().product(&ProductId::new(product)?);
        Ok(state.map_or(0, |state| state.total.units()))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1);
    let directory = directory.unwrap_or_else(|| "data/cart".into());
    let ports = file::open(directory, FileOptions::default())?.into_ports();
    let shop = Shop {
        inventory: Inventory::start(ports, Settings::default())?,
    };
    let mut out = io::stdout().lock();
    let deliver = |product, units| Adjust::new(product, "web", units).map(Command::from);
    let hold = |cart, product, units| {
        Hold::new(cart, product, "web", units, TTL_SECONDS).map(Command::from)
    };

    shop.ask("delivery-1", vec![deliver("tea", 3)?, deliver("cup", 2)?])?;
    // One request holds the whole cart, or nothing of it.
    let cart = vec![hold("cart-ann", "tea", 2)?, hold("cart-ann", "cup", 1)?];
    writeln!(
        out,
        "ann puts 2 tea and 1 cup in her cart: {}",
        shop.ask("hold-ann", cart)?
    )?;
    let cart = vec![hold("cart-bob", "tea", 2)?];
    writeln!(out, "bob wants 2 tea: {}", shop.ask("hold-bob", cart)?)?;
    let cart = vec![hold("cart-bob", "tea", 1)?];
    writeln!(
        out,
        "bob takes 1 tea: {}",
        shop.ask("hold-bob-again", cart)?
    )?;
    writeln!(out, "left to others: {} tea", shop.available("tea")?)?;

    let paid = vec![Commit::all("cart-ann")?.into()];
    writeln!(out, "ann pays: {}", shop.ask("pay-ann", paid)?)?;
    let gives_up = vec![Release::new("cart-bob")?.into()];
    writeln!(out, "bob goes away: {}", shop.ask("release-bob", gives_up)?)?;
    writeln!(out, "left to others: {} tea", shop.available("tea")?)?;

    // Nobody has to remember a cart that was forgotten: its units are free again when its time has passed.
    Ok(())
}
