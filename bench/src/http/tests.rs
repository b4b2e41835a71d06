use std::io::{Read, Write};
use std::net::TcpListener;

use super::{Connection, write_request};

/// Serves the given answers on one connection, whatever the requests say.
#[track_caller]
fn check(answers: &'static [&'static [u8]], expected: &[(u16, &[u8])]) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for answer in answers {
            let mut request = [0u8; 4096];
            assert!(stream.read(&mut request).unwrap() > 0);
            // In two parts, so that the client has to join them.
            let (first, second) = answer.split_at(answer.len() / 2);
            stream.write_all(first).unwrap();
            stream.flush().unwrap();
            stream.write_all(second).unwrap();
        }
    });
    let mut connection = Connection::open(&address).unwrap();
    for (status, body) in expected {
        let mut request = Vec::new();
        write_request(&mut request, "POST", "/x", b"{}");
        let answer = connection.send(&request).unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (*status, *body));
    }
    server.join().unwrap();
}

#[test]
fn a_body_with_a_length_is_read_to_its_end() {
    check(
        &[
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        ],
        &[(200, b"hello"), (404, b"")],
    );
}

#[test]
fn a_chunked_body_is_joined() {
    check(
        &[b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"],
        &[(201, b"abcde")],
    );
}
