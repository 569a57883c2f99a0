//! Errors of the libraries: which of them may gain cases, and how they are matched.

use syn::visit::Visit;
use syn::{Attribute, ItemEnum};

use crate::workspace::{expect_none, sources};

/// Those of which every case must be looked at where they are handled: see the decisions of inventory-core.
const EXHAUSTIVE: &[&str] = &["Break", "Inapplicable", "NotApplied", "Rejection"];

/// The enums of a file that are errors, and whether each may gain cases.
#[derive(Default)]
struct Errors(Vec<(String, bool)>);

impl Visit<'_> for Errors {
    fn visit_item_enum(&mut self, item: &ItemEnum) {
        let has = |is: fn(&Attribute) -> bool| item.attrs.iter().any(is);
        if has(derives_error) {
            let may_grow = has(|attribute| attribute.path().is_ident("non_exhaustive"));
            self.0.push((item.ident.to_string(), may_grow));
        }
    }
}

fn derives_error(attribute: &Attribute) -> bool {
    let derived = attribute.meta.require_list();
    let is_error = derived.is_ok_and(|list| list.tokens.to_string().contains("thiserror :: Error"));
    attribute.path().is_ident("derive") && is_error
}

#[test]
fn an_error_may_gain_cases_unless_each_must_be_looked_at() {
    let (mut broken, mut exhaustive) = (Vec::new(), Vec::new());
    for of in ["inventory-core", "inventory-log"] {
        for file in sources(&format!("{of}/src")) {
            let mut errors = Errors::default();
            errors.visit_file(&syn::parse_file(&file.text).unwrap());
            for (name, may_grow) in errors.0 {
                let must_not = EXHAUSTIVE.contains(&name.as_str());
                if may_grow == must_not {
                    broken.push(format!("{}: {name}", file.path));
                }
                exhaustive.extend(must_not.then_some(name));
            }
        }
    }
    expect_none(
        &broken,
        "make it `#[non_exhaustive]`, or argue in inventory-core/DECISIONS.md why callers must look at each case",
    );
    exhaustive.sort();
    assert_eq!(exhaustive, EXHAUSTIVE, "each is there once");
}

/// The lint that finds a new case behind `_` looks only at arms that are nothing else.
#[test]
fn a_wildcard_is_an_arm_of_its_own() {
    let mut broken = Vec::new();
    for file in sources("") {
        for (place, line) in file.code() {
            if line.contains(concat!("| _ ", "=>")) {
                broken.push(format!("{place}: {}", line.trim()));
            }
        }
    }
    expect_none(&broken, "write `_` as the last arm, by itself");
}
