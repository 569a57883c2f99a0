//! Which route a request takes.

use std::fmt;
use std::sync::OnceLock;

use hyper::Method;

use super::pattern::{Pattern, Segments, Spans};
use super::route::Route;
use crate::telemetry::Latency;

/// A table of routes. Among those that match a path and its method, the first one counts: what has the name of a literal
/// segment is read all the same, where the literal takes no GET.
pub(super) struct Router<S> {
    entries: Vec<Entry<S>>,
}

impl<S> fmt::Debug for Router<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.routes()).finish()
    }
}

/// A route in the table.
pub(super) struct Entry<S> {
    pattern: Pattern,
    pub(super) route: Route<S>,
    /// The latency of its answers with 200, once there was one: looking it up takes longer than recording it.
    pub(super) served: OnceLock<Latency>,
}

/// Where a path leads.
pub(super) enum Found<'a, S> {
    Route(&'a Entry<S>, Spans),
    /// The path is known, the method is not.
    OtherMethods(Vec<Method>),
    Nothing,
}

impl<S> Found<'_, S> {
    /// What metrics call it: patterns, never paths, which clients can make as many of as they like.
    pub(super) fn route(&self) -> Option<&'static str> {
        match self {
            Self::Route(entry, _) => Some(entry.route.path),
            Self::OtherMethods(_) | Self::Nothing => None,
        }
    }
}

impl<S> Router<S> {
    /// A router of these routes.
    ///
    /// # Panics
    ///
    /// A path has more segments or parameters than any may have.
    pub(super) fn new(routes: Vec<Route<S>>) -> Self {
        let entries = routes.into_iter().map(|route| Entry {
            pattern: Pattern::of(route.path),
            route,
            served: OnceLock::new(),
        });
        Self {
            entries: entries.collect(),
        }
    }

    /// All of them.
    pub(super) fn routes(&self) -> impl Iterator<Item = &Route<S>> + Clone {
        self.entries.iter().map(|entry| &entry.route)
    }

    /// Where a path leads with a method.
    pub(super) fn find(&self, method: &Method, path: &str) -> Found<'_, S> {
        let Some(segments) = Segments::of(path) else {
            return Found::Nothing;
        };
        let mut others: Vec<Method> = Vec::new();
        for entry in &self.entries {
            let Entry { pattern, route, .. } = entry;
            if !pattern.matches(path, &segments) {
                continue;
            }
            if route.method == *method {
                return Found::Route(entry, pattern.params(&segments));
            }
            others.push(route.method.clone());
            if route.method == Method::GET {
                others.push(Method::HEAD);
            }
        }
        match others.is_empty() {
            true => Found::Nothing,
            false => Found::OtherMethods(others),
        }
    }
}
