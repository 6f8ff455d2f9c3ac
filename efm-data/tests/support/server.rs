//! A small HTTP/1.1 server on this machine that serves one file, with ranges.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

pub struct Server {
    address: String,
    shared: Arc<Shared>,
}

struct Shared {
    path: &'static str,
    content: Vec<u8>,
    cut: AtomicUsize,
    ranges: AtomicBool,
    requests: Mutex<Vec<String>>,
}

impl Server {
    /// Serves `content` under `path` until the test program ends.
    pub fn start(path: &'static str, content: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            path,
            content,
            cut: AtomicUsize::new(usize::MAX),
            ranges: AtomicBool::new(true),
            requests: Mutex::default(),
        });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&theirs);
                // A client that goes away is its own business.
                thread::spawn(move || drop(shared.answer(stream)));
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Closes the connection after so many bytes of the file.
    pub fn cut_after(&self, bytes: usize) {
        self.shared.cut.store(bytes, Ordering::SeqCst);
    }

    /// Answers requests for a part with the whole.
    pub fn ignore_ranges(&self) {
        self.shared.ranges.store(false, Ordering::SeqCst);
    }

    /// The requests so far, with their headers.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut text = String::new();
        let mut reader = BufReader::new(stream.try_clone()?);
        while !text.ends_with("\r\n\r\n") {
            if reader.read_line(&mut text)? == 0 {
                return Ok(());
            }
        }
        self.requests.lock().unwrap().push(text.clone());
        if text.split(' ').nth(1) != Some(self.path) {
            return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        let lower = text.to_ascii_lowercase();
        let range = lower.split("range: bytes=").nth(1).and_then(|rest| rest.split('-').next()?.parse::<usize>().ok());
        let start = range.filter(|_| self.ranges.load(Ordering::SeqCst)).unwrap_or(0);
        let rest = &self.content[start.min(self.content.len())..];
        let status = match start {
            0 => "200 OK".to_owned(),
            _ => {
                let (last, all) = (self.content.len() - 1, self.content.len());
                format!("206 Partial Content\r\nContent-Range: bytes {start}-{last}/{all}")
            }
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len())?;
        let cut = self.cut.load(Ordering::SeqCst).saturating_sub(start).min(rest.len());
        stream.write_all(&rest[..cut])?;
        stream.flush()
    }
}
