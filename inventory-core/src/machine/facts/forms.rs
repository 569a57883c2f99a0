//! The serde form of what has rules of its own (feature `serde`): what is read goes through the same checks as what a program
//! makes. All else is read and written field by field.

use std::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::machine::{
    Annotations, Command, Distinct, Event, InvalidThresholds, Level, Lines, Request, Thresholds,
};
use crate::vocabulary::{Caller, Epoch, IdempotencyKey, Quantity, StoreId};

/// The fields of a [`Request`]. What it means is not among them: its fingerprint follows from the commands.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequestForm<'a> {
    key: Option<IdempotencyKey>,
    caller: Option<Caller>,
    scope: Option<Cow<'a, [StoreId]>>,
    history: Option<Epoch>,
    annotations: Option<Cow<'a, Annotations>>,
    commands: Cow<'a, [Command]>,
}

impl Serialize for Request {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let intent = self.intent();
        let form = RequestForm {
            key: intent.map(|intent| intent.key.clone()),
            caller: intent.and_then(|intent| intent.caller.clone()),
            scope: self.scope().map(Cow::Borrowed),
            history: self.history(),
            annotations: self.annotations().map(Cow::Borrowed),
            commands: Cow::Borrowed(self.commands()),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = RequestForm::deserialize(deserializer)?;
        let commands = form.commands.into_owned();
        let made = match (form.key, form.caller) {
            (Some(key), Some(caller)) => Self::new(key, commands).map(|request| request.by(caller)),
            (Some(key), None) => Self::new(key, commands),
            (None, None) => Self::unkeyed(commands),
            (None, Some(_)) => return Err(D::Error::custom("a caller without a key")),
        };
        let mut request = made.map_err(D::Error::custom)?;
        if let Some(stores) = form.scope {
            request = request.within(stores.into_owned().into());
        }
        if let Some(epoch) = form.history {
            request = request.in_history(epoch);
        }
        if let Some(annotations) = form.annotations {
            request = request.annotated(annotations.into_owned());
        }
        Ok(request)
    }
}

impl<T: Serialize> Serialize for Lines<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self[..].serialize(serializer)
    }
}

impl<'de, T: Distinct + Deserialize<'de>> Deserialize<'de> for Lines<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The fields of [`Thresholds`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThresholdsForm {
    low: Quantity,
    replenished: Quantity,
}

impl TryFrom<ThresholdsForm> for Thresholds {
    type Error = InvalidThresholds;

    fn try_from(form: ThresholdsForm) -> Result<Self, InvalidThresholds> {
        Self::new(form.low, form.replenished)
    }
}

/// The fields of a [`Level`].
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LevelForm {
    on_hand: Quantity,
    reserved: Quantity,
}

impl TryFrom<LevelForm> for Level {
    type Error = &'static str;

    fn try_from(form: LevelForm) -> Result<Self, &'static str> {
        Self::new(form.on_hand, form.reserved).ok_or("more is reserved than is on hand")
    }
}

/// The events of an entry: it has at least one.
pub(super) fn at_least_one<'de, D, Product, Store>(
    deserializer: D,
) -> Result<Box<[Event<Product, Store>]>, D::Error>
where
    D: Deserializer<'de>,
    Product: Deserialize<'de>,
    Store: Deserialize<'de>,
{
    let events = Box::deserialize(deserializer)?;
    match <[_]>::is_empty(&events) {
        true => Err(D::Error::custom("an entry has at least one event")),
        false => Ok(events),
    }
}
