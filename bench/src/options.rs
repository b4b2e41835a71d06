//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::Result;
use crate::data::DataSizes;
use crate::process::Process;

pub(crate) const HELP: &str = "\
Measures a Chroma-compatible server over HTTP /api/v2.

huedb-bench run --url http://127.0.0.1:8000 [--pid PID] [--data DIR] [--json FILE] [SIZES]
    Measures the server that runs at the URL. With --pid also its CPU and memory, with --data its disk.
    It creates the collections `bench_base64` and `bench_numbers` and empties them first.

huedb-bench compare --huedb BINARY --chroma BINARY --work DIR --out DIR [--rounds 3] [SIZES]
    Starts both servers in turn, each round on an empty directory below --work, and writes server.json
    and server.md to --out. Figures are the medians of the rounds. bench/compare.sh prepares all of this.

huedb-bench auth --huedb BINARY --work DIR --out DIR [--rounds 25] [--requests 2000]
                 [--guesses 100] [--seconds 10] [--rate 1000]
    Starts HueDB without authentication, with passwords, with a token and with roles, and writes auth.json
    and auth.md to --out: what an authenticated request costs, over --rounds interleaved rounds of
    --requests; how long --guesses wrong logins of a user and as many of a stranger take; and how
    heartbeats fare for --seconds while --rate wrong logins a second arrive.

huedb-bench tracing --huedb BINARY --work DIR --out DIR [--rounds 11] [--starts 9] [--image huedb:test]
                    [--collector http://HOST:4317] [SIZES]
    Starts HueDB without tracing and with each granularity, and writes telemetry.json and telemetry.md to
    --out: what tracing costs in --rounds interleaved rounds, how long --starts starts take, the memory at
    rest, and the same of the image where Docker has it. Spans go to a sink of its own, over HTTP, or to
    --collector, over gRPC. The default of --n is 20000, that of --seconds 1.

SIZES
    --n 100000          records in the main collection
    --dimensions 384    numbers per vector
    --queries 200       different queries
    --seconds 5         longest time of one operation; bulk adds run until all records are in
    --seed 42           another seed gives other data
";

pub(crate) enum Command {
    Help,
    Run(RunOptions),
    Compare(CompareOptions),
    Auth(AuthOptions),
    Tracing(TracingOptions),
}

pub(crate) struct RunOptions {
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) pid: Option<u32>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) sizes: Sizes,
}

pub(crate) struct CompareOptions {
    pub(crate) huedb: PathBuf,
    pub(crate) chroma: PathBuf,
    pub(crate) work: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) rounds: usize,
    pub(crate) sizes: Sizes,
}

pub(crate) struct AuthOptions {
    pub(crate) huedb: PathBuf,
    pub(crate) work: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) rounds: usize,
    /// Requests of each server in a round.
    pub(crate) requests: usize,
    /// Wrong logins of each kind, one after another.
    pub(crate) guesses: usize,
    /// How long wrong logins arrive.
    pub(crate) seconds: f64,
    /// Wrong logins a second.
    pub(crate) rate: f64,
}

pub(crate) struct TracingOptions {
    pub(crate) huedb: PathBuf,
    pub(crate) work: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) rounds: usize,
    /// Starts of each server whose median is taken.
    pub(crate) starts: usize,
    pub(crate) image: String,
    /// `http://host:port`.
    pub(crate) collector: Option<String>,
    /// The time is that of one turn.
    pub(crate) sizes: Sizes,
}

/// What `run`, `compare` and `tracing` share.
#[derive(Clone, Debug)]
pub(crate) struct Sizes {
    pub(crate) records: usize,
    pub(crate) dimensions: usize,
    pub(crate) queries: usize,
    pub(crate) seconds: f64,
    pub(crate) seed: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { records: 100_000, dimensions: 384, queries: 200, seconds: 5.0, seed: 42 }
    }
}

impl Sizes {
    pub(crate) fn data(&self) -> DataSizes {
        DataSizes {
            records: self.records,
            dimensions: self.dimensions,
            queries: self.queries,
            seed: self.seed,
        }
    }

    pub(crate) fn time_max(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}

impl RunOptions {
    pub(crate) fn process(&self) -> Process {
        Process { pid: self.pid, data: self.data.clone() }
    }
}

pub(crate) fn parse(arguments: &[String]) -> Result<Command> {
    let Some(command) = arguments.first() else { return Ok(Command::Help) };
    let mut flags = Flags::parse(&arguments[1..])?;
    let command = match command.as_str() {
        "help" | "--help" | "-h" => return Ok(Command::Help),
        "run" => Command::Run(RunOptions {
            address: address(&flags.text("--url").unwrap_or_else(|| "http://127.0.0.1:8000".to_owned()))?,
            pid: flags.number("--pid")?,
            data: flags.text("--data").map(PathBuf::from),
            json: flags.text("--json").map(PathBuf::from),
            sizes: flags.sizes(&Sizes::default())?,
        }),
        "compare" => Command::Compare(CompareOptions {
            huedb: flags.path("--huedb")?,
            chroma: flags.path("--chroma")?,
            work: flags.path("--work")?,
            out: flags.path("--out")?,
            rounds: flags.number("--rounds")?.unwrap_or(3),
            sizes: flags.sizes(&Sizes::default())?,
        }),
        "auth" => Command::Auth(flags.auth()?),
        "tracing" => Command::Tracing(flags.tracing()?),
        other => return Err(format!("unknown command `{other}`; try `huedb-bench help`").into()),
    };
    flags.check_all_used()?;
    Ok(command)
}

fn address(url: &str) -> Result<String> {
    let rest = url.strip_prefix("http://").ok_or_else(|| format!("not an http:// URL: `{url}`"))?;
    let address = rest.trim_end_matches('/');
    if address.contains('/') {
        return Err(format!("the URL may have no path: `{url}`").into());
    }
    Ok(if address.contains(':') { address.to_owned() } else { format!("{address}:80") })
}

/// `--name value` pairs; each is taken at most once.
struct Flags(Vec<(String, String)>);

impl Flags {
    fn parse(arguments: &[String]) -> Result<Self> {
        arguments
            .chunks(2)
            .map(|pair| match pair {
                [name, value] if name.starts_with("--") => Ok((name.clone(), value.clone())),
                [name, ..] => Err(format!("expected `--name value`, got `{name}`").into()),
                [] => Err("no argument".into()),
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.remove(position).1)
    }

    fn path(&mut self, name: &str) -> Result<PathBuf> {
        self.text(name).map(PathBuf::from).ok_or_else(|| format!("{name} is missing").into())
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name} takes a number, got `{text}`").into())
    }

    fn auth(&mut self) -> Result<AuthOptions> {
        let options = AuthOptions {
            huedb: self.path("--huedb")?,
            work: self.path("--work")?,
            out: self.path("--out")?,
            rounds: self.number("--rounds")?.unwrap_or(25),
            requests: self.number("--requests")?.unwrap_or(2_000),
            guesses: self.number("--guesses")?.unwrap_or(100),
            seconds: self.number("--seconds")?.unwrap_or(10.0),
            rate: self.number("--rate")?.unwrap_or(1_000.0),
        };
        // Not a number is not above zero either.
        let are_above_zero = options.seconds > 0.0 && options.rate > 0.0;
        let are_none = options.rounds == 0 || options.requests == 0 || options.guesses == 0;
        if are_none || !are_above_zero {
            return Err("--rounds, --requests, --guesses, --seconds and --rate must be above zero".into());
        }
        Ok(options)
    }

    fn tracing(&mut self) -> Result<TracingOptions> {
        let options = TracingOptions {
            huedb: self.path("--huedb")?,
            work: self.path("--work")?,
            out: self.path("--out")?,
            rounds: self.number("--rounds")?.unwrap_or(11),
            starts: self.number("--starts")?.unwrap_or(9),
            image: self.text("--image").unwrap_or_else(|| "huedb:test".to_owned()),
            collector: self.text("--collector"),
            sizes: self.sizes(&Sizes { records: 20_000, seconds: 1.0, ..Sizes::default() })?,
        };
        if options.rounds == 0 || options.starts == 0 {
            return Err("--rounds and --starts must be above zero".into());
        }
        Ok(options)
    }

    fn sizes(&mut self, default: &Sizes) -> Result<Sizes> {
        let sizes = Sizes {
            records: self.number("--n")?.unwrap_or(default.records),
            dimensions: self.number("--dimensions")?.unwrap_or(default.dimensions),
            queries: self.number("--queries")?.unwrap_or(default.queries),
            seconds: self.number("--seconds")?.unwrap_or(default.seconds),
            seed: self.number("--seed")?.unwrap_or(default.seed),
        };
        if sizes.records == 0 || sizes.dimensions == 0 || sizes.queries == 0 || sizes.seconds <= 0.0 {
            return Err("--n, --dimensions, --queries and --seconds must be above zero".into());
        }
        Ok(sizes)
    }

    fn check_all_used(&self) -> Result<()> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("unknown option `{name}`; try `huedb-bench help`").into()),
        }
    }
}

#[cfg(test)]
mod tests;
