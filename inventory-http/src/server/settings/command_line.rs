//! Settings as a program is started with them: variables of the environment, or options with the same names.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, value_parser};

use super::doc::{InvalidSetting, SettingDoc};
use super::source::Source;

/// Makes settings of what the program was started with. Asked for its help or its version, it says that and ends; so it
/// does with the status 2 when it has no such option.
///
/// # Errors
///
/// Names the first setting that is wrong, and says what it must be. Nothing was opened but files that settings name.
pub fn settings<T>(
    command: Command,
    table: &'static [SettingDoc],
    make: impl FnOnce(&Source<'_>) -> Result<T, InvalidSetting>,
) -> Result<T, InvalidSetting> {
    let matches = command.args(table.iter().map(option)).get_matches();
    let given = given(&matches, table)?;
    let source = Source {
        table,
        lookup: &|name| given.get(name).cloned(),
        read: &|path| std::fs::read_to_string(path),
    };
    make(&source)
}

/// An option of the command line that is a variable of the environment as well. The help never says what is set.
fn option(setting: &SettingDoc) -> Arg {
    let option = Arg::new(setting.name)
        .long(setting.name.to_ascii_lowercase().replace('_', "-"))
        .env(setting.name)
        .hide_env_values(true)
        .value_name("VALUE")
        .value_parser(value_parser!(OsString))
        .help(setting.about.replace('`', ""));
    match setting.default {
        "" => option,
        default => option.default_value(default),
    }
}

/// What somebody has set.
fn given(
    matches: &ArgMatches,
    table: &[SettingDoc],
) -> Result<BTreeMap<&'static str, String>, InvalidSetting> {
    let mut given = BTreeMap::new();
    for setting in table {
        let refuse = |issue: &str| Err(InvalidSetting::new(setting.name, issue));
        match matches.value_source(setting.name) {
            Some(ValueSource::CommandLine) if setting.secret => {
                return refuse(
                    "is secret, and everybody on this machine can read a command line: set the variable, or name a file",
                );
            }
            Some(ValueSource::CommandLine | ValueSource::EnvVariable) => {}
            Some(ValueSource::DefaultValue | _) | None => continue,
        }
        let value: Option<&OsString> = matches.get_one(setting.name);
        let Some(value) = value.and_then(|value| value.to_str()) else {
            // To take it for one that is not set would open doors that somebody has closed.
            return refuse("is not Unicode");
        };
        given.insert(setting.name, value.to_owned());
    }
    Ok(given)
}
