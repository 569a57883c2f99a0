//! What can happen to the files of a directory while nobody looks.

use arbitrary::{Result, Unstructured};
use inventory_fuzz::{mend_line, mend_snapshot};
use inventory_log::testing::SimDisk;

/// More of them at once find nothing that these do not.
const EDITS_MAX: usize = 8;

/// Names that the adapter gives a meaning to.
const NAMES: [&str; 10] = [
    "events.log.jsonl",
    "events.log.jsonl.tmp",
    "events-00000000000000000001.log.jsonl",
    "events-00000000000000000007.log.jsonl",
    "events-00000000000000000000.log.jsonl",
    "events-18446744073709551615.log.jsonl",
    "events.log.jsonl.aside-00000000",
    "state.json",
    "state.json.tmp",
    "deadletter.jsonl",
];

/// One change. Files are numbered as they are listed, and numbers that are too large start again from 0.
#[derive(Debug)]
pub(crate) enum Edit {
    Flip {
        file: u8,
        at: u16,
        bits: u8,
    },
    Truncate {
        file: u8,
        length: u16,
    },
    Delete {
        file: u8,
    },
    Cut {
        file: u8,
        from: u16,
        length: u16,
    },
    Fill {
        file: u8,
        from: u16,
        length: u16,
        with: u8,
    },
    Insert {
        file: u8,
        at: u16,
        bytes: Vec<u8>,
    },
    Copy {
        file: u8,
        from: u16,
        length: u16,
        to_file: u8,
        to: u16,
    },
    Swap {
        file: u8,
        other: u8,
    },
    Rename {
        file: u8,
        name: u8,
    },
}

/// Takes the edits that `choices` are good for.
pub(crate) fn edits(choices: &mut Unstructured<'_>) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    while !choices.is_empty() && edits.len() < EDITS_MAX {
        edits.push(Edit::take(choices)?);
    }
    Ok(edits)
}

impl Edit {
    fn take(choices: &mut Unstructured<'_>) -> Result<Self> {
        let kind: u8 = choices.arbitrary()?;
        let file = choices.arbitrary()?;
        Ok(match kind % 9 {
            0 => Self::Flip {
                file,
                at: choices.arbitrary()?,
                bits: choices.arbitrary::<u8>()?.max(1),
            },
            1 => Self::Truncate {
                file,
                length: choices.arbitrary()?,
            },
            2 => Self::Delete { file },
            3 => Self::Cut {
                file,
                from: choices.arbitrary()?,
                length: choices.arbitrary()?,
            },
            4 => Self::Fill {
                file,
                from: choices.arbitrary()?,
                length: choices.arbitrary()?,
                with: choices.arbitrary()?,
            },
            5 => {
                let at = choices.arbitrary()?;
                let length = usize::from(choices.arbitrary::<u8>()?).min(choices.len());
                Self::Insert {
                    file,
                    at,
                    bytes: choices.bytes(length)?.to_vec(),
                }
            }
            6 => Self::Copy {
                file,
                from: choices.arbitrary()?,
                length: choices.arbitrary()?,
                to_file: choices.arbitrary()?,
                to: choices.arbitrary()?,
            },
            7 => Self::Swap {
                file,
                other: choices.arbitrary()?,
            },
            _ => Self::Rename {
                file,
                name: choices.arbitrary()?,
            },
        })
    }

    /// Whether the adapter promises to tell when this alone takes something away. It cannot promise that of an edit that
    /// leaves exactly the bytes of an earlier day.
    pub(crate) fn is_never_silent(&self) -> bool {
        match self {
            Self::Flip { .. } | Self::Truncate { .. } | Self::Delete { .. } => true,
            Self::Cut { .. }
            | Self::Fill { .. }
            | Self::Insert { .. }
            | Self::Copy { .. }
            | Self::Swap { .. }
            | Self::Rename { .. } => false,
        }
    }

    pub(crate) fn apply(&self, disk: &SimDisk) {
        match self {
            &Self::Flip { file, at, bits } => change(disk, file, |content| {
                let at = usize::from(at) % content.len().max(1);
                if let Some(byte) = content.get_mut(at) {
                    *byte ^= bits;
                }
            }),
            &Self::Truncate { file, length } => change(disk, file, |content| {
                content.truncate(usize::from(length) % (content.len() + 1));
            }),
            &Self::Delete { file } => drop(name(disk, file).map(|name| disk.lose(&name))),
            &Self::Cut { file, from, length } => change(disk, file, |content| {
                content.drain(range(content, from, length));
            }),
            &Self::Fill {
                file,
                from,
                length,
                with,
            } => change(disk, file, |content| {
                // Padding is what a fill most often looks like.
                let with = [0, b'\n', b' ', with][usize::from(with % 4)];
                let range = range(content, from, length);
                content[range].fill(with);
            }),
            Self::Insert { file, at, bytes } => {
                change(disk, *file, |content| insert(content, *at, bytes))
            }
            &Self::Copy {
                file,
                from,
                length,
                to_file,
                to,
            } => {
                let content = name(disk, file)
                    .and_then(|name| disk.content(&name))
                    .unwrap_or_default();
                let bytes = &content[range(&content, from, length)];
                change(disk, to_file, |content| insert(content, to, bytes));
            }
            &Self::Swap { file, other } => {
                let (Some(one), Some(other)) = (name(disk, file), name(disk, other)) else {
                    return;
                };
                let contents = disk.content(&one).zip(disk.content(&other));
                let (ones, others) = contents.expect("both files are listed");
                disk.put(&one, others);
                disk.put(&other, ones);
            }
            &Self::Rename { file, name: to } => {
                let Some(from) = name(disk, file) else { return };
                let content = disk.content(&from).expect("the file is listed");
                disk.lose(&from);
                disk.put(NAMES[usize::from(to) % NAMES.len()], content);
            }
        }
    }
}

/// Gives every line of every file the checksum that its writer would have given it.
pub(crate) fn mend(disk: &SimDisk) {
    for name in disk.names() {
        let content = disk.content(&name).expect("the file is listed");
        if name == "state.json" {
            disk.put(&name, mend_snapshot(&content));
            continue;
        }
        let lines = content.split_inclusive(|&byte| byte == b'\n');
        let mended = lines.flat_map(|line| match line.strip_suffix(b"\n") {
            Some(text) if text.ends_with(b"}") => [mend_line(text).as_slice(), b"\n"].concat(),
            Some(_) | None => line.to_vec(),
        });
        disk.put(&name, mended.collect());
    }
}

fn name(disk: &SimDisk, file: u8) -> Option<String> {
    let names = disk.names();
    names.get(usize::from(file) % names.len().max(1)).cloned()
}

fn change(disk: &SimDisk, file: u8, change: impl FnOnce(&mut Vec<u8>)) {
    let Some(name) = name(disk, file) else { return };
    let mut content = disk.content(&name).expect("the file is listed");
    change(&mut content);
    disk.put(&name, content);
}

fn insert(content: &mut Vec<u8>, at: u16, bytes: &[u8]) {
    let at = usize::from(at) % (content.len() + 1);
    content.splice(at..at, bytes.iter().copied());
}

fn range(content: &[u8], from: u16, length: u16) -> std::ops::Range<usize> {
    let from = usize::from(from) % (content.len() + 1);
    from..from + usize::from(length) % (content.len() - from + 1)
}
