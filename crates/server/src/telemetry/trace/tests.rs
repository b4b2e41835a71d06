use super::*;

#[test]
fn granularities_have_the_names_of_chroma() {
    for word in ["none", "operation", "operation_and_segment", "all"] {
        assert_eq!(Granularity::parse(word).map(Granularity::name), Some(word));
    }
    for word in ["", "ALL", "auto"] {
        assert_eq!(Granularity::parse(word), None, "word={word}");
    }
    assert!(Granularity::Operation < Granularity::OperationAndSegment);
    assert!(Granularity::OperationAndSegment < Granularity::All);
}

#[test]
fn ids_are_never_zero_and_never_the_same() {
    let ids: std::collections::BTreeSet<u64> = (0..10_000).map(|_| id::new_span()).collect();
    assert_eq!(ids.len(), 10_000);
    assert!(!ids.contains(&0));
    assert_ne!(id::new_trace(), id::new_trace());
}

#[test]
fn texts_are_cut_after_so_many_characters_and_not_within_one() {
    for (text, characters) in [
        ("a".repeat(255), 255),
        ("b".repeat(300), 256),
        ("\u{e9}".repeat(200), 200),
        ("\u{1f600}".repeat(300), 256),
    ] {
        let Attribute { value: attributes::AttributeValue::Text(cut), .. } = Attribute::text("a", &text)
        else {
            panic!("no text");
        };
        assert!(text.starts_with(&cut) && cut.chars().count() == characters, "{cut}");
    }
}
