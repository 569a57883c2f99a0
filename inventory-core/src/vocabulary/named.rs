//! Kinds of something that have names.

/// Declares kinds, each with its name in logs and on the wire, and the error of a text that names none.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[doc = $about:literal])+ $kind:ident = $text:literal,)+
        }

        $(#[$error_meta:meta])*
        pub struct $error:ident;
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $about])+ $kind,)+
        }

        impl $name {
            /// All of them, in an order that never changes.
            pub const ALL: [Self; Self::NAMES.len()] = [$(Self::$kind),+];

            /// The names of all of them, in the same order.
            pub const NAMES: &[&str] = &[$($text),+];

            /// The name in logs and on the wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $text,)+
                }
            }

            /// What it means, in a sentence.
            pub fn about(self) -> &'static str {
                let about = match self {
                    $(Self::$kind => concat!($($about),+),)+
                };
                about.trim()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        $(#[$error_meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        #[error("must be one of {}", $name::NAMES.join(", "))]
        pub struct $error;

        impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                let mut all = Self::ALL.into_iter();
                all.find(|kind| kind.name() == text).ok_or($error)
            }
        }

        crate::vocabulary::text::as_text!($name);
    };
}

pub(crate) use named;
