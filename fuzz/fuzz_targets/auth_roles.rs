#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| huedb_server::fuzzing::auth_roles(bytes));
