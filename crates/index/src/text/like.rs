/// A pattern that is looked for anywhere in a text: `%` stands for any text, `_` for any one character.
///
/// This is what SQL's `LIKE '%pattern%'` means, and with it `$contains` of `/api/v1`; case counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikePattern {
    /// What stands between the `%` signs; each part is found after the one before it.
    parts: Vec<Vec<Token>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    AnyChar,
}

impl LikePattern {
    /// Parses `pattern`; every text is a pattern.
    pub fn new(pattern: &str) -> Self {
        let token = |character| if character == '_' { Token::AnyChar } else { Token::Char(character) };
        let parts = pattern.split('%').filter(|part| !part.is_empty());
        Self { parts: parts.map(|part| part.chars().map(token).collect()).collect() }
    }

    /// Whether some part of `text` is as the pattern says.
    ///
    /// Taking the first place for each part is enough: a later one leaves less text for the rest.
    pub fn is_contained_in(&self, text: &str) -> bool {
        let mut rest = text;
        self.parts.iter().all(|part| match find(part, rest) {
            Some(end) => {
                rest = &rest[end..];
                true
            }
            None => false,
        })
    }
}

/// Byte offset behind the first place in `text` where `part` stands.
fn find(part: &[Token], text: &str) -> Option<usize> {
    let mut starts = text.char_indices().map(|(start, _)| start).chain(std::iter::once(text.len()));
    starts.find_map(|start| end_of_match(part, &text[start..]).map(|len| start + len))
}

/// Bytes that `part` covers at the start of `text`.
fn end_of_match(part: &[Token], text: &str) -> Option<usize> {
    let mut characters = text.chars();
    for token in part {
        let character = characters.next()?;
        if *token != Token::AnyChar && *token != Token::Char(character) {
            return None;
        }
    }
    Some(text.len() - characters.as_str().len())
}
