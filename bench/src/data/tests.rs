use super::{DataSizes, Dataset, VOCABULARY, push_word};

const SIZES: DataSizes = DataSizes { records: 300, dimensions: 32, queries: 20, seed: 7 };

#[test]
fn the_same_seed_gives_the_same_data_and_another_seed_other_data() {
    let (first, second) = (Dataset::generate(SIZES), Dataset::generate(SIZES));
    let other = Dataset::generate(DataSizes { seed: 8, ..SIZES });
    assert_eq!(first.vectors, second.vectors);
    assert_eq!(first.queries, second.queries);
    assert_eq!((first.document(5), first.fields(5)), (second.document(5), second.fields(5)));
    assert_ne!(first.vectors, other.vectors);
    assert_ne!(first.document(5), other.document(5));
}

#[test]
fn vectors_have_length_one_and_queries_are_no_records() {
    let data = Dataset::generate(SIZES);
    for row in data.vectors.chunks_exact(32).chain(data.queries.chunks_exact(32)) {
        let norm: f32 = row.iter().map(|value| value * value).sum();
        assert!((norm - 1.0).abs() < 1e-5, "norm=`{norm}`");
    }
    assert_eq!(data.vector(17), data.vectors[17 * 32..18 * 32]);
    assert!(data.vectors.chunks_exact(32).all(|row| row != data.query(0)));
}

#[test]
fn a_field_takes_the_number_of_values_in_its_name() {
    let data = Dataset::generate(SIZES);
    let share = (0..10_000).filter(|&index| data.fields(index).c100 == 7).count();
    assert!((60..140).contains(&share), "records with c100=7 of 10000: `{share}`");
}

#[test]
fn words_of_the_vocabulary_differ() {
    let words: std::collections::HashSet<String> = (0..VOCABULARY)
        .map(|number| {
            let mut word = String::new();
            push_word(&mut word, number);
            word
        })
        .collect();
    assert_eq!(words.len() as u64, VOCABULARY);
}
