//! Prints the levels that this CPU has, slower before faster, on one line: `scalar avx2`.

#![allow(clippy::print_stdout, reason = "the levels are the output")]

use huedb_kernels::{Kernels, Level};

fn main() {
    let names: Vec<&str> =
        Kernels::all_available().into_iter().map(Kernels::level).map(Level::name).collect();
    println!("{}", names.join(" "));
}
