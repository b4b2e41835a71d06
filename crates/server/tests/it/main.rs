//! The binary as its users meet it: command line, configuration, sockets, stopping.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod audit;
mod bad_logins;
mod browsers;
mod certificates;
mod command_line;
mod compression;
mod error_tables;
mod exchange;
mod explaining;
mod generations;
mod limits;
mod logins;
mod names;
mod numbers;
mod precision;
mod process;
mod quotas;
mod recorded_logins;
mod request_texts;
mod starting;
mod stopping;
mod tls;
mod watching;
mod web_pages;
