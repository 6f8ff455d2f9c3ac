//! How much memory there is, how much a command will need, and whether it still keeps to that.

use std::fs;
use std::str::FromStr;
use std::time::{Duration, Instant};

use efm::{Error, Estimate, Kind, shown};

/// A number of bytes on the command line: `8GiB`, `500 MB`, `1048576`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let scale: f64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1.0,
            "k" | "kib" => 1024.0,
            "kb" => 1e3,
            "m" | "mib" => 1_048_576.0,
            "mb" => 1e6,
            "g" | "gib" => 1_073_741_824.0,
            "gb" => 1e9,
            "t" | "tib" => 1_099_511_627_776.0,
            "tb" => 1e12,
            _ => return Err("write a number and a unit, for example 8GiB or 500MB".to_owned()),
        };
        match number.parse::<f64>() {
            Ok(number) if number > 0.0 && number * scale < 1e18 => Ok(Self((number * scale) as u64)),
            _ => Err("write a number and a unit, for example 8GiB or 500MB".to_owned()),
        }
    }
}

/// The memory a command may take.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    limit: u64,
    source: Source,
    /// Addresses that may still be taken, where the system counts them.
    addresses: Option<u64>,
    looked: Option<Instant>,
    over: bool,
}

/// Who set the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// `--memory`.
    Given,
    /// The machine, or the group of processes the command is in.
    Free,
    /// Nobody that can be asked.
    Nobody,
}

/// Between two looks at the memory in use.
const PERIOD: Duration = Duration::from_millis(20);

impl Memory {
    /// The limit given, or else what is free now.
    pub fn new(given: Option<Bytes>) -> Self {
        let (limit, source) = match given {
            Some(Bytes(limit)) => (limit, Source::Given),
            None => match [free(), group()].into_iter().flatten().min() {
                Some(free) => (free.saturating_add(resident().unwrap_or(0)), Source::Free),
                None => (u64::MAX, Source::Nobody),
            },
        };
        Self { limit, source, addresses: addresses(), looked: None, over: false }
    }

    /// Bytes that one file may take as rows: of two such files all rows, those kept apart, those trained on and the scaled ones
    /// are there at once.
    pub fn for_rows(&self) -> u64 {
        self.limit.min(self.addresses.unwrap_or(u64::MAX)) / 6
    }

    /// Holds what is about to be taken, on top of what is in use, against the limit.
    ///
    /// # Errors
    /// [`Kind::Resource`], naming the part that takes most.
    pub fn check(&self, estimate: &Estimate) -> Result<(), Error> {
        let more = estimate.bytes();
        let need = resident().unwrap_or(0) as f64 + more;
        let (limit, whose) = if need > self.limit as f64 {
            (self.limit, if self.source == Source::Given { "--memory allows" } else { "free are" })
        } else {
            match self.addresses {
                Some(room) if more > room as f64 => (room, "left in the address space (ulimit -v) are"),
                _ => return Ok(()),
            }
        };
        let (part, bytes, remedy) = estimate.largest();
        Err(Error::new(
            Kind::Resource,
            format!(
                "this takes about {} of memory, {} of it for {part}; {whose} {}",
                shown(need),
                shown(bytes),
                shown(limit as f64)
            ),
            format!("{remedy}, or allow more with --memory"),
        ))
    }

    /// Whether more is in use than allowed; to be asked often, looks now and then. Once exceeded is exceeded.
    pub fn is_exceeded(&mut self) -> bool {
        if !self.over && self.looked.is_none_or(|looked| looked.elapsed() >= PERIOD) {
            self.looked = Some(Instant::now());
            self.over = resident().is_some_and(|used| used > self.limit);
        }
        self.over
    }

    /// The failure of a command that took more than was thought; `done` says what there is until now.
    pub fn exceeded(&self, done: &str) -> Error {
        Error::new(
            Kind::Resource,
            format!("more than the {} allowed are in use: {done}", shown(self.limit as f64)),
            "allow more with --memory, or make the run smaller",
        )
    }
}

/// The number before `kB` in the line of a file of /proc that begins with `key`, in bytes.
fn kilobytes(file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// Bytes of this process in memory now; `None` where the system does not say.
pub fn resident() -> Option<u64> {
    kilobytes("/proc/self/status", "VmRSS:")
}

/// Bytes that can be taken without pushing anything else out.
fn free() -> Option<u64> {
    kilobytes("/proc/meminfo", "MemAvailable:")
}

/// What the group of processes that this one is in may still take (control groups, version 2).
fn group() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let place = groups.lines().find_map(|line| line.strip_prefix("0::"))?.trim_matches('/').to_owned();
    let number = |path: String| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let mut parts: Vec<_> = place.split('/').filter(|part| !part.is_empty()).collect();
    let mut least = None;
    loop {
        let folder = format!("/sys/fs/cgroup/{}", parts.join("/"));
        if let (Some(most), Some(used)) =
            (number(format!("{folder}/memory.max")), number(format!("{folder}/memory.current")))
        {
            // What is used for copies of files is given back.
            let room = most.saturating_sub(used);
            least = Some(least.map_or(room, |least: u64| least.min(room)));
        }
        if parts.pop().is_none() {
            return least;
        }
    }
}

/// Addresses this process may still take (`ulimit -v`); `None` without a limit.
fn addresses() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let most: u64 = line.split_whitespace().next()?.parse().ok()?;
    // Threads that are yet to start reserve some as well.
    Some((most.saturating_sub(kilobytes("/proc/self/status", "VmSize:")?) as f64 * 0.8) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units_of_two_and_of_ten() {
        for (text, bytes) in [("1", 1), ("2KiB", 2048), ("1.5 MB", 1_500_000), ("8GiB", 8 << 30), ("3g", 3 << 30)] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "lots", "-1", "8 apples", "1e3", "0", "1..5", "99999999999 TiB", "nan"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }
}
