//! Which route a request takes.

use std::fmt;
use std::sync::OnceLock;

use hyper::Method;

use super::route::Route;
use crate::telemetry::Latency;

/// Most parameters in the path of any route.
pub(super) const PARAMS_MAX: usize = 2;

/// Most segments in the path of any route.
const SEGMENTS_MAX: usize = 6;

/// Where the parameters of a path are, as byte positions.
pub(super) type Spans = [(u16, u16); PARAMS_MAX];

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

/// Where the parameters of a path are, if it matches a pattern.
pub(super) fn spans(pattern: &'static str, path: &str) -> Option<Spans> {
    let (pattern, segments) = (Pattern::of(pattern), Segments::of(path)?);
    let matches = pattern.matches(path, &segments);
    matches.then(|| pattern.params(&segments))
}

/// The segments of a path, as byte positions.
struct Segments {
    spans: [(u16, u16); SEGMENTS_MAX],
    count: usize,
}

impl Segments {
    /// `None` when no route has so many, or a path so long.
    fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix('/')?;
        let length = u16::try_from(path.len()).ok()?;
        let mut segments = Self {
            spans: [(0, 0); SEGMENTS_MAX],
            count: 0,
        };
        let mut start = 1;
        let slashes = rest.bytes().zip(1..).filter(|(byte, _)| *byte == b'/');
        for end in slashes.map(|(_, at)| at).chain([length]) {
            *segments.spans.get_mut(segments.count)? = (start, end);
            segments.count += 1;
            start = end + 1;
        }
        Some(segments)
    }
}

/// A pattern such as `/inventory/{productId}`: literal segments are compared byte by byte, a parameter is any segment
/// that is not empty.
///
/// Literals are compared before anything is decoded.
struct Pattern(Vec<Expected>);

enum Expected {
    Literal(&'static str),
    Param,
}

impl Pattern {
    fn of(path: &'static str) -> Self {
        let segments = path.split('/').skip(1);
        let expected: Vec<_> = segments
            .map(|segment| match segment.starts_with('{') {
                true => Expected::Param,
                false => Expected::Literal(segment),
            })
            .collect();
        let is_param = |expected: &&Expected| matches!(expected, Expected::Param);
        let params = expected.iter().filter(is_param).count();
        assert!(
            expected.len() <= SEGMENTS_MAX && params <= PARAMS_MAX,
            "{path} is longer than a route may be"
        );
        Self(expected)
    }

    fn matches(&self, path: &str, segments: &Segments) -> bool {
        if segments.count != self.0.len() {
            return false;
        }
        // From the end, which is where paths differ.
        let mut pairs = self.0.iter().zip(&segments.spans).rev();
        pairs.all(|(expected, (start, end))| match expected {
            Expected::Literal(text) => path[usize::from(*start)..usize::from(*end)] == **text,
            Expected::Param => start < end,
        })
    }

    fn params(&self, segments: &Segments) -> Spans {
        let mut params = [(0, 0); PARAMS_MAX];
        let spans = self.0.iter().zip(&segments.spans);
        let of_params = spans.filter(|(expected, _)| matches!(expected, Expected::Param));
        for (param, (_, span)) in params.iter_mut().zip(of_params) {
            *param = *span;
        }
        params
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_one_segment() {
        let product = |path| spans("/inventory/{productId}", path).map(|found| found[0]);
        assert_eq!(product("/inventory/tea"), Some((11, 14)));
        assert_eq!(product("/inventory/a%2Fb"), Some((11, 16)));
        for path in [
            "",
            "*",
            "/",
            "/inventory/",
            "/inventory",
            "/inventory/a/b",
            "/other/a",
            "/inventory/a/",
            "/inventory/a/b/c/d/e/f/g",
        ] {
            assert_eq!(product(path), None, "{path}");
        }
        let longest = format!("/inventory/{}", "a".repeat(70_000));
        assert_eq!(product(&longest), None);
    }

    #[test]
    fn a_pattern_is_matched_whole() {
        let letter = |path| spans("/admin/dead-letters/{letterId}/resolution", path);
        assert_eq!(
            letter("/admin/dead-letters/7/resolution").unwrap()[0],
            (20, 21)
        );
        assert_eq!(letter("/admin/dead-letters/7/resolutions"), None);
        assert_eq!(letter("/admin/dead-letters/7"), None);
        assert_eq!(spans("/livez", "/livez"), Some([(0, 0); PARAMS_MAX]));
        assert_eq!(spans("/livez", "/livez/"), None);
    }
}
