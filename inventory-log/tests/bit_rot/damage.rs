//! Bit rot: what becomes of a file whose bits change.

/// What has become of a file; `None` for one that is gone.
pub(crate) struct Damage {
    pub(crate) what: String,
    pub(crate) content: Option<Vec<u8>>,
}

pub(crate) fn flips(content: &[u8]) -> Vec<Damage> {
    let flip = |bit: usize| {
        let mut content = content.to_vec();
        content[bit / 8] ^= 1 << (bit % 8);
        let what = format!("bit {} of byte {}", bit % 8, bit / 8);
        Damage {
            what,
            content: Some(content),
        }
    };
    (0..content.len() * 8).map(flip).collect()
}

pub(crate) fn cuts(content: &[u8]) -> Vec<Damage> {
    let cut = |length: usize| Damage {
        what: format!("cut to {length} bytes"),
        content: Some(content[..length].to_vec()),
    };
    let lost = Damage {
        what: "lost".to_owned(),
        content: None,
    };
    (0..content.len()).map(cut).chain([lost]).collect()
}
