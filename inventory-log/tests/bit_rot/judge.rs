//! Verdict on a start on damaged files: whether it did as it should.

use inventory_core::engine::Recovery;
use inventory_log::testing::SimDisk;

use crate::damage::Damage;
use crate::start::{Picture, start};
use crate::subject::Subject;

const LETTERS: &str = "deadletter.jsonl";

/// How the starts of damaged directories ended.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) refused: usize,
    pub(crate) told: usize,
    /// Nobody was told of damage, and nothing is missing.
    pub(crate) unharmed: usize,
}

/// The content of every file.
fn contents(disk: &SimDisk) -> Vec<(String, Option<Vec<u8>>)> {
    let names = disk.names().into_iter();
    names
        .map(|name| (name.clone(), disk.content(&name)))
        .collect()
}

impl Subject {
    /// Starts on a copy in which `damaged` is not what was written.
    fn judge(
        &self,
        rotten: &SimDisk,
        damaged: &str,
        recovery: Recovery,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let before = contents(rotten);
        match start(rotten, recovery) {
            Err(words) => {
                tally.refused += 1;
                self.check_words(&words)?;
                let untouched = contents(rotten) == before || self.is_whole_again(rotten, damaged);
                untouched
                    .then_some(())
                    .ok_or_else(|| format!("refused, and something is gone: {words}"))
            }
            Ok((_, told)) if told.iter().any(|told| !self.told.contains(told)) => {
                tally.told += 1;
                Ok(())
            }
            Ok((picture, _)) => {
                tally.unharmed += 1;
                self.compare(picture, damaged)
            }
        }
    }

    /// A refusal names a file, or what is missing.
    fn check_words(&self, words: &str) -> Result<(), String> {
        let names = self.disk.names();
        let named = names.iter().any(|name| words.contains(name));
        let clear =
            named || words.contains("the log has no positions") || words.contains("the snapshot");
        clear
            .then_some(())
            .ok_or_else(|| format!("refused without saying where: {words}"))
    }

    /// Whether everything is there once the damaged file is restored. The log is brought in order before the snapshot
    /// is looked at, so a log that was not closed may have been.
    fn is_whole_again(&self, rotten: &SimDisk, damaged: &str) -> bool {
        let disk = rotten.fork();
        let content = self
            .disk
            .content(damaged)
            .expect("a file of the directory was damaged");
        disk.put(damaged, content);
        start(&disk, Recovery::Strict).is_ok_and(|(picture, _)| picture == self.picture)
    }

    /// Nobody was told of damage, so everything must be there, with two exceptions. A letter is a note for a person: a
    /// line of letters that cannot be read is passed over. And a log without the oldest segment, whose state is in the
    /// snapshot, is one that was purged.
    fn compare(&self, mut picture: Picture, damaged: &str) -> Result<(), String> {
        let known = |letter: &String| self.picture.letters.contains(letter);
        let letters = picture.letters.iter().all(known)
            && (picture.letters == self.picture.letters || damaged == LETTERS);
        picture.letters.clone_from(&self.picture.letters);
        if self.saved
            && damaged.starts_with("events-")
            && damaged.ends_with(".log.jsonl")
            && self.picture.entries.ends_with(&picture.entries)
        {
            picture.entries.clone_from(&self.picture.entries);
        }
        match letters && picture == self.picture {
            true => Ok(()),
            false => Err(format!(
                "a silent loss: {picture:?} instead of {:?}",
                self.picture
            )),
        }
    }

    /// Damages one file after the other in every way that `damage` lists.
    pub(crate) fn rot(
        &self,
        recovery: Recovery,
        damage: fn(&[u8]) -> Vec<Damage>,
    ) -> Result<Tally, String> {
        let mut tally = Tally::default();
        for name in self.disk.names() {
            let content = self.disk.content(&name).expect("the file was listed");
            for Damage { what, content } in damage(&content) {
                let rotten = self.disk.fork();
                match content {
                    Some(content) => rotten.put(&name, content),
                    None => rotten.lose(&name),
                }
                let judged = self.judge(&rotten, &name, recovery, &mut tally);
                judged.map_err(|violation| format!("{name}, {what}: {violation}"))?;
            }
        }
        Ok(tally)
    }
}
