//! Sales file, parsed: from here on every id, key and quantity is valid.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::CrcReader;
use flate2::bufread::MultiGzDecoder;
use inventory_core::machine::REQUEST_LINES_MAX;
use inventory_core::vocabulary::{
    IdempotencyKey, InvalidId, ProductId, Quantity, StoreId, Timestamp,
};

use crate::failure::Failure;

const HEADER: &str = "sold_at,store_id,basket_id,product_id,quantity";
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const LINE_BYTES_MAX: u64 = 4_096;

/// The sample, part of the program so that it runs from any directory.
const SAMPLE: &[u8] = include_bytes!("../../../data/sales-sample.csv.gz");

/// A stock that baskets take from.
#[derive(Debug)]
pub(crate) struct Level {
    /// Where the stock is.
    pub(crate) store: StoreId,
    /// What it is.
    pub(crate) product: ProductId,
    /// Units that all baskets together ask for.
    pub(crate) demanded: Quantity,
}

/// Position of a level in [`Sales::levels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LevelIx(pub(crate) usize);

/// One line of a basket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// The stock that is taken from.
    pub(crate) level: LevelIx,
    /// Units sold; at least one.
    pub(crate) quantity: Quantity,
}

/// What one customer bought at once: all of it, or nothing.
#[derive(Debug)]
pub(crate) struct Basket {
    /// When its first line in the file was sold.
    pub(crate) sold_at: Timestamp,
    /// The basket's id, which is its idempotency key.
    pub(crate) key: IdempotencyKey,
    /// In the order of the file; at least one, at most as many as a request takes.
    pub(crate) lines: Vec<Line>,
}

/// Tells the texts of sales files apart: CRC-32 and length of the text, the same for plain and compressed files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextId {
    crc: u32,
    bytes: u32,
}

impl fmt::Display for TextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.crc, self.bytes)
    }
}

/// All baskets of a file.
#[derive(Debug)]
pub(crate) struct Sales {
    /// Which file this is.
    pub(crate) id: TextId,
    /// In the order of their first line.
    pub(crate) baskets: Vec<Basket>,
    /// In the order in which they are first asked for.
    pub(crate) levels: Vec<Level>,
    /// Lines of all baskets.
    pub(crate) lines: usize,
}

impl Sales {
    /// Reads a file, or the sample.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line of it is not a sale. The message names file and line.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = file else {
            return Self::parse(SAMPLE, "the sample");
        };
        let name = path.display().to_string();
        let file = File::open(path)
            .map_err(|error| Failure::sales_because(format!("{name} cannot be opened"), error))?;
        Self::parse(BufReader::new(file), &name)
    }

    fn parse(mut source: impl BufRead, name: &str) -> Result<Self, Failure> {
        let unreadable =
            |error: io::Error| Failure::sales_because(format!("{name} cannot be read"), error);
        if source
            .fill_buf()
            .map_err(unreadable)?
            .starts_with(&GZIP_MAGIC)
        {
            return Self::parse_text(BufReader::new(MultiGzDecoder::new(source)), name);
        }
        Self::parse_text(source, name)
    }

    fn parse_text(source: impl BufRead, name: &str) -> Result<Self, Failure> {
        let mut text = BufReader::new(CrcReader::new(source));
        let mut collector = Collector::default();
        let mut line = String::new();
        for number in 1_u64.. {
            line.clear();
            let read = text.by_ref().take(LINE_BYTES_MAX).read_line(&mut line);
            let bytes = read.map_err(|error| {
                Failure::sales_because(format!("line {number} of {name} cannot be read"), error)
            })?;
            let wrong = |what: String| Failure::sales(format!("line {number} of {name} {what}"));
            if bytes == 0 && number == 1 {
                return Err(Failure::sales(format!("{name} is empty")));
            }
            if bytes == 0 {
                break;
            }
            // Without its newline the last line may be a part of what it was.
            let Some(content) = line.strip_suffix('\n') else {
                return Err(wrong("does not end: the file is incomplete".to_owned()));
            };
            let content = content.strip_suffix('\r').unwrap_or(content);
            if number == 1 {
                if content != HEADER {
                    return Err(wrong(format!("is not the header {HEADER}")));
                }
                continue;
            }
            collector.take(content).map_err(wrong)?;
        }
        let crc = text.get_ref().crc();
        let id = TextId {
            crc: crc.sum(),
            bytes: crc.amount(),
        };
        if collector.baskets.is_empty() {
            return Err(Failure::sales(format!("{name} has no sales")));
        }
        Ok(collector.finish(id))
    }
}

/// Baskets and levels while the lines come in. Equal ids share one allocation.
#[derive(Debug, Default)]
struct Collector {
    baskets: Vec<Basket>,
    basket_index: HashMap<IdempotencyKey, usize>,
    levels: Vec<Level>,
    level_index: HashMap<(StoreId, ProductId), LevelIx>,
    stores: HashMap<Box<str>, StoreId>,
    products: HashMap<Box<str>, ProductId>,
    lines: usize,
    demanded: Quantity,
}

impl Collector {
    fn take(&mut self, content: &str) -> Result<(), String> {
        let fields: Vec<&str> = content.split(',').collect();
        let &[sold_at, store, basket, product, quantity] = fields.as_slice() else {
            return Err(format!("has {} fields, not 5", fields.len()));
        };
        if content.contains('"') {
            return Err("has a quotation mark: ids are written without".to_owned());
        }
        let sold_at = sold_at
            .parse::<Timestamp>()
            .map_err(|error| format!("has the sold_at {sold_at:?}: it {error}"))?;
        let store = interned(&mut self.stores, store, StoreId::new)
            .map_err(|error| format!("has a store_id that {error}"))?;
        let product = interned(&mut self.products, product, ProductId::new)
            .map_err(|error| format!("has a product_id that {error}"))?;
        let key = IdempotencyKey::new(basket)
            .map_err(|error| format!("has the basket_id {basket:?}: it {error}"))?;
        let quantity = parse_quantity(quantity).ok_or_else(|| {
            format!("has the quantity {quantity:?}, which is not a number from 1")
        })?;
        // The sum over all levels bounds each of them, so no addition further on can leave the range.
        self.demanded = self
            .demanded
            .checked_add(quantity)
            .ok_or("demands more units than can be counted")?;
        let at = *self.basket_index.entry(key.clone()).or_insert_with(|| {
            self.baskets.push(Basket {
                sold_at,
                key,
                lines: Vec::new(),
            });
            self.baskets.len() - 1
        });
        let lines = &mut self.baskets[at].lines;
        if lines.len() == REQUEST_LINES_MAX {
            return Err(format!(
                "is more than one request takes: {REQUEST_LINES_MAX} lines"
            ));
        }
        let level =
            *self
                .level_index
                .entry((store, product))
                .or_insert_with_key(|(store, product)| {
                    self.levels.push(Level {
                        store: store.clone(),
                        product: product.clone(),
                        demanded: Quantity::ZERO,
                    });
                    LevelIx(self.levels.len() - 1)
                });
        lines.push(Line { level, quantity });
        let demanded = &mut self.levels[level.0].demanded;
        *demanded = demanded
            .checked_add(quantity)
            .expect("the sum over all levels is a quantity");
        self.lines += 1;
        Ok(())
    }

    fn finish(self, id: TextId) -> Sales {
        Sales {
            id,
            baskets: self.baskets,
            levels: self.levels,
            lines: self.lines,
        }
    }
}

/// The id that a text names: the one that was parsed when the text was first met.
fn interned<T: Clone>(
    known: &mut HashMap<Box<str>, T>,
    text: &str,
    parse: impl Fn(&str) -> Result<T, InvalidId>,
) -> Result<T, InvalidId> {
    if let Some(id) = known.get(text) {
        return Ok(id.clone());
    }
    let id = parse(text)?;
    known.insert(text.into(), id.clone());
    Ok(id)
}

fn parse_quantity(text: &str) -> Option<Quantity> {
    // `u64::from_str` would take a plus sign too.
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let quantity = Quantity::new(text.parse().ok()?).ok()?;
    (quantity > Quantity::ZERO).then_some(quantity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &str) -> Result<Sales, String> {
        let text = format!("{HEADER}\n{lines}");
        Sales::parse(text.as_bytes(), "it").map_err(|failure| failure.to_string())
    }

    #[test]
    fn lines_are_collected_by_basket_wherever_they_stand() {
        let sales = parse(
            "2017-01-01T11:53:26Z,north,b1,tea,2\n\
             2017-01-01T11:53:27Z,north,b2,tea,1\r\n\
             2017-01-01T11:53:26Z,north,b1,rice,4\n",
        )
        .unwrap();
        let lines = |at: usize| -> Vec<_> {
            let lines = sales.baskets[at].lines.iter();
            lines
                .map(|line| (line.level.0, line.quantity.units()))
                .collect()
        };
        assert_eq!(lines(0), [(0, 2), (1, 4)]);
        assert_eq!(lines(1), [(0, 1)]);
        let demanded: Vec<_> = sales
            .levels
            .iter()
            .map(|level| level.demanded.units())
            .collect();
        assert_eq!(demanded, [3, 4]);
        assert_eq!((sales.baskets.len(), sales.lines), (2, 3));
    }

    #[test]
    fn what_is_not_a_sale_is_named_with_its_line() {
        for (lines, says) in [
            ("", "has no sales"),
            ("\n", "line 2 of it has 1 fields, not 5"),
            ("2017-01-01T11:53:26Z,n,b,tea\n", "has 4 fields"),
            ("2017-01-01T11:53:26Z,n,b,tea,1,\n", "has 6 fields"),
            ("2017-01-01T11:53:26Z,n,b,tea,1", "is incomplete"),
            ("2017-01-01,n,b,tea,1\n", "sold_at"),
            (
                "2017-01-01T11:53:26Z,,b,tea,1\n",
                "a store_id that is empty",
            ),
            (
                "2017-01-01T11:53:26Z,n,b,,1\n",
                "a product_id that is empty",
            ),
            ("2017-01-01T11:53:26Z,n,ä,tea,1\n", "basket_id"),
            ("2017-01-01T11:53:26Z,n,b,\"tea\",1\n", "quotation mark"),
            ("2017-01-01T11:53:26Z,n,b,tea,0\n", "quantity \"0\""),
            ("2017-01-01T11:53:26Z,n,b,tea,-1\n", "quantity"),
            ("2017-01-01T11:53:26Z,n,b,tea,+1\n", "quantity"),
            ("2017-01-01T11:53:26Z,n,b,tea,1.5\n", "quantity"),
            (
                "2017-01-01T11:53:26Z,n,b,tea,9007199254740992\n",
                "quantity",
            ),
        ] {
            let error = parse(lines).unwrap_err();
            assert!(error.contains(says), "{lines:?}: {error}");
        }
        let twice = "2017-01-01T11:53:26Z,n,b,tea,9007199254740991\n".repeat(2);
        assert!(
            parse(&twice)
                .unwrap_err()
                .contains("line 3 of it demands more")
        );
    }

    #[test]
    fn the_sample_is_whole() {
        let sales = Sales::read(None).unwrap();
        assert_eq!(
            (sales.lines, sales.baskets.len(), sales.levels.len()),
            (5_011, 527, 4_929)
        );
    }
}
