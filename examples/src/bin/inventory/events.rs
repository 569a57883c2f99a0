//! Events as lines of JSON: `inventory dump`, and the output of `inventory tail`.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

use inventory_core::machine::{Entry, Event};
use inventory_core::vocabulary::Sequence;
use inventory_log::file::inspect::{Depth, Record, View};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::arguments::Filter;
use crate::failure::Failure;

pub(crate) fn dump(dir: &Path, filter: &Filter) -> Result<(), Failure> {
    let view = View::open(dir, Depth::Ends).map_err(|error| Failure::open(dir, &error))?;
    let reading = |error| Failure::io(format!("reading {}", dir.display()), &error);
    view.sync().map_err(reading)?;
    let mut printer = Printer::new(filter);
    let from = filter.from.unwrap_or_default();
    view.each_record(Sequence::START, from, &mut |record| printer.print(&record))
        .map_err(reading)?;
    printer.end()?;
    match view.losses().next() {
        Some(loss) => Err(Failure::damage(format!(
            "the log is damaged, and what is printed is what is left of it: {loss}; \
             run `inventory verify` on it for what to do"
        ))),
        None => Ok(()),
    }
}

/// Prints the events that a filter lets through.
pub(crate) struct Printer<'a, W: Write = BufWriter<io::StdoutLock<'static>>> {
    filter: &'a Filter,
    out: W,
    failed: Option<Failure>,
}

/// The parts of a line that each of its events is printed with, as they stand there.
#[derive(Deserialize)]
struct Frame<'a> {
    seq: u64,
    n: u64,
    #[serde(borrow)]
    ts: &'a RawValue,
    #[serde(borrow)]
    caller: Option<&'a RawValue>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
    #[serde(borrow)]
    trace: Option<&'a RawValue>,
    #[serde(borrow)]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    note: Option<&'a RawValue>,
    #[serde(borrow)]
    reference: Option<&'a RawValue>,
    #[serde(borrow)]
    actor: Option<&'a RawValue>,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    #[serde(borrow)]
    chain: &'a RawValue,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(filter: &'a Filter) -> Self {
        Self::to(filter, BufWriter::new(io::stdout().lock()))
    }
}

impl<'a, W: Write> Printer<'a, W> {
    fn to(filter: &'a Filter, out: W) -> Self {
        Self {
            filter,
            out,
            failed: None,
        }
    }

    /// Prints what passes of a record; breaks when no later one can pass, or nobody reads any more.
    pub(crate) fn print(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        let printed = match &record.entry {
            Ok(entry) => self.entry(entry, record.text),
            Err(error) => {
                let (file, offset) = (record.file, record.offset);
                let what = format!("{file}, byte {offset}: a record cannot be read: {error}");
                self.failed = Some(Failure::damage(what));
                return ControlFlow::Continue(());
            }
        };
        match printed {
            Ok(flow) => flow,
            Err(error) => {
                if error.kind() != io::ErrorKind::BrokenPipe {
                    self.failed = Some(Failure::io("writing the events", &error));
                }
                ControlFlow::Break(())
            }
        }
    }

    /// Shows what was printed to who reads it.
    pub(crate) fn flush(&mut self) -> ControlFlow<()> {
        match self.out.flush() {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// Ends the output, and says what has failed.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        let _ = self.flush();
        self.failed.map_or(Ok(()), Err)
    }

    fn entry(&mut self, entry: &Entry, text: &str) -> io::Result<ControlFlow<()>> {
        let Filter {
            reference,
            from,
            to,
            ..
        } = self.filter;
        if to.is_some_and(|to| entry.recorded_at > to) {
            return Ok(ControlFlow::Break(()));
        }
        let said = entry.annotations.as_deref();
        let referred = said.and_then(|said| said.reference.as_ref());
        let passes = from.is_none_or(|from| entry.recorded_at >= from)
            && reference
                .as_ref()
                .is_none_or(|wanted| referred == Some(wanted));
        if !passes {
            return Ok(ControlFlow::Continue(()));
        }
        let frame: Frame<'_> = serde_json::from_str(text)?;
        for (at, (event, raw)) in entry.events.iter().zip(&frame.events).enumerate() {
            if self.passes(event) {
                writeln!(self.out, "{}", frame.line(at as u64, raw))?;
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn passes(&self, event: &Event) -> bool {
        let Filter { product, store, .. } = self.filter;
        let at = event.movement().map(|movement| &movement.store);
        product
            .as_ref()
            .is_none_or(|wanted| event.product() == Some(wanted))
            && store.as_ref().is_none_or(|wanted| at == Some(wanted))
    }
}

impl Frame<'_> {
    /// One event, with the position that it has and all that its request said.
    fn line(&self, at: u64, event: &RawValue) -> String {
        let event = event.get();
        let fields = event
            .strip_prefix('{')
            .and_then(|event| event.strip_suffix('}'))
            .filter(|fields| !fields.trim().is_empty());
        let fields = match fields {
            Some(fields) => Cow::Borrowed(fields),
            // What is no event has to stand somewhere as well.
            None => Cow::Owned(format!("\"raw\":{event}")),
        };
        let mut line = format!("{{\"seq\":{},\"ts\":{},{fields}", self.seq + at, self.ts);
        for (name, value) in [
            ("caller", self.caller),
            ("key", self.key),
            ("reference", self.reference),
            ("actor", self.actor),
            ("reason", self.reason),
            ("note", self.note),
            ("trace", self.trace),
        ] {
            if let Some(value) = value {
                line += &format!(",\"{name}\":{value}");
            }
        }
        let (seq, n, chain) = (self.seq, self.n, self.chain);
        line + &format!(",\"requestSeq\":{seq},\"requestEvents\":{n},\"chain\":{chain}}}")
    }
}
