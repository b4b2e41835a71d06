use huedb_types::{DocId, Record, SeqNo};

use super::Memtable;

fn record(id: &str, document: &str) -> Record {
    Record { id: id.into(), document: Some(document.into()), ..Record::default() }
}

fn seen(memtable: &Memtable, seq: u64) -> Vec<String> {
    let text = |row: &super::Row| format!("{}={}", row.id, row.document.as_deref().unwrap_or_default());
    memtable.visible(SeqNo(seq)).map(|(_, row)| text(row)).collect()
}

#[test]
fn a_reader_sees_the_rows_of_its_moment() {
    let memtable = Memtable::default();
    memtable.push(DocId(0), record("a", "1"), SeqNo(1));
    memtable.push(DocId(1), record("b", "1"), SeqNo(1));
    memtable.end(0, SeqNo(2));
    memtable.push(DocId(0), record("a", "2"), SeqNo(2));
    memtable.end(1, SeqNo(3));
    memtable.end(2, SeqNo(4));
    memtable.push(DocId(2), record("a", "3"), SeqNo(5));

    assert_eq!(seen(&memtable, 0), Vec::<String>::new());
    assert_eq!(seen(&memtable, 1), ["a=1", "b=1"]);
    assert_eq!(seen(&memtable, 2), ["b=1", "a=2"]);
    assert_eq!(seen(&memtable, 3), ["a=2"]);
    assert_eq!(seen(&memtable, 4), Vec::<String>::new());
    assert_eq!(seen(&memtable, 5), ["a=3"]);
    let found: Vec<_> = (0..=5).map(|seq| memtable.find("a", SeqNo(seq))).collect();
    assert_eq!(found, [None, Some(0), Some(2), Some(2), None, Some(3)]);
}

#[test]
fn rows_keep_their_places_while_the_memtable_grows() {
    let memtable = Memtable::default();
    for number in 0..5000_u32 {
        memtable.push(DocId(number), record(&number.to_string(), ""), SeqNo(1));
    }
    for number in 0..5000_u32 {
        let index = memtable.find(&number.to_string(), SeqNo(1)).expect("it was pushed");
        assert_eq!(memtable.row(index).map(|row| row.doc_id), Some(DocId(number)));
    }
    assert!(memtable.row(5000).is_none());
    assert!(memtable.bytes() > 5000 * 8);
}
