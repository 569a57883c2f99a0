//! Command line of the replay.

use std::path::PathBuf;

use lexopt::prelude::*;

use crate::failure::Failure;
use crate::share::Share;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Sells every basket of a sales file through a durable inventory engine, and accounts for every unit.

Usage: replay [FILE] [--data DIR] [--opening SHARE] [--holds] [--json]

  FILE             sales as CSV, plain or gzip: sold_at,store_id,basket_id,product_id,quantity
                   (default: the sample that comes with the program)
  --data DIR       where the engine keeps its files; start again with the same DIR to continue a run that was
                   interrupted (default: data/replay/ and the name of the run)
  --opening SHARE  each level opens with this share of what will be demanded of it, to the nearest unit;
                   below 1 some baskets are refused for lack of stock (default: 1)
  --holds          makes every basket a cart: its units are held, and then bought, set free by the customer (one cart
                   in five) or forgotten until the hold expires (one in ten); who did not buy comes back once and
                   does. Time is that of the sales; also audits that reserved is what is held, and that each hold
                   has ended once, by its deadline or after it
  --json           prints the totals and the audit as one JSON object on the last line
  --help           prints this

Exit status: 0 every unit is accounted for, 1 it is not, 2 wrong usage, 3 unusable sales file, 4 storage failed.
";

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// The sales; the sample when there is none.
    pub(crate) file: Option<PathBuf>,
    /// The data directory; one named after the run when there is none.
    pub(crate) data: Option<PathBuf>,
    /// The share of the demand that each level opens with.
    pub(crate) opening: Share,
    /// Whether baskets are carts that are held before they are bought.
    pub(crate) holds: bool,
    /// Whether to print a JSON object last.
    pub(crate) json: bool,
}

impl Arguments {
    /// Reads a command line; `None` when it asks for help.
    ///
    /// # Errors
    ///
    /// The command line has something that this program does not know, or a value that makes no sense.
    pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Option<Self>, Failure> {
        let mut arguments = Self {
            file: None,
            data: None,
            opening: Share::WHOLE,
            holds: false,
            json: false,
        };
        while let Some(argument) = parser.next().map_err(misused)? {
            match argument {
                Long("data") => arguments.data = Some(parser.value().map_err(misused)?.into()),
                Long("opening") => {
                    let value = parser.value().map_err(misused)?;
                    arguments.opening = value.parse().map_err(misused)?;
                }
                Long("holds") => arguments.holds = true,
                Long("json") => arguments.json = true,
                Long("help") | Short('h') => return Ok(None),
                Value(file) if arguments.file.is_none() => arguments.file = Some(file.into()),
                Short(_) | Long(_) | Value(_) => return Err(misused(argument.unexpected())),
            }
        }
        Ok(Some(arguments))
    }
}

fn misused(error: lexopt::Error) -> Failure {
    Failure::usage(format!("{error}; --help tells what is possible"))
}
