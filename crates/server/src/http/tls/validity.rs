//! From when until when a certificate is valid, read from its bytes. Only what a warning needs: the
//! clients judge the rest.

use crate::calendar::Moment;

/// Seconds since 1970, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// None when the bytes are not a certificate.
pub(crate) fn of_certificate(der: &[u8]) -> Option<Validity> {
    let mut outer = Reader(der);
    let mut certificate = Reader(outer.expect(SEQUENCE)?);
    let mut signed = Reader(certificate.expect(SEQUENCE)?);
    if signed.peek() == Some(EXPLICIT_VERSION) {
        signed.next()?;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        signed.next()?;
    }
    let mut validity = Reader(signed.expect(SEQUENCE)?);
    Some(Validity { from: validity.time()?, until: validity.time()? })
}

/// Reads tag, length and content of one value after another.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            0..=0x7F => (first as usize, rest),
            // The number of bytes of the length; more than three would be gigabytes.
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked((first & 0x7F) as usize)?;
                (digits.iter().fold(0, |length, &digit| length << 8 | digit as usize), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
    fn time(&mut self) -> Option<i64> {
        let (tag, content) = self.next()?;
        let digits = content.strip_suffix(b"Z")?;
        let two = |at: usize| {
            let &[tens, ones] = digits.get(at..at + 2)?.first_chunk()?;
            let are_digits = tens.is_ascii_digit() && ones.is_ascii_digit();
            are_digits.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        };
        let (year, rest) = match (tag, digits.len()) {
            // Two digits are those of 1950 to 2049.
            (UTC_TIME, 12) => (two(0).map(|year| if year < 50 { 2000 + year } else { 1900 + year })?, 2),
            (GENERALIZED_TIME, 14) => (two(0)? * 100 + two(2)?, 4),
            _ => return None,
        };
        let [month, day, hour, minute, second] =
            [two(rest)?, two(rest + 2)?, two(rest + 4)?, two(rest + 6)?, two(rest + 8)?];
        Moment { year, month, day, hour, minute, second }.seconds()
    }
}

#[cfg(test)]
mod tests;
