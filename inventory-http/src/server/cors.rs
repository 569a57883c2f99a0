//! Which pages a browser lets call the service: those of the origins that were named, and no others (CORS).

use std::str::FromStr;

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD,
    HeaderValue, ORIGIN, VARY,
};
use hyper::{HeaderMap, Method, StatusCode, Uri};

use super::answer::Answer;
use super::route::Route;

/// Headers of requests that calls may have beside those that they declare.
const ALLOWED: [&str; 5] = [
    "authorization",
    "content-type",
    "traceparent",
    "tracestate",
    "x-api-key",
];

/// Headers of answers that a page may read beside those that calls declare.
const EXPOSED: [&str; 5] = [
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "traceresponse",
];

/// Where a page comes from: `https://shop.example`, with a port when it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// A text is no origin of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an origin like https://shop.example, in small letters")]
pub struct InvalidOrigin;

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let uri: Uri = text.parse().map_err(|_| InvalidOrigin)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(InvalidOrigin);
        };
        // As browsers write it: they compare bytes, and so does this.
        let written = format!("{scheme}://{authority}");
        let plain = written == text && text == text.to_ascii_lowercase();
        let web = matches!(scheme, "http" | "https") && !authority.as_str().contains('@');
        match plain && web {
            true => HeaderValue::from_str(text)
                .map(Self)
                .map_err(|_| InvalidOrigin),
            false => Err(InvalidOrigin),
        }
    }
}

/// What pages may do.
#[derive(Debug)]
pub(super) struct Cors {
    origins: Vec<Origin>,
    allowed: HeaderValue,
    exposed: HeaderValue,
}

impl Cors {
    /// Pages of these origins may make these calls.
    pub(super) fn new<'a, S: 'a>(
        origins: Vec<Origin>,
        routes: impl Iterator<Item = &'a Route<S>> + Clone,
    ) -> Self {
        let declared = routes.clone().flat_map(|route| route.headers);
        let declared = declared.map(|header| header.header.as_str().to_owned());
        let answers = routes.flat_map(|route| &route.answers);
        let told = answers.flat_map(|answer| answer.headers);
        let told = told.map(|(name, _)| name.to_ascii_lowercase());
        Self {
            origins,
            allowed: list(ALLOWED.map(str::to_owned).into_iter().chain(declared)),
            exposed: list(EXPOSED.map(str::to_owned).into_iter().chain(told)),
        }
    }

    /// The origin of a request, when its pages may call.
    pub(super) fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let origin = origins.next().filter(|_| origins.next().is_none())?;
        let known = self.origins.iter().any(|known| known.0 == *origin);
        known.then(|| origin.clone())
    }

    /// The answer to a browser that asks beforehand, for a page that may call. It says nothing about the path: a browser
    /// sends no key along.
    pub(super) fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<Answer> {
        let asks =
            *method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        (asks && self.origin(headers).is_some()).then(|| {
            let methods = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE");
            Answer::empty(StatusCode::NO_CONTENT)
                .with_header(ACCESS_CONTROL_ALLOW_METHODS, methods)
                .with_header(ACCESS_CONTROL_ALLOW_HEADERS, self.allowed.clone())
                .with_header(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"))
        })
    }

    /// Says to a browser that its page may read an answer. Without credentials: a key is sent by the page, never by the browser.
    pub(super) fn tell(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
        }
    }
}

fn list(names: impl Iterator<Item = String>) -> HeaderValue {
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names.dedup();
    HeaderValue::try_from(names.join(", ")).expect("names of headers are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in [
            "https://shop.example",
            "http://localhost:3000",
            "https://[::1]:8443",
        ] {
            assert_eq!(good.parse::<Origin>().unwrap().0, good);
        }
        for bad in [
            "",
            "*",
            "null",
            "shop.example",
            "https://shop.example/",
            "https://shop.example/page",
            "https://Shop.example",
            "https://a@shop.example",
            "file://shop",
            "/",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(InvalidOrigin), "{bad}");
        }
    }
}
