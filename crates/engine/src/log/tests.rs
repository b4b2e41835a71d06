use huedb_types::{DocId, MetadataValue, Record};

use super::{Change, decode, encode};

fn changes() -> Vec<Change> {
    let full = Record {
        id: "a".into(),
        embedding: Some(vec![0.5, -1.0, f32::MAX]),
        document: Some(String::new()),
        uri: Some("file:///a".into()),
        metadata: [("k".to_owned(), MetadataValue::Int(-1))].into(),
    };
    let bare = Record { id: String::new(), ..Record::default() };
    vec![
        Change::Put { doc_id: DocId(7), record: full },
        Change::Delete { id: "b".into() },
        Change::Put { doc_id: DocId(u32::MAX), record: bare },
    ]
}

#[test]
fn decoding_gives_back_what_was_encoded() {
    assert_eq!(decode(&encode(&changes())).unwrap(), changes());
    assert_eq!(decode(&encode(&[])).unwrap(), []);
}

#[test]
fn a_cut_or_lengthened_entry_is_an_error() {
    let bytes = encode(&changes());
    for len in 0..bytes.len() {
        assert!(decode(&bytes[..len]).is_err(), "len={len}");
    }
    assert!(decode(&[bytes, vec![0]].concat()).is_err());
}
