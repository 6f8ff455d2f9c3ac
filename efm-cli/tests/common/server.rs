//! `efm watch`, and clients of every kind.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::Bench;

/// A running server; it ends with the test.
pub struct Server {
    child: RefCell<Child>,
    pub port: u16,
}

impl Server {
    /// Watches these folders, on a free port.
    pub fn start(bench: &Bench, runs: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_efm"));
        command.arg("watch").args(runs).args(["--port", "0"]).current_dir(bench.path("."));
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary is built with its tests");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).unwrap();
        let port = line.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split('/').next()?.parse().ok());
        Self { child: RefCell::new(child), port: port.unwrap_or_else(|| panic!("no address: {line}")) }
    }

    /// Sends bytes and leaves the connection open.
    pub fn open(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // A server that has refused already may have gone.
        let _ = stream.write_all(bytes);
        stream
    }

    /// What comes until the end.
    pub fn rest(mut stream: TcpStream) -> String {
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        // A connection that is reset after its answer has given its answer.
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            answer.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends bytes; gives the whole answer.
    pub fn ask(&self, bytes: &[u8]) -> String {
        Self::rest(self.open(bytes))
    }

    /// A stream of events.
    pub fn stream(&self, target: &str) -> Stream {
        let request = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n", self.port);
        let mut stream = Stream(BufReader::new(self.open(request.as_bytes())));
        let head = stream.block();
        assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
        stream
    }

    /// Asks again until it holds.
    pub fn wait_until(&self, holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds() {
            assert!(Instant::now() < deadline, "it never held");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ctrl-C; gives the exit code.
    pub fn interrupt(&self) -> Option<i32> {
        let id = self.child.borrow().id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.child.borrow_mut().try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.get_mut().kill();
        let _ = self.child.get_mut().wait();
    }
}

/// Server-sent events as they come.
pub struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Lines up to the next empty one.
    fn block(&mut self) -> String {
        let mut block = String::new();
        loop {
            let mut line = String::new();
            assert!(self.0.read_line(&mut line).expect("the stream goes on") > 0, "the stream has ended");
            if line.trim().is_empty() {
                return block;
            }
            block.push_str(&line);
        }
    }

    /// The next event; signs of life are passed over.
    pub fn event(&mut self) -> String {
        loop {
            let block = self.block();
            if block.starts_with("event:") {
                return block;
            }
        }
    }

    /// The next event that holds these words.
    pub fn event_with(&mut self, words: &str) -> String {
        for _ in 0..40 {
            let event = self.event();
            if event.contains(words) {
                return event;
            }
        }
        panic!("no event with {words}");
    }
}
