//! HueDB's own options of a collection. Clients know nothing of them, so they come as metadata, under keys that
//! begin with `hue:`.

use huedb_types::{Metadata, MetadataValue, Precision};

const PREFIX: &str = "hue:";
const PRECISION: &str = "hue:precision";

/// The precision that the metadata of a new collection asks for.
///
/// # Errors
/// What is wrong with a key or a value, as a text for the client.
pub(super) fn precision(metadata: Option<&Metadata>) -> Result<Precision, String> {
    Ok(asked(metadata)?.unwrap_or_default())
}

/// Refuses metadata that would change the precision of a collection.
///
/// # Errors
/// As [`precision`], and if it is another one.
pub(super) fn check_kept(metadata: Option<&Metadata>, kept: Precision) -> Result<(), String> {
    match asked(metadata)? {
        Some(asked) if asked != kept => Err(format!(
            "{PRECISION} is fixed when a collection is made and cannot change from `{}` to `{}`; make another \
             collection and write the records to it",
            kept.name(),
            asked.name()
        )),
        _ => Ok(()),
    }
}

/// The precision that is named; `None` if none is.
fn asked(metadata: Option<&Metadata>) -> Result<Option<Precision>, String> {
    let mut asked = None;
    for (key, value) in metadata.into_iter().flatten().filter(|(key, _)| key.starts_with(PREFIX)) {
        if key != PRECISION {
            return Err(format!(
                "`{key}` is no option of a collection, did you mean `{PRECISION}`? Keys that begin with `{PREFIX}` \
                 are HueDB's own"
            ));
        }
        let named = match value {
            MetadataValue::Str(name) => Precision::parse(name),
            _ => None,
        };
        asked = Some(named.ok_or_else(|| {
            let [first, second] = Precision::ALL.map(Precision::name);
            let got = match value {
                MetadataValue::Str(name) => format!("`{name}`"),
                _ => "a value that is no text".to_owned(),
            };
            format!("{PRECISION} must be `{first}` or `{second}`, got {got}")
        })?);
    }
    Ok(asked)
}

#[cfg(test)]
mod tests;
