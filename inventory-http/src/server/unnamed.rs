//! What it costs that a key has no name, said when the keys are taken: later it is too late.

use super::keys::ApiKey;

/// Keys that nobody has named.
#[derive(Debug, PartialEq, Eq)]
struct Unnamed {
    count: usize,
    /// What they are called in the log, each once.
    called: String,
}

impl Unnamed {
    /// Those among some keys. The key that everybody knows is not one of them: nobody keeps it.
    fn among(keys: &[ApiKey]) -> Option<Self> {
        let unnamed = keys
            .iter()
            .filter(|key| key.owner.is_none() && !key.is_demo());
        let mut called: Vec<_> = unnamed.clone().map(|key| key.name.as_str()).collect();
        called.sort_unstable();
        called.dedup();
        let count = unnamed.count();
        (count > 0).then(|| Self {
            count,
            called: called.join(", "),
        })
    }
}

/// Says in one line which keys have no name, and what follows from that.
pub(super) fn warn(keys: &[ApiKey]) {
    if let Some(Unnamed { count, called }) = Unnamed::among(keys) {
        tracing::warn!(
            keys = count,
            called,
            "API keys without a name share one name space of idempotency keys, whatever their role: the same key of two callers is \
             one; and once such an API key is named, or replaced by one with a name, what is remembered without the name is not \
             found any more, so that what is sent again is applied again: name each now, as in key=NAME@role"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_name_is_told_by_role() {
        let among = |text| Unnamed::among(&ApiKey::parse_list(text).unwrap());
        assert_eq!(among("demo"), None);
        assert_eq!(among("a=till@store:north,b=office@admin"), None);
        let found =
            among("demo,a,b=admin,c=store:south+north,d=till@store:north,e=reader").unwrap();
        assert_eq!(
            (found.count, &*found.called),
            (4, "admin, reader, store:south+north")
        );
    }
}
