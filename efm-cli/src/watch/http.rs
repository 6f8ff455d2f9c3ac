//! Requests in, heads of answers out. RFC 9112, as little of it as a page needs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Bytes of a request with its header, and the time it may take to arrive.
const MOST_BYTES: usize = 8 << 10;
const MOST_TIME: Duration = Duration::from_secs(5);

/// How long an answer may wait for a client to take any of it, and how long all of it may take: a client that takes a byte now
/// and then must not hold its place for ever.
pub const WRITE_TIME: Duration = Duration::from_secs(10);
const SEND_TIME: Duration = Duration::from_secs(60);

/// A request that is well-formed; what it may ask for is not looked at yet.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Whether only the head of the answer is wanted.
    pub head: bool,
    /// What is asked for, as it was sent.
    pub target: String,
    /// The host the client believes to talk to.
    pub host: String,
}

/// An answer that is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No HTTP, or a form of it that is not needed here.
    Malformed,
    /// Another host's name: a page elsewhere that had its name point here (DNS rebinding).
    WrongHost,
    /// Nothing of that name.
    NotFound,
    /// Another method than GET and HEAD.
    Method,
    /// It took too long.
    Slow,
    /// Too many bytes.
    TooLong,
    /// Too many clients.
    Busy,
}

impl Refusal {
    fn line(self) -> &'static str {
        match self {
            Self::Malformed => "400 Bad Request",
            Self::WrongHost => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::Method => "405 Method Not Allowed",
            Self::Slow => "408 Request Timeout",
            Self::TooLong => "431 Request Header Fields Too Large",
            Self::Busy => "503 Service Unavailable",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Malformed => "not a request that is understood here\n",
            Self::WrongHost => "served to this machine only; `efm watch --allow-host NAME` allows another name\n",
            Self::NotFound => "there is one page here, /\n",
            Self::Method => "this page can only be read\n",
            Self::Slow => "too slow\n",
            Self::TooLong => "too long\n",
            Self::Busy => "too many pages are open; close one\n",
        }
    }

    /// Sends the answer; a client that has gone away is no error.
    pub fn answer(self, stream: &mut TcpStream) {
        let more = if self == Self::Method { "Allow: GET, HEAD\r\n" } else { "" };
        let head = head(self.line(), "text/plain; charset=utf-8", Some(self.text().len()), more);
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(self.text().as_bytes()));
    }
}

/// Head of an answer. Nothing is kept by caches, framed, or read by other sites.
pub fn head(status: &str, kind: &str, length: Option<usize>, more: &str) -> String {
    let length = length.map_or(String::new(), |length| format!("Content-Length: {length}\r\n"));
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{length}{more}Connection: close\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n\
         Cross-Origin-Resource-Policy: same-origin\r\n\r\n"
    )
}

/// Sends what has an end.
///
/// # Errors
/// When the client has gone, takes nothing for [`WRITE_TIME`], or not all within a minute.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    send_within(stream, bytes, SEND_TIME)
}

fn send_within(stream: &mut impl Write, bytes: &[u8], most: Duration) -> std::io::Result<()> {
    let started = Instant::now();
    let mut left = bytes;
    while !left.is_empty() {
        if started.elapsed() > most {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        match stream.write(left) {
            Ok(0) => return Err(std::io::ErrorKind::WriteZero.into()),
            Ok(count) => left = &left[count..],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a request up to the end of its header.
pub fn read_request(stream: &mut TcpStream) -> Result<Request, Refusal> {
    let started = Instant::now();
    let mut bytes = Vec::with_capacity(1024);
    loop {
        let left = MOST_TIME.checked_sub(started.elapsed()).filter(|left| !left.is_zero()).ok_or(Refusal::Slow)?;
        stream.set_read_timeout(Some(left)).map_err(|_| Refusal::Malformed)?;
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer) {
            Ok(0) => return Err(Refusal::Malformed),
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Refusal::Slow),
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            bytes.truncate(end);
            return parse(&bytes);
        }
        if bytes.len() > MOST_BYTES {
            return Err(Refusal::TooLong);
        }
    }
}

/// A request line and header fields, without the empty line.
fn parse(bytes: &[u8]) -> Result<Request, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::Malformed)?;
    if text.chars().any(|letter| letter.is_control() && letter != '\r' && letter != '\n' && letter != '\t') {
        return Err(Refusal::Malformed);
    }
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Refusal::Malformed);
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(Refusal::Malformed);
    }
    let mut host = None;
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(Refusal::Malformed)?;
        if name.is_empty() || name.contains([' ', '\t', '\n', '\r']) {
            return Err(Refusal::Malformed);
        }
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "host" if host.is_some() => return Err(Refusal::Malformed),
            "host" => host = Some(value.to_ascii_lowercase()),
            // A body would have to be read before the next answer; none is needed.
            "transfer-encoding" => return Err(Refusal::Malformed),
            "content-length" if value != "0" => return Err(Refusal::Malformed),
            _ => {}
        }
    }
    let host = host.ok_or(Refusal::Malformed)?;
    let head = match method {
        "GET" => false,
        "HEAD" => true,
        _ => return Err(Refusal::Method),
    };
    Ok(Request { head, target: target.to_owned(), host })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_request_is_read() {
        let request = parse(b"GET /events?seen=a HTTP/1.1\r\nHost: LocalHost:80\r\nAccept: */*").unwrap();
        assert_eq!(request, Request { head: false, target: "/events?seen=a".into(), host: "localhost:80".into() });
        assert!(parse(b"HEAD / HTTP/1.1\r\nHost: a").unwrap().head);
    }

    /// Takes a byte at a time, and its time for each.
    struct Slow(usize);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            std::thread::sleep(Duration::from_millis(2));
            self.0 += 1;
            Ok(bytes.len().min(1))
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_client_that_takes_a_byte_now_and_then_is_let_go() {
        let mut slow = Slow(0);
        let error = send_within(&mut slow, &[0; 1_000_000], Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        assert!((1..=12).contains(&slow.0), "{} writes of at least 2 ms in 20", slow.0);
        assert!(send_within(&mut Slow(0), &[0; 3], Duration::from_secs(60)).is_ok());
    }

    #[test]
    fn other_methods_and_what_is_no_request_are_refused() {
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get"] {
            assert_eq!(parse(format!("{method} / HTTP/1.1\r\nHost: a").as_bytes()), Err(Refusal::Method));
        }
        for text in [
            "",
            "GET /",
            "GET / HTTP/2",
            "GET  / HTTP/1.1\r\nHost: a",
            "GET / HTTP/1.1",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b",
            "GET / HTTP/1.1\r\nHost : a",
            "GET / HTTP/1.1\r\nHost: a\r\nno colon",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3",
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked",
            "GET /\0 HTTP/1.1\r\nHost: a",
        ] {
            assert_eq!(parse(text.as_bytes()), Err(Refusal::Malformed), "{text:?}");
        }
        assert_eq!(parse(b"GET / HTTP/1.1\r\nHost: \xff"), Err(Refusal::Malformed));
    }
}
