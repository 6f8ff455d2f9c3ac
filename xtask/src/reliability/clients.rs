//! Clients of `efm watch` for the soak: good ones, slow ones, and those that ask for what they may not have.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What came back, counted.
#[derive(Default)]
pub struct Counts {
    pub pages: AtomicU64,
    pub streams: AtomicU64,
    pub events: AtomicU64,
    pub refused: AtomicU64,
    pub busy: AtomicU64,
    pub left: AtomicU64,
    /// Answers that should not be.
    pub wrong: AtomicU64,
}

/// Clients at work until told to stop.
pub struct Load {
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
    threads: Vec<JoinHandle<()>>,
}

/// What one kind of client does again and again.
type Visit = fn(&Client);

/// How many of each kind there are; with those that wait below the 24 that the server lets in, but for the crowd's moments.
const KINDS: [(usize, Visit); 7] = [
    (3, read_a_page),
    (4, listen_for_a_while),
    (2, listen_for_long),
    (2, never_take_the_answer),
    (2, never_end_the_request),
    (1, ask_for_what_is_not_there),
    (1, come_in_a_crowd),
];

struct Client {
    port: u16,
    number: u64,
    visit: AtomicU64,
    stop: Arc<AtomicBool>,
    counts: Arc<Counts>,
}

impl Load {
    /// Lets the clients loose on a port of this machine.
    pub fn start(port: u16) -> Self {
        let (stop, counts) = (Arc::new(AtomicBool::new(false)), Arc::new(Counts::default()));
        let visits = KINDS.iter().flat_map(|&(count, visit)| std::iter::repeat_n(visit, count));
        let threads = visits
            .zip(0..)
            .map(|(visit, number)| {
                let (stop, counts) = (Arc::clone(&stop), Arc::clone(&counts));
                let client = Client { port, number, visit: AtomicU64::new(0), stop, counts };
                thread::spawn(move || {
                    while !client.stopped() {
                        visit(&client);
                        client.visit.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        Self { stop, counts, threads }
    }

    /// Waits for all of them to go.
    pub fn end(self) -> Arc<Counts> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            if thread.join().is_err() {
                add(&self.counts.wrong);
            }
        }
        self.counts
    }
}

fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

impl Client {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while !self.stopped() && Instant::now() < until {
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// A time that differs from visit to visit and from client to client, in milliseconds.
    fn some(&self, most: u64) -> Duration {
        let visit = self.visit.load(Ordering::Relaxed);
        Duration::from_millis((visit.wrapping_mul(7919) + self.number.wrapping_mul(104_729)) % most)
    }

    fn open(&self, bytes: &[u8]) -> Option<TcpStream> {
        let opened = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            // A server that has refused already may have closed.
            let _ = stream.write_all(bytes);
            Ok(stream)
        });
        if opened.is_err() {
            add(&self.counts.wrong);
        }
        opened.ok()
    }

    fn request(&self, line: &str) -> String {
        format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port)
    }

    /// Holds the status of an answer against the one expected; too many clients are no error.
    fn expect(&self, answer: &[u8], status: &str, count: &AtomicU64) -> bool {
        let begins = |status: &str| answer.starts_with(format!("HTTP/1.1 {status}").as_bytes());
        let right = begins(status);
        // The answer of a server that had no room may be lost when it closes on a request that is still on its way.
        add(if right {
            count
        } else if begins("503") || answer.is_empty() {
            &self.counts.busy
        } else {
            &self.counts.wrong
        });
        right
    }
}

/// Everything until the end, but no more than `most`.
fn rest(stream: &mut TcpStream, most: usize) -> Vec<u8> {
    let mut answer = Vec::new();
    let mut buffer = [0; 16 << 10];
    while answer.len() < most
        && let Ok(count @ 1..) = stream.read(&mut buffer)
    {
        answer.extend_from_slice(&buffer[..count]);
    }
    answer
}

fn read_a_page(client: &Client) {
    if let Some(mut stream) = client.open(client.request("GET /").as_bytes()) {
        let page = rest(&mut stream, usize::MAX);
        if client.expect(&page, "200", &client.counts.pages) && !page.trim_ascii_end().ends_with(b"</html>") {
            add(&client.counts.wrong);
        }
    }
    client.pause(Duration::from_millis(400) + client.some(800));
}

fn listen(client: &Client, time: Duration) {
    let Some(mut stream) = client.open(client.request("GET /events").as_bytes()) else { return };
    let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
    let until = Instant::now() + time;
    let mut buffer = [0; 16 << 10];
    let mut begun = false;
    while !client.stopped() && Instant::now() < until {
        match stream.read(&mut buffer) {
            Ok(count @ 1..) if begun => {
                let events = buffer[..count].windows(7).filter(|seven| *seven == b"event: ").count();
                client.counts.events.fetch_add(events as u64, Ordering::Relaxed);
            }
            Ok(count @ 1..) => {
                begun = client.expect(&buffer[..count], "200", &client.counts.streams);
                if !begun {
                    return client.pause(Duration::from_millis(500));
                }
            }
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            // Turned away, with the answer lost on the way.
            _ if !begun => {
                add(&client.counts.busy);
                return client.pause(Duration::from_millis(500));
            }
            _ => return add(&client.counts.wrong),
        }
    }
}

fn listen_for_a_while(client: &Client) {
    listen(client, Duration::from_millis(20) + client.some(3000));
}

fn listen_for_long(client: &Client) {
    listen(client, Duration::from_secs(300));
}

/// Asks, and reads nothing until the server must have given up.
fn never_take_the_answer(client: &Client) {
    let target = if client.visit.load(Ordering::Relaxed).is_multiple_of(2) { "GET /" } else { "GET /events" };
    let stream = client.open(client.request(target).as_bytes());
    client.pause(Duration::from_secs(12) + client.some(4000));
    add(&client.counts.left);
    drop(stream);
}

/// Half a request, by and by; or nothing at all.
fn never_end_the_request(client: &Client) {
    let Some(mut stream) = client.open(b"") else { return };
    if client.visit.load(Ordering::Relaxed).is_multiple_of(2) {
        for letter in b"GET / HTTP/1.1\r\nHost: a" {
            if stream.write_all(&[*letter]).is_err() {
                break;
            }
            client.pause(Duration::from_millis(400));
            if client.stopped() {
                return;
            }
        }
    }
    let answer = rest(&mut stream, 1000);
    client.expect(&answer, "408", &client.counts.refused);
}

fn ask_for_what_is_not_there(client: &Client) {
    let long = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(20_000));
    let requests = [
        (client.request("GET /../../etc/passwd"), "404"),
        (client.request("GET /events?seen=%2e%2e"), "404"),
        (client.request("POST /"), "405"),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(), "403"),
        (long, "431"),
        ("\u{16}\u{3}\u{1}\r\n\r\n".to_owned(), "400"),
    ];
    let (request, status) = &requests[client.visit.load(Ordering::Relaxed) as usize % requests.len()];
    if let Some(mut stream) = client.open(request.as_bytes()) {
        let answer = rest(&mut stream, 1000);
        client.expect(&answer, status, &client.counts.refused);
    }
    client.pause(client.some(200));
}

/// More than there is room for, gone before they are answered.
fn come_in_a_crowd(client: &Client) {
    let request = client.request("GET /events");
    let crowd: Vec<_> = (0..40).filter_map(|_| client.open(request.as_bytes())).collect();
    client.pause(client.some(300));
    client.counts.left.fetch_add(crowd.len() as u64, Ordering::Relaxed);
    drop(crowd);
    client.pause(Duration::from_secs(10));
}
