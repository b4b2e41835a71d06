//! `bill-of-materials DIRECTORY [TARGET]` writes `huedb.cdx.json` and `THIRD-PARTY.txt` there, for the
//! server as it is built for a target triple, by default this machine's.

use std::path::Path;
use std::process::ExitCode;

use huedb_tidy::{bill, cargo, tree};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match &arguments[..] {
        [directory] => write(Path::new(directory), None),
        [directory, target] => write(Path::new(directory), Some(target)),
        _ => Err("usage: bill-of-materials DIRECTORY [TARGET]".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("bill-of-materials: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn write(directory: &Path, target: Option<&str>) -> Result<(), String> {
    let lock = std::fs::read_to_string(tree::root().join("Cargo.lock")).map_err(|error| error.to_string())?;
    let linked = cargo::linked_packages(target)?;
    let components = bill::components(&linked, &cargo::metadata(cargo::Scope::Everything)?, &lock)?;
    let bill = serde_json::to_string_pretty(&bill::bill("huedb-server", &components)?)
        .map_err(|error| error.to_string())?;
    std::fs::create_dir_all(directory).map_err(|error| error.to_string())?;
    for (name, text) in [("huedb.cdx.json", bill), ("THIRD-PARTY.txt", bill::notices(&components)?)] {
        std::fs::write(directory.join(name), text).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
