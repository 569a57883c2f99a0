//! In which forms an event says something beside its change of a level. Whoever writes events, reads them or digests them
//! goes by the form, and so need not know what there is to say.

use serde::Serialize;

use super::settlement::Settlement;
use crate::vocabulary::{Quantity, ReservationId, StoreId, Timestamp, TransferId};

/// The form of a detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DetailForm {
    /// A text: an id.
    Id,
    /// A text: one of a few names.
    Name,
    /// A moment.
    Time,
    /// A number of units.
    Units,
}

/// What a detail says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum DetailValue<'a> {
    /// An id or a name.
    Text(&'a str),
    /// A moment.
    Time(Timestamp),
    /// A number of units.
    Units(Quantity),
}

/// A type that a detail can be of.
pub(super) trait DetailType: Sized {
    const FORM: DetailForm;

    fn value(&self) -> DetailValue<'_>;

    /// `None` when the value is of another form, or no such id or name.
    fn from_value(value: DetailValue<'_>) -> Option<Self>;
}

macro_rules! detail_types {
    ($($name:ty: $form:ident, $value:ident(|$it:ident| $out:expr, |$said:ident| $in:expr);)+) => {$(
        impl DetailType for $name {
            const FORM: DetailForm = DetailForm::$form;

            fn value(&self) -> DetailValue<'_> {
                let $it = self;
                DetailValue::$value($out)
            }

            fn from_value(value: DetailValue<'_>) -> Option<Self> {
                let DetailValue::$value($said) = value else {
                    return None;
                };
                $in
            }
        }
    )+};
}

detail_types! {
    ReservationId: Id, Text(|id| id.as_str(), |text| text.parse().ok());
    TransferId: Id, Text(|id| id.as_str(), |text| text.parse().ok());
    StoreId: Id, Text(|id| id.as_str(), |text| text.parse().ok());
    Settlement: Name, Text(|settlement| settlement.name(), |text| text.parse().ok());
    Timestamp: Time, Time(|time| *time, |time| Some(time));
    Quantity: Units, Units(|units| *units, |units| Some(units));
}
