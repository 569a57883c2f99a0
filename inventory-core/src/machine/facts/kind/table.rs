//! How events are declared. Everything that lists kinds or details follows from the table that is given to `events!`.
//!
//! ```text
//!  details   /// About it.  field: Type = "nameInRecords",      in the order in which they are written
//!  kinds     /// About it.  Variant = "TypeName" { fields },    in an order that never changes, new ones last
//! ```
//!
//! | what follows | of the details | of the kinds |
//! |---|---|---|
//! | types | `Detail`, which is the field's name, and `Details`, which has all of them or some | `MovementKind` |
//! | names | `Detail::name`, `about`, `form`, `ALL` | `MovementKind::type_name`, `TYPE_NAMES` |
//! | out | `Details::try_each` | `MovementKind::each_detail`, `details` |
//! | in | `Details::set`, and serde's form of a record | `MovementKind::read`, `from_parts` |
//! | feature `serde` | | the form of `MovementKind`, with the names of types and details |

macro_rules! events {
    (
        details { $($(#[doc = $about:literal])+ $detail:ident: $type:ty = $name:literal,)+ }
        kinds { $($(#[doc = $doc:literal])+ $kind:ident = $type_name:literal $({ $($field:ident),+ })?,)+ }
    ) => {
        // A kind names its details; their types are said once.
        $(
            #[expect(non_camel_case_types, reason = "it is named as the field is")]
            type $detail = $type;
        )+

        /// Of what kind an event is.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(rename_all_fields = "camelCase", deny_unknown_fields)
        )]
        pub enum MovementKind {
            $(
                $(#[doc = $doc])+
                #[cfg_attr(feature = "serde", serde(rename = $type_name))]
                $kind $({
                    $(
                        #[doc = concat!("See [`Details::", stringify!($field), "`].")]
                        $field: $field,
                    )+
                })?,
            )+
        }

        /// Something that an event can say beside its change of a level. It is named as its field of [`Details`] is.
        #[expect(non_camel_case_types, reason = "it is named as the field is")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Detail {
            $($(#[doc = $about])+ $detail,)+
        }

        /// What an event says beside its change of a level: the fields of all kinds.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Details {
            $(
                $(#[doc = $about])+
                #[serde(rename = $name)]
                pub $detail: Option<$type>,
            )+
        }

        impl Detail {
            /// All there are, in the order in which an event says them.
            pub const ALL: &'static [Self] = &[$(Self::$detail),+];

            /// The name of the field in a record.
            #[inline]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$detail => $name,)+
                }
            }

            /// What the field means, as a sentence.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$detail => concat!($($about),+).trim_ascii(),)+
                }
            }

            /// In which form it is written.
            #[inline]
            pub fn form(self) -> DetailForm {
                match self {
                    $(Self::$detail => <$type as DetailType>::FORM,)+
                }
            }
        }

        impl Details {
            /// Sets a detail; `None` when it cannot have that value, and nothing is set.
            #[must_use]
            pub fn set(&mut self, detail: Detail, value: DetailValue<'_>) -> Option<()> {
                match detail {
                    $(Detail::$detail => self.$detail = Some(DetailType::from_value(value)?),)+
                }
                Some(())
            }

            /// Shows `visit` the details that are there, until it fails.
            ///
            /// # Errors
            ///
            /// That of `visit`, which has not been shown the details after it.
            pub fn try_each<E>(
                &self,
                mut visit: impl FnMut(Detail, DetailValue<'_>) -> Result<(), E>,
            ) -> Result<(), E> {
                $(if let Some($detail) = &self.$detail {
                    visit(Detail::$detail, $detail.value())?;
                })+
                Ok(())
            }
        }

        impl MovementKind {
            /// The names of all types of events that can be applied, in an order that never changes.
            pub const TYPE_NAMES: [&'static str; [$($type_name),+].len()] = [$($type_name),+];

            /// What events of the types say, in the order of [`MovementKind::TYPE_NAMES`].
            pub(in crate::machine) const DETAILS: &'static [&'static [Detail]] =
                &[$(&[$($(Detail::$field),+)?]),+];

            /// The place of the type among all.
            #[inline]
            pub(in crate::machine) fn place(&self) -> u8 {
                enum Place {
                    $($kind),+
                }
                match self {
                    $(Self::$kind { .. } => Place::$kind as u8,)+
                }
            }

            /// Shows `visit` what an event of this kind says beside its change of a level.
            #[inline]
            pub fn each_detail(&self, mut visit: impl FnMut(Detail, DetailValue<'_>)) {
                match self {
                    $(Self::$kind { $($($field),+)? } => {
                        $($(visit(Detail::$field, $field.value());)+)?
                    })+
                }
            }

            /// What an event of this kind says beside its change of a level.
            pub fn details(&self) -> Details {
                match self.clone() {
                    $(Self::$kind { $($($field),+)? } => Details {
                        $($($field: Some($field),)+)?
                        ..Details::default()
                    },)+
                }
            }

            /// The kind with a type name; `None` when there is none of that name, when it needs a detail that is missing,
            /// or has no place for one that is there.
            pub fn from_parts(type_name: &str, mut details: Details) -> Option<Self> {
                let kind = match type_name {
                    $($type_name => Self::$kind {
                        $($($field: details.$field.take()?,)+)?
                    },)+
                    _ => return None,
                };
                (details == Details::default()).then_some(kind)
            }
        }
    };
}

pub(super) use events;
