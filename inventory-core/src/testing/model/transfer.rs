//! Units on the way from one store to another.

use super::number::{Number, quantity};
use super::records::{Shipped, Transfer};
use super::stock::{State, Stock};
use crate::machine::{
    Close, Line, MovementKind, Receive, ReceiveLine, Rejection, Settlement, Ship, TransferState,
};
use crate::vocabulary::{ProductId, TransferId};

impl State {
    pub(super) fn ship(&mut self, line: Line, ship: &Ship) -> Result<(), Rejection> {
        let (product, store) = (&ship.product, &ship.source);
        if ship.source == ship.destination {
            let transfer = ship.transfer.clone();
            return Err(Rejection::SameStore { transfer });
        }
        let known = self.find_transfer(&ship.transfer);
        if let Some(known) = &known {
            if known.opened != self.first || !known.is_open() {
                return Err(Rejection::TransferExists {
                    transfer: known.id.clone(),
                    state: known.state,
                });
            }
            if known.line(product).is_some() {
                return Err(Rejection::NamedTwice { line });
            }
            if known.source != ship.source || known.destination != ship.destination {
                return Err(Rejection::LinesDiffer { line });
            }
        }
        self.refuse_quarantined(line, product)?;
        let (stock, units) = (self.stock(product, store), ship.quantity.quantity().units());
        let units = Number::from(units);
        if units > stock.available() {
            return Err(self.insufficient(line, product, store, units));
        }
        let kind = MovementKind::Shipped {
            transfer: ship.transfer.clone(),
            destination: ship.destination.clone(),
        };
        let on_hand = stock.on_hand - units;
        self.write(line, product, store, kind, Stock { on_hand, ..stock })?;
        let mut transfer = known.unwrap_or_else(|| Transfer {
            id: ship.transfer.clone(),
            opened: self.first,
            opened_at_ms: self.at_ms,
            source: ship.source.clone(),
            destination: ship.destination.clone(),
            state: TransferState::InTransit,
            ended_at_ms: None,
            lines: Vec::new(),
        });
        transfer.lines.push(Shipped {
            product: product.clone(),
            shipped: units,
            received: 0,
            missing: 0,
        });
        self.keep_transfer(transfer);
        Ok(())
    }

    pub(super) fn receive(&mut self, line: Line, receive: &Receive) -> Result<(), Rejection> {
        let mut transfer = self.open_transfer(&receive.transfer)?;
        let arrived = match &receive.lines {
            None => {
                let all = transfer.lines.iter();
                all.map(|line| (line.product.clone(), line.in_transit()))
                    .filter(|&(_, units)| units > 0)
                    .collect()
            }
            Some(lines) => arrived(&transfer, lines)?,
        };
        for (product, units) in arrived {
            self.refuse_quarantined(line, &product)?;
            let mut lines = transfer.lines.iter_mut();
            let shipped = lines.find(|line| line.product == product);
            let shipped = shipped.expect("what has arrived was shipped");
            shipped.received += units;
            let kind = MovementKind::Received {
                transfer: receive.transfer.clone(),
                in_transit: quantity(shipped.in_transit()),
            };
            let store = transfer.destination.clone();
            let stock = self.stock(&product, &store);
            let on_hand = stock.on_hand + units;
            self.write(line, &product, &store, kind, Stock { on_hand, ..stock })?;
        }
        self.settle(transfer, TransferState::Received);
        Ok(())
    }

    pub(super) fn close(&mut self, line: Line, close: &Close) -> Result<(), Rejection> {
        let mut transfer = self.open_transfer(&close.transfer)?;
        let store = transfer.source.clone();
        for shipped in &mut transfer.lines {
            let missing = shipped.in_transit();
            if missing == 0 {
                continue;
            }
            shipped.missing = missing;
            let kind = MovementKind::Closed {
                transfer: close.transfer.clone(),
                settlement: close.settlement,
                missing: quantity(missing),
            };
            if close.settlement == Settlement::Lost {
                self.note(&shipped.product, &store, kind);
                continue;
            }
            self.refuse_quarantined(line, &shipped.product)?;
            let stock = self.stock(&shipped.product, &store);
            let on_hand = stock.on_hand + missing;
            let after = Stock { on_hand, ..stock };
            self.write(line, &shipped.product, &store, kind, after)?;
        }
        let ended = match close.settlement {
            Settlement::Returned => TransferState::Returned,
            Settlement::Lost => TransferState::Lost,
        };
        self.settle(transfer, ended);
        Ok(())
    }

    /// A transfer of which nothing is on the way any more has ended.
    fn settle(&mut self, mut transfer: Transfer, ended: TransferState) {
        if transfer.lines.iter().all(|line| line.in_transit() == 0) {
            transfer.state = ended;
            transfer.ended_at_ms = Some(self.at_ms);
        }
        self.keep_transfer(transfer);
    }

    fn find_transfer(&self, id: &TransferId) -> Option<Transfer> {
        let mut known = self.transfers.iter();
        known.find(|known| known.id == *id).cloned()
    }

    fn open_transfer(&self, id: &TransferId) -> Result<Transfer, Rejection> {
        let transfer = id.clone();
        match self.find_transfer(id) {
            None => Err(Rejection::UnknownTransfer { transfer }),
            Some(known) if known.is_open() => Ok(known),
            Some(Transfer { state, .. }) => Err(Rejection::TransferEnded { transfer, state }),
        }
    }

    fn keep_transfer(&mut self, transfer: Transfer) {
        let mut known = self.transfers.iter_mut();
        match known.find(|known| known.id == transfer.id) {
            Some(known) => *known = transfer,
            None => self.transfers.push(transfer),
        }
    }
}

fn arrived(
    transfer: &Transfer,
    lines: &[ReceiveLine],
) -> Result<Vec<(ProductId, Number)>, Rejection> {
    for (at, line) in lines.iter().enumerate() {
        let in_transit = transfer.line(&line.product).map_or(0, Shipped::in_transit);
        if Number::from(line.quantity.quantity().units()) > in_transit {
            return Err(Rejection::NotInTransit {
                line: Line(at),
                transfer: transfer.id.clone(),
                product: line.product.clone(),
                in_transit: quantity(in_transit),
                asked: line.quantity.quantity(),
            });
        }
    }
    let units = |line: &ReceiveLine| line.quantity.quantity().units().into();
    Ok(lines
        .iter()
        .map(|line| (line.product.clone(), units(line)))
        .collect())
}
