//! What is forgotten for the bytes that it takes. The model does not know what that is: it follows a ledger, and sees that it
//! forgets the oldest, and no more than it must.

use super::Model;
use super::number::Number;
use super::records::{Reservation, Transfer};
use super::window::{Ends, Remembered};
use crate::machine::{Ledger, WindowLimits};
use crate::vocabulary::{Caller, IdempotencyKey};

/// What a key takes at most, beside its lines; a reservation or transfer of a few lines takes no more either.
const RECORD_BYTES: usize = 1_000;

/// What a line takes at most.
const LINE_BYTES: usize = 500;

impl Model {
    /// Forgets what a ledger has forgotten for want of room in bytes.
    ///
    /// # Errors
    ///
    /// It takes more than it may, has forgotten what is younger than what it remembers, or had room for it.
    pub fn forget_for_room(&mut self, ledger: &Ledger) -> Result<(), String> {
        self.forget_keys(ledger)?;
        let limits = self.window.limits;
        let is_known = |it: &Reservation| {
            let known = ledger.reservation(&it.id);
            known.is_some_and(|known| Number::from(known.opened.number()) == it.opened)
        };
        forget_ended(&mut self.state.reservations, is_known, limits)?;
        let is_known = |it: &Transfer| {
            let known = ledger.transfer(&it.id);
            known.is_some_and(|known| Number::from(known.opened.number()) == it.opened)
        };
        forget_ended(&mut self.state.transfers, is_known, limits)
    }

    fn forget_keys(&mut self, ledger: &Ledger) -> Result<(), String> {
        let bytes_max = self.window.limits.bytes_max;
        if ledger.key_bytes() > bytes_max {
            return Err(format!("keys take {} bytes", ledger.key_bytes()));
        }
        let is_known = |it: &Remembered| {
            let (caller, key) = &it.key;
            let caller: Option<Caller> = caller
                .as_ref()
                .map(|caller| caller.parse())
                .transpose()
                .expect("the model was given a valid caller");
            let key: IdempotencyKey = key.parse().expect("the model was given a valid key");
            ledger.find(caller.as_ref(), &key).is_some()
        };
        let all: Vec<_> = self.window.iter().map(|it| (is_known(it), it)).collect();
        let is_of_oldest = |at: usize| {
            let older = &all[..at];
            !older
                .iter()
                .any(|(known, it)| *known && it.key.0 == all[at].1.key.0)
        };
        let gone: Vec<_> = (0..all.len()).filter(|&at| !all[at].0).collect();
        if let Some(&at) = gone.iter().find(|&&at| !is_of_oldest(at)) {
            return Err(format!(
                "{:?} is forgotten before older ones",
                all[at].1.key
            ));
        }
        let took = |&at: &usize| RECORD_BYTES + LINE_BYTES * all[at].1.lines();
        if let Some(most) = gone.iter().map(took).max()
            && ledger.key_bytes() + most <= bytes_max
        {
            return Err(format!(
                "there was room: keys take {} bytes",
                ledger.key_bytes()
            ));
        }
        for at in gone.into_iter().rev() {
            self.window.forget_early(at);
        }
        Ok(())
    }
}

/// Forgets what has ended and is not known any more.
fn forget_ended<T: Ends>(
    list: &mut Vec<T>,
    is_known: impl Fn(&T) -> bool,
    limits: WindowLimits,
) -> Result<(), String> {
    let kept = list.iter().filter(|it| is_known(it));
    let kept: Vec<_> = kept.filter_map(Ends::ended_at_ms).collect();
    let gone = list.iter().filter(|it| !is_known(it));
    let Some(newest) = gone.map(|it| it.ended_at_ms().unwrap_or(u64::MAX)).max() else {
        return Ok(());
    };
    if kept.iter().any(|&ended_at| ended_at < newest) {
        return Err("what has ended is forgotten before what ended earlier".to_owned());
    }
    if (kept.len() + 1) * RECORD_BYTES <= limits.bytes_max {
        return Err(format!(
            "there was room for more than {} that have ended",
            kept.len()
        ));
    }
    list.retain(is_known);
    Ok(())
}
