use huedb_types::{Metadata, MetadataValue, Precision};

use super::{check_kept, precision};

fn metadata(key: &str, value: MetadataValue) -> Metadata {
    [(key.to_owned(), value), ("hug".to_owned(), MetadataValue::Int(1))].into()
}

fn text(value: &str) -> MetadataValue {
    MetadataValue::Str(value.to_owned())
}

#[test]
fn a_precision_is_f32_f16_or_not_said() {
    assert_eq!(precision(None), Ok(Precision::F32));
    for (key, value, expected) in [
        ("hue:precision", "f16", Precision::F16),
        ("hue:precision", "f32", Precision::F32),
        ("precision", "f16", Precision::F32),
        ("Hue:precision", "f16", Precision::F32),
    ] {
        assert_eq!(precision(Some(&metadata(key, text(value)))), Ok(expected), "{key}={value}");
    }
}

#[track_caller]
fn check_refused(key: &str, value: MetadataValue, expected: &str) {
    let metadata = metadata(key, value);
    assert_eq!(precision(Some(&metadata)).unwrap_err(), expected);
    assert_eq!(check_kept(Some(&metadata), Precision::F16).unwrap_err(), expected);
}

#[test]
fn other_values_and_other_keys_are_refused_with_what_is_allowed() {
    for value in ["f17", "F16", "half", ""] {
        check_refused(
            "hue:precision",
            text(value),
            &format!("hue:precision must be `f32` or `f16`, got `{value}`"),
        );
    }
    for value in [MetadataValue::Int(16), MetadataValue::Bool(true), MetadataValue::Float(16.0)] {
        check_refused(
            "hue:precision",
            value,
            "hue:precision must be `f32` or `f16`, got a value that is no text",
        );
    }
    for key in ["hue:precison", "hue:", "hue:Precision"] {
        check_refused(
            key,
            text("f16"),
            &format!(
                "`{key}` is no option of a collection, did you mean `hue:precision`? Keys that begin with `hue:` \
                 are HueDB's own"
            ),
        );
    }
}

#[test]
fn changed_metadata_may_name_the_precision_that_there_is_or_none() {
    let named = metadata("hue:precision", text("f16"));
    assert_eq!(check_kept(Some(&named), Precision::F16), Ok(()));
    assert_eq!(check_kept(None, Precision::F16), Ok(()));
    assert_eq!(check_kept(Some(&Metadata::new()), Precision::F16), Ok(()));
    let refusal = check_kept(Some(&named), Precision::F32).unwrap_err();
    assert!(refusal.contains("cannot change from `f32` to `f16`"), "{refusal}");
}
