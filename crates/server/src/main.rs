//! The binary `huedb`: see the library of this package.

fn main() -> std::process::ExitCode {
    huedb_server::main()
}
