#![no_main]
//! Request targets and headers: each parameter is what its route has declared, or the request is refused in its name.
//!
//! An input is a target; then, on a line of its own, what stands in each header. Both are tried with every call of
//! central, so that no input has to say which one it means.

mod declared;

use std::sync::LazyLock;

use hyper::Uri;
use inventory_core::vocabulary::ProductId;
use inventory_fuzz::refused_field;
use inventory_http::central::{Central, routes};
use inventory_http::server::{HeaderParam, Param, ParamKind, PathParams, Query, Route};
use libfuzzer_sys::fuzz_target;

use declared::{PathRule, decoded, expected_query, is_declared, number};

/// Takes every text.
static ANYTHING: Param = Param {
    name: "any",
    about: "",
    kind: ParamKind::Text {
        pattern: "",
        format: "",
        check: |_| Ok(()),
    },
};

static ROUTES: LazyLock<Vec<Route<Central>>> = LazyLock::new(routes);
static PATHS: LazyLock<Vec<PathRule>> = LazyLock::new(|| {
    ROUTES
        .iter()
        .map(|route| PathRule::new(route.path))
        .collect()
});

fuzz_target!(|input: &[u8]| {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let (target, header) = input.split_once('\n').unwrap_or((input, ""));
    let query = target.split_once('?').map(|(_, query)| query);
    for (route, rule) in ROUTES.iter().zip(&*PATHS) {
        check_query(query, route.query);
        check_headers(header, route.headers);
        check_path(target, route, rule);
    }
    check_encoding(header);
});

fn check_query(raw: Option<&str>, params: &[&'static Param]) {
    let query = match Query::parse(raw, params) {
        Ok(query) => query,
        Err(error) => {
            assert_eq!(Err(refused_field(&error)), expected_query(raw, params));
            return;
        }
    };
    let values = params
        .iter()
        .filter_map(|param| Some((param.name, query.text(param)?.to_owned())));
    assert_eq!(Ok(values.collect()), expected_query(raw, params));
    for param in params {
        if let ParamKind::Integer { default, .. } = param.kind {
            let given = query.text(param).and_then(number);
            assert_eq!(query.integer(param), given.or(default), "{}", param.name);
        }
    }
}

/// A value comes out of the head without the blanks around it.
fn check_headers(value: &str, headers: &[&'static HeaderParam]) {
    let value = value.trim_matches([' ', '\t']);
    for HeaderParam { param, .. } in headers {
        let checked = param.check(value);
        assert_eq!(
            checked.is_ok(),
            is_declared(param, value),
            "{}: {checked:?}",
            param.name
        );
    }
}

fn check_path(target: &str, route: &Route<Central>, rule: &PathRule) {
    let Ok(uri) = target.parse::<Uri>() else {
        return;
    };
    let expected = rule.segments(uri.path());
    let found = PathParams::matching(route.path, uri.clone());
    let Some(params) = found else {
        assert_eq!(expected, None, "{uri} is a path of {route:?}");
        return;
    };
    let segments = expected.expect("only a path that matches has parameters");
    assert_eq!(segments.len(), route.path_params.len());
    for (position, (segment, param)) in segments.iter().zip(route.path_params).enumerate() {
        let text = decoded(segment);
        match params.parse::<String>(position, param.name) {
            Ok(found) => assert_eq!(Some(found), text),
            Err(error) => assert_eq!(
                (refused_field(&error).as_str(), text.as_ref()),
                (param.name, None)
            ),
        }
        let id = text.and_then(|text| ProductId::new(&text).ok());
        match params.parse::<ProductId>(position, param.name) {
            Ok(found) => assert_eq!(Some(found), id),
            Err(error) => assert_eq!((refused_field(&error).as_str(), id), (param.name, None)),
        }
    }
}

/// Any text can be said in a query and in a path, however much of it is encoded.
fn check_encoding(text: &str) {
    for encoded in [
        encode(text, |_| false),
        encode(text, |byte| byte.is_ascii_alphanumeric()),
    ] {
        let raw = format!("any={encoded}");
        let query = Query::parse(Some(&raw), &[&ANYTHING]).expect("every text can be encoded");
        assert_eq!(query.text(&ANYTHING), Some(text));

        let Ok(uri) = format!("/{encoded}/end").parse::<Uri>() else {
            continue;
        };
        let params = PathParams::matching("/{any}/end", uri);
        let found = params.map(|params| params.parse::<String>(0, "any"));
        let expected = (!text.is_empty()).then(|| Ok(text.to_owned()));
        assert_eq!(found, expected);
    }
}

fn encode(text: &str, is_plain: fn(u8) -> bool) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        byte if is_plain(byte) => char::from(byte).to_string(),
        // Digits above nine are written either way.
        byte if byte % 2 == 0 => format!("%{byte:02x}"),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}
