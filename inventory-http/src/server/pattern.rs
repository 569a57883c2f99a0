//! What the path of a route looks like.

/// Most parameters in the path of any route.
const PARAMS_MAX: usize = 2;

/// Most segments in the path of any route.
const SEGMENTS_MAX: usize = 6;

/// Where the parameters of a path are, as byte positions.
pub(super) type Spans = [(u16, u16); PARAMS_MAX];

/// Where the parameters of a path are, if it matches a pattern.
pub(super) fn spans(pattern: &'static str, path: &str) -> Option<Spans> {
    let (pattern, segments) = (Pattern::of(pattern), Segments::of(path)?);
    let matches = pattern.matches(path, &segments);
    matches.then(|| pattern.params(&segments))
}

/// The segments of a path, as byte positions.
pub(super) struct Segments {
    spans: [(u16, u16); SEGMENTS_MAX],
    count: usize,
}

impl Segments {
    /// `None` when no route has so many, or a path so long.
    pub(super) fn of(path: &str) -> Option<Self> {
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
pub(super) struct Pattern(Vec<Expected>);

enum Expected {
    Literal(&'static str),
    Param,
}

impl Pattern {
    /// # Panics
    ///
    /// The path has more segments or parameters than any may have.
    pub(super) fn of(path: &'static str) -> Self {
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

    pub(super) fn matches(&self, path: &str, segments: &Segments) -> bool {
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

    pub(super) fn params(&self, segments: &Segments) -> Spans {
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
