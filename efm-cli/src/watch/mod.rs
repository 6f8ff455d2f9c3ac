//! The page of a run while it goes on: a small server on loopback that only reads, and tells pages what is new.
//!
//! It speaks just enough HTTP/1.1 for a browser to get one page and one stream of server-sent events (WHATWG HTML, 9.2).
//! Everything a client sends is bounded: its length, its time, and how many clients there are.

mod feed;
mod http;
mod server;

pub use server::{Settings, serve};
