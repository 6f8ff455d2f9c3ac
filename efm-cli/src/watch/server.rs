//! Accepts clients, checks what they may have, and sends it.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::feed::Feed;
use super::http::{Refusal, Request, WRITE_TIME, head, read_request, send};
use crate::failure::{Exit, Failure};
use crate::terminal::Terminal;
use efm::Host;

/// Clients at a time; each has a thread.
const MOST_CLIENTS: usize = 24;

/// The port where none is asked for, if it is free.
const PORT: u16 = 8137;

/// Between two looks at the folders, and between two signs of life in a stream without news.
const PAUSE: Duration = Duration::from_millis(400);
const BEAT: Duration = Duration::from_secs(5);

/// What is served, where, to whom.
pub struct Settings {
    /// Folders of runs, there or not yet.
    pub runs: Vec<PathBuf>,
    /// The port; 0 takes a free one, none [`PORT`] or a free one.
    pub port: Option<u16>,
    /// Names under which the server may be asked, besides those of this machine.
    pub hosts: Vec<String>,
}

/// Serves until a signal comes; `ready` is told the address.
pub fn serve(settings: Settings, host: &Terminal, ready: impl FnOnce(SocketAddr)) -> Result<(), Failure> {
    let listener = bind(settings.port)?;
    let io = |error: std::io::Error| Failure::new(Exit::Io, format!("the server: {error}"), "try another --port");
    let address = listener.local_addr().map_err(io)?;
    listener.set_nonblocking(true).map_err(io)?;
    let feed = Arc::new(Feed::new(settings.runs));
    let looking = {
        let feed = Arc::clone(&feed);
        thread::Builder::new().name("look".to_owned()).spawn(move || feed.look(PAUSE)).map_err(io)?
    };
    let hosts: Arc<[String]> = allowed(address.port(), &settings.hosts).into();
    let clients = Arc::new(AtomicUsize::new(0));
    ready(address);
    while host.stop().is_none() {
        match listener.accept() {
            Ok((stream, _)) => admit(stream, &feed, &hosts, &clients),
            // Nobody is waiting, or one has gone away again.
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
    feed.close();
    let _ = looking.join();
    // Streams end at once; a page on its way is given a moment.
    for _ in 0..50 {
        if clients.load(Ordering::Relaxed) == 0 {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn bind(port: Option<u16>) -> Result<TcpListener, Failure> {
    let at = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let bound = match port {
        Some(port) => at(port),
        None => at(PORT).or_else(|_| at(0)),
    };
    bound.map_err(|error| {
        let port = port.unwrap_or(0);
        Failure::new(Exit::Io, format!("127.0.0.1:{port}: {error}"), "choose another port, or --port 0 for a free one")
    })
}

/// The values that a Host header may have.
fn allowed(port: u16, more: &[String]) -> Vec<String> {
    let mut hosts: Vec<String> = ["127.0.0.1", "localhost"].iter().map(|name| format!("{name}:{port}")).collect();
    for name in more {
        let name = name.to_ascii_lowercase();
        hosts.push(format!("{name}:{port}"));
        hosts.push(name);
    }
    hosts
}

/// Gives a client a thread, or tells it that there are too many.
fn admit(stream: TcpStream, feed: &Arc<Feed>, hosts: &Arc<[String]>, clients: &Arc<AtomicUsize>) {
    let _ = stream.set_nonblocking(false);
    let _ = stream.set_write_timeout(Some(WRITE_TIME));
    let _ = stream.set_nodelay(true);
    let guest = Guest::new(clients);
    let (feed, hosts) = (Arc::clone(feed), Arc::clone(hosts));
    let mut stream = stream;
    let Some(guest) = guest else {
        let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
        return Refusal::Busy.answer(&mut stream);
    };
    // Where no thread can be had the client is let go.
    let _ = thread::Builder::new().name("client".to_owned()).spawn(move || {
        let _guest = guest;
        // A client that goes away, or takes nothing for too long, ends its own thread only.
        let _ = attend(&mut stream, &feed, &hosts);
        let _ = stream.shutdown(std::net::Shutdown::Both);
    });
}

/// Counts a client while it is there.
struct Guest(Arc<AtomicUsize>);

impl Guest {
    fn new(clients: &Arc<AtomicUsize>) -> Option<Self> {
        let one_more = |count: usize| (count < MOST_CLIENTS).then_some(count + 1);
        clients.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        Some(Self(Arc::clone(clients)))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn attend(stream: &mut TcpStream, feed: &Feed, hosts: &[String]) -> std::io::Result<()> {
    let asked = read_request(stream).and_then(|request| checked(request, hosts));
    match asked {
        Err(refusal) => refusal.answer(stream),
        Ok((Asked::Page, only_head)) => {
            let page = feed.page();
            let frame = "Content-Security-Policy: frame-ancestors 'none'\r\n";
            stream.write_all(head("200 OK", "text/html; charset=utf-8", Some(page.len()), frame).as_bytes())?;
            if !only_head {
                send(stream, page.as_bytes())?;
            }
        }
        Ok((Asked::Events { seen }, only_head)) => {
            stream.write_all(head("200 OK", "text/event-stream", None, "").as_bytes())?;
            if only_head {
                return Ok(());
            }
            stream.write_all(b"retry: 1000\n\n")?;
            let mut told = feed.told(&seen);
            while let Some(events) = feed.wait(&mut told, BEAT) {
                if events.is_empty() {
                    // A comment: a client that has gone away is found out.
                    stream.write_all(b":\n\n")?;
                }
                for event in events {
                    send(stream, event.as_bytes())?;
                }
            }
        }
    }
    Ok(())
}

enum Asked {
    Page,
    Events { seen: String },
}

/// There are two things to be had; no path reaches a file.
fn checked(request: Request, hosts: &[String]) -> Result<(Asked, bool), Refusal> {
    if !hosts.contains(&request.host) {
        return Err(Refusal::WrongHost);
    }
    let asked = match request.target.as_str() {
        "/" => Asked::Page,
        "/events" => Asked::Events { seen: String::new() },
        other => match other.strip_prefix("/events?seen=") {
            Some(seen) if seen.chars().all(|c| c.is_ascii_hexdigit()) => Asked::Events { seen: seen.to_owned() },
            _ => return Err(Refusal::NotFound),
        },
    };
    Ok((asked, request.head))
}
