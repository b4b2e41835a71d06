use super::*;

fn batch(sequence: u64, entries: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in entries {
        body.extend([ENTRY, 0, 0]);
        body.extend(1_u64.to_le_bytes());
        body.extend((key.len() as u16).to_le_bytes());
        body.extend((value.len() as u32).to_le_bytes());
        body.extend((value.len() as u32).to_le_bytes());
        body.extend(*key);
        body.extend(*value);
    }
    let mut bytes = vec![BATCH_START];
    bytes.extend((entries.len() as u32).to_le_bytes());
    bytes.extend(sequence.to_le_bytes());
    bytes.extend(&body);
    bytes.push(BATCH_END);
    bytes.extend(xxh3_64(&body).to_le_bytes());
    bytes.extend(MAGIC);
    bytes
}

/// Three batches, their ends, and the zeros that follow in a fresh file.
fn journal() -> (Vec<u8>, [usize; 3]) {
    let mut bytes = batch(7, &[(b"a", b"first")]);
    let first = bytes.len();
    bytes.extend(batch(8, &[(b"b", b""), (b"wc", &[1; 40])]));
    let second = bytes.len();
    bytes.extend(batch(11, &[(b"d", b"third")]));
    let third = bytes.len();
    bytes.resize(third + 100, 0);
    (bytes, [first, second, third])
}

#[track_caller]
fn check_verdict(journal: &[u8], expected: Verdict) {
    assert_eq!(examine(journal), expected, "journal of {} bytes", journal.len());
}

#[test]
fn whole_batches_followed_by_zeros_are_sound() {
    let (bytes, [first, second, third]) = journal();
    check_verdict(&[], Verdict::Sound);
    check_verdict(&[0; 64], Verdict::Sound);
    for end in [first, second, third, bytes.len()] {
        check_verdict(&bytes[..end], Verdict::Sound);
    }
}

#[test]
fn a_journal_cut_anywhere_within_a_batch_is_torn_at_that_batch() {
    let (bytes, [first, second, third]) = journal();
    for (start, end) in [(0, first), (first, second), (second, third)] {
        for length in start + 1..end {
            check_verdict(&bytes[..length], Verdict::Torn { at: start });
        }
    }
}

#[test]
fn a_hole_of_zeros_in_the_last_batch_is_torn() {
    let (mut bytes, [_, second, third]) = journal();
    bytes[second + 14..third - 20].fill(0);
    check_verdict(&bytes, Verdict::Torn { at: second });
}

#[test]
fn any_changed_byte_before_the_last_batch_is_damage_and_in_it_is_torn() {
    let (bytes, [first, second, third]) = journal();
    let start_of = |at: usize| [second, first, 0].into_iter().find(|&start| start <= at).unwrap();
    for at in 0..third {
        let mut changed = bytes.clone();
        changed[at] ^= 0x40;
        let expected = start_of(at);
        let verdict = examine(&changed);
        // The checksum leaves the sequence out; a higher one is found by the batch that follows.
        if (5..13).contains(&(at - expected)) {
            let next = if expected == 0 { first } else { second };
            let expected = if expected == second { Verdict::Sound } else { Verdict::Damaged { at: next } };
            assert_eq!(verdict, expected, "byte {at}");
        } else if expected == second {
            assert_eq!(verdict, Verdict::Torn { at: expected }, "byte {at}");
        } else {
            assert_eq!(verdict, Verdict::Damaged { at: expected }, "byte {at}");
        }
    }
}

#[test]
fn a_sequence_that_does_not_ascend_is_damage() {
    for sequence in [0, 6, 7] {
        let mut bytes = batch(7, &[(b"a", b"first")]);
        let at = bytes.len();
        bytes.extend(batch(sequence, &[(b"b", b"second")]));
        check_verdict(&bytes, Verdict::Damaged { at });
    }
}

#[test]
fn a_torn_value_that_looks_like_an_older_batch_is_not_taken_for_a_later_one() {
    let mut bytes = batch(7, &[(b"a", b"first")]);
    let torn = bytes.len();
    let inner = batch(3, &[(b"x", b"y")]);
    bytes.extend(batch(8, &[(b"b", &inner)]));
    bytes.pop();
    check_verdict(&bytes, Verdict::Torn { at: torn });
}
