use super::*;

#[track_caller]
fn check(write: impl FnOnce(&mut Message), expected: &[u8]) {
    let mut message = Message::new();
    write(&mut message);
    assert_eq!(message.into_bytes(), expected);
}

#[test]
fn the_examples_of_the_format_come_out() {
    check(|message| message.integer(1, 150), &[0x08, 0x96, 0x01]);
    check(|message| message.text(2, "testing"), b"\x12\x07testing");
    check(|message| message.message(3, |inner| inner.integer(1, 150)), &[0x1a, 3, 0x08, 0x96, 0x01]);
    check(|message| message.integer(1, u64::MAX), &[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    check(|message| message.fixed64(7, 1), &[0x39, 1, 0, 0, 0, 0, 0, 0, 0]);
    check(|message| message.double(7, 1.0), &[0x39, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
    check(|message| message.packed64(6, [1].into_iter()), &[0x32, 8, 1, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn empty_texts_are_left_out_and_empty_messages_are_not() {
    check(|message| message.text(2, ""), &[]);
    check(|message| message.message(2, |_| {}), &[0x12, 0]);
}
