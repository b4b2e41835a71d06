use super::*;

fn spans(ids: std::ops::Range<u64>) -> Vec<Span> {
    ids.map(|id| Span {
        trace: 1,
        id,
        parent: None,
        tracestate: String::new(),
        name: "".into(),
        is_server: false,
        started: 0,
        ended: 0,
        attributes: Vec::new(),
        error: None,
    })
    .collect()
}

fn ids(spans: &[Span]) -> Vec<u64> {
    spans.iter().map(|span| span.id).collect()
}

#[test]
fn a_full_queue_drops_whole_requests_and_counts_their_spans() {
    let counters = Arc::new(Counters::default());
    let queue = SpanQueue::new(5, 3, Arc::clone(&counters));
    queue.push(spans(0..3));
    queue.push(spans(3..6));
    assert_eq!((queue.len(), counters.spans_dropped.get()), (3, 3));
    queue.push(spans(6..8));
    assert_eq!((queue.len(), counters.spans_dropped.get()), (5, 3));
    assert_eq!(ids(&queue.take()), [0, 1, 2]);
    assert_eq!(ids(&queue.take()), [6, 7]);
    assert_eq!(queue.take(), []);
}

#[test]
fn what_could_not_be_sent_goes_first_next_time() {
    let counters = Arc::new(Counters::default());
    let queue = SpanQueue::new(4, 4, Arc::clone(&counters));
    queue.push(spans(0..3));
    let taken = queue.take();
    queue.push(spans(3..5));
    queue.put_back(taken);
    assert_eq!(counters.spans_dropped.get(), 1, "the oldest has no room");
    assert_eq!(ids(&queue.take()), [1, 2, 3, 4]);
}
