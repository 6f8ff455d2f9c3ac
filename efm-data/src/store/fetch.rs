//! Downloads over HTTPS that go on where they were cut.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ureq::{
    Agent,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

use super::{Imported, KnownSet, RemoteFile, digest, import};
use crate::{DataError, format::Source};

/// How to download.
#[derive(Debug, Clone, Default)]
pub struct FetchOptions {
    /// Addresses of folders that are tried instead of the known ones, in this order; each as in a browser, with or without a
    /// slash at the end. HTTPS, or plain HTTP to this machine.
    pub mirrors: Vec<String>,
    /// A proxy's address.
    pub proxy: Option<String>,
    /// A PEM file of the certificates servers are held against, instead of Mozilla's, where a network has its own.
    pub certificates: Option<PathBuf>,
    /// Replace the set if it is there.
    pub replace: bool,
}

/// How far a download is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The file.
    pub file: &'static str,
    /// Bytes there are, those of earlier tries included.
    pub done: u64,
    /// Bytes there will be, where the server says so.
    pub all: Option<u64>,
}

/// Largest file taken from a server.
const MOST: u64 = 16 << 30;

/// Downloads a known set into the folder `store`, and puts it in place as [`import`] does. A download that was cut goes on
/// where it ended, in this call or a later one. `progress` is called about once per 64 KiB and may stop the work.
///
/// Files with a known SHA-256 are held against it; so are the contents of MNIST and Fashion-MNIST, whatever the mirror packed
/// them with.
///
/// # Errors
/// [`DataError::Fetch`] where no mirror gives a file, [`DataError::WrongChecksum`], [`DataError::Stopped`],
/// [`DataError::BadParameter`] for a set without a download or a mirror or proxy that is no address, and the errors of
/// [`import`].
pub fn fetch(
    set: &KnownSet,
    store: &Path,
    options: &FetchOptions,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Imported, DataError> {
    if set.files.is_empty() {
        let problem = format!("is {}, which has no download; import its package instead", set.name);
        return Err(DataError::BadParameter { place: "fetch", field: "name", problem });
    }
    if set.is_installed(store) && !options.replace {
        return Err(DataError::SetExists { path: set.folder(store) });
    }
    let agents = Agents::new(options)?;
    options.mirrors.iter().try_for_each(|mirror| agents.for_url(mirror).map(|_| ()))?;
    let partial = store.join(".partial").join(set.name);
    fs::create_dir_all(&partial).map_err(|error| written(&partial, error))?;
    for file in set.files {
        let goal = partial.join(file.name);
        if !goal.exists() {
            from_any_mirror(&agents, file, options, &goal, progress)?;
        }
    }
    let package = if set.files.len() == 1 { partial.join(set.files[0].name) } else { partial.clone() };
    let imported = import(set, &package, store, options.replace, &mut |_| {});
    match imported {
        // What is wrong once is wrong the next time; nothing else is worth keeping either once the set is in place.
        Ok(_) | Err(DataError::WrongChecksum { .. } | DataError::Malformed { .. } | DataError::NoImages { .. }) => {
            let _ = fs::remove_dir_all(&partial);
        }
        Err(_) => {}
    }
    imported
}

fn written(path: &Path, error: io::Error) -> DataError {
    DataError::Io { path: path.into(), action: "write", error }
}

/// One client per rule on redirects: to other machines only over HTTPS, and from this machine to nowhere.
struct Agents {
    secure: Agent,
    loopback: Agent,
}

impl Agents {
    fn new(options: &FetchOptions) -> Result<Self, DataError> {
        let proxy = match &options.proxy {
            None => None,
            Some(address) => Some(ureq::Proxy::new(address).map_err(|error| DataError::BadParameter {
                place: "fetch",
                field: "proxy",
                problem: format!("is no address: {error}"),
            })?),
        };
        let tls = match &options.certificates {
            None => TlsConfig::default(),
            Some(path) => TlsConfig::builder().root_certs(roots(path)?).build(),
        };
        let common = || {
            Agent::config_builder()
                .http_status_as_error(false)
                .timeout_connect(Some(Duration::from_secs(30)))
                .timeout_recv_response(Some(Duration::from_secs(60)))
        };
        Ok(Self {
            secure: common().https_only(true).tls_config(tls).proxy(proxy).build().new_agent(),
            loopback: common().max_redirects(0).proxy(None).build().new_agent(),
        })
    }

    /// The client for an address. Plain HTTP to other machines and other protocols are refused.
    fn for_url(&self, url: &str) -> Result<&Agent, DataError> {
        if url.starts_with("https://") {
            return Ok(&self.secure);
        }
        let host = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let name = if host.starts_with('[') { host.split(']').next() } else { host.split(':').next() };
        let local = name.is_some_and(|name| ["127.0.0.1", "localhost", "[::1"].contains(&name));
        // What stands before an @ is a user, not a host.
        if local && !host.contains('@') {
            return Ok(&self.loopback);
        }
        let problem = format!("is {url}; it must start with https://, or with http:// and this machine");
        Err(DataError::BadParameter { place: "fetch", field: "mirror", problem })
    }
}

/// The certificates of a PEM file.
fn roots(path: &Path) -> Result<RootCerts, DataError> {
    let mut source = Source::open(path)?;
    let mut bytes = Vec::new();
    // The bundles of systems have a few hundred kilobytes.
    (&mut source.file).take(16 << 20).read_to_end(&mut bytes).map_err(|error| source.io(error))?;
    let items = parse_pem(&bytes).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    let certificates: Vec<_> = items.collect();
    if certificates.is_empty() {
        return Err(source.malformed("file", "holds no certificate"));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

fn from_any_mirror(
    agents: &Agents,
    file: &RemoteFile,
    options: &FetchOptions,
    goal: &Path,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<(), DataError> {
    let known: Vec<&str> = file.mirrors.to_vec();
    let own: Vec<&str> = options.mirrors.iter().map(String::as_str).collect();
    let mut last = None;
    for mirror in if own.is_empty() { known } else { own } {
        let url = format!("{}/{}", mirror.trim_end_matches('/'), file.name);
        match download(agents.for_url(&url)?, &url, file, goal, progress) {
            Ok(()) => return Ok(()),
            Err(error @ (DataError::Fetch { .. } | DataError::WrongChecksum { .. })) => last = Some(error),
            Err(other) => return Err(other),
        }
    }
    Err(last.unwrap_or_else(|| DataError::Fetch { url: file.name.to_owned(), problem: "no mirror is known".into() }))
}

fn download(
    agent: &Agent,
    url: &str,
    file: &RemoteFile,
    goal: &Path,
    progress: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<(), DataError> {
    let failed = |problem: String| DataError::Fetch { url: url.to_owned(), problem };
    let part = goal.with_file_name(format!("{}.part", file.name));
    let mut out = OpenOptions::new().create(true).append(true).open(&part).map_err(|error| written(&part, error))?;
    let mut there = out.metadata().map_err(|error| written(&part, error))?.len();
    let mut request = agent.get(url);
    if there > 0 {
        request = request.header("Range", format!("bytes={there}-"));
    }
    let response = request.call().map_err(|error| failed(error.to_string()))?;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let length: Option<u64> = header("content-length").and_then(|text| text.parse().ok());
    let restart = |out: &mut File| out.set_len(0).and_then(|()| out.rewind()).map_err(|error| written(&part, error));
    match response.status().as_u16() {
        200 => {
            // From the start, whatever was asked for.
            restart(&mut out)?;
            there = 0;
        }
        206 if there > 0 => {
            let range = header("content-range").unwrap_or_default();
            if !range.starts_with(&format!("bytes {there}-")) {
                restart(&mut out)?;
                return Err(failed(format!("answered with the range \"{range}\" to one from byte {there}")));
            }
        }
        416 => {
            restart(&mut out)?;
            return Err(failed("has less than was there before; the next try starts anew".to_owned()));
        }
        status => return Err(failed(format!("answered with status {status}"))),
    }
    let all = length.and_then(|length| length.checked_add(there));
    if all.is_some_and(|all| all > MOST) {
        let problem = format!("the server announces {} bytes; the limit is {MOST}", all.unwrap_or(MOST));
        return Err(DataError::TooLarge { path: part, place: "download".into(), problem });
    }
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        if progress(&Progress { file: file.name, done: there, all }).is_break() {
            return Err(DataError::Stopped);
        }
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => return Err(failed(format!("cut after {there} bytes: {error}"))),
        };
        there += count as u64;
        if there > MOST {
            let problem = format!("more than {MOST} bytes");
            return Err(DataError::TooLarge { path: part, place: "download".into(), problem });
        }
        out.write_all(&buffer[..count]).map_err(|error| written(&part, error))?;
    }
    if all.is_some_and(|all| all != there) {
        return Err(failed(format!("cut after {there} of {} bytes", all.unwrap_or(there))));
    }
    out.sync_all().map_err(|error| written(&part, error))?;
    drop(out);
    if let Some(sha256) = file.sha256
        && let Err(error) = digest::check(&part, sha256, false)
    {
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    fs::rename(&part, goal).map_err(|error| written(goal, error))
}
