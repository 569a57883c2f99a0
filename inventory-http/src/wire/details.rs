//! What an event says beside its change of a level, as it is sent. What there is to say, the machine's table of events lists.

use std::borrow::Cow;
use std::fmt;

use inventory_core::machine::{Detail, DetailForm, DetailValue, Details};
use inventory_core::vocabulary::{ProductId, Quantity, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The details of an event, flat among its other fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireDetails(pub Details);

/// The name on the wire: that in a record, unless callers know it by another one.
fn name_of(detail: Detail) -> &'static str {
    match detail.name() {
        "reservation" => "reservationId",
        "transfer" => "transferId",
        "destination" => "toStoreId",
        "settlement" => "outcome",
        name => name,
    }
}

fn detail_of(name: &str) -> Option<Detail> {
    let mut all = Detail::ALL.iter().copied();
    all.find(|detail| name_of(*detail) == name)
}

impl Serialize for WireDetails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        self.0
            .try_each(|detail, value| fields.serialize_entry(name_of(detail), &value))?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for WireDetails {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = WireDetails;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fields of an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<WireDetails, A::Error> {
        let (mut details, mut seen) = (Details::default(), 0_u32);
        while let Some(name) = fields.next_key::<Cow<'_, str>>()? {
            // A later version may say more.
            let Some(detail) = detail_of(&name) else {
                fields.next_value::<IgnoredAny>()?;
                continue;
            };
            let bit = 1 << detail as u32;
            if seen & bit != 0 {
                return Err(A::Error::duplicate_field(name_of(detail)));
            }
            seen |= bit;
            let form = detail.form();
            let set = match form {
                DetailForm::Id | DetailForm::Name => {
                    let text: Option<Cow<'_, str>> = fields.next_value()?;
                    text.map(|text| details.set(detail, DetailValue::Text(&text)))
                }
                DetailForm::Time => {
                    let time: Option<_> = fields.next_value()?;
                    time.map(|time| details.set(detail, DetailValue::Time(time)))
                }
                DetailForm::Units => {
                    let units: Option<_> = fields.next_value()?;
                    units.map(|units| details.set(detail, DetailValue::Units(units)))
                }
            };
            // A later version may know more names: without it the event is malformed, not its page.
            if set == Some(None) && form != DetailForm::Name {
                return Err(A::Error::custom(format_args!("{name} is not valid")));
            }
        }
        Ok(WireDetails(details))
    }
}

impl JsonSchema for WireDetails {
    fn schema_name() -> Cow<'static, str> {
        "WireDetails".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties = Detail::ALL.iter().map(|&detail| {
            let mut schema = match detail.form() {
                DetailForm::Id => ProductId::json_schema(generator),
                DetailForm::Name => <Option<String>>::json_schema(generator),
                DetailForm::Time => Timestamp::json_schema(generator),
                DetailForm::Units => Quantity::json_schema(generator),
            };
            schema.insert("description".to_owned(), detail.about().into());
            (name_of(detail).to_owned(), schema.to_value())
        });
        let properties: Map<String, Value> = properties.collect();
        json_schema!({ "type": "object", "properties": properties })
    }
}
