//! Unpadded base64url, strictly: no padding, no blanks, no bits left over, so that every text has one spelling.

/// What is not a character of the alphabet; no sextet has this bit.
const BAD: u8 = 0x80;

/// The six bits of each character.
#[expect(clippy::indexing_slicing, reason = "it is computed by the compiler")]
const SEXTETS: [u8; 256] = {
    let mut sextets = [BAD; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        sextets[byte as usize] = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => BAD,
        };
        byte += 1;
    }
    sextets
};

#[inline]
fn sextet(byte: u8) -> u8 {
    SEXTETS.get(usize::from(byte)).copied().unwrap_or(BAD)
}

/// Decodes a text. The error is the offset of the first wrong character.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for (number, chunk) in text.as_bytes().chunks(4).enumerate() {
        let start = number * 4;
        let mut bits = 0;
        for (n, byte) in chunk.iter().enumerate() {
            let sextet = sextet(*byte);
            if sextet == BAD {
                return Err(start + n);
            }
            bits = bits << 6 | u32::from(sextet);
        }
        // The bits of a short last chunk that belong to no byte must be zero.
        let (bytes, spare) = match chunk.len() {
            4 => (3, 0),
            3 => (2, 2),
            2 => (1, 4),
            _ => return Err(start),
        };
        if bits & ((1 << spare) - 1) != 0 {
            return Err(start + chunk.len() - 1);
        }
        let whole = (bits >> spare).to_be_bytes();
        out.extend(whole.iter().skip(4 - bytes));
    }
    Ok(out)
}

/// Decodes many texts.
#[derive(Debug, Clone)]
pub(crate) struct Decoder {
    #[cfg(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64")))]
    engine: base64::engine::Simd,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            #[cfg(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64")))]
            engine: base64::engine::Simd::url_safe(base64::engine::general_purpose::NO_PAD),
        }
    }
}

impl Decoder {
    /// Decodes a text into `out`, in place of what was there; `None` where [`decode`] has an error.
    #[cfg(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(crate) fn decode(&self, text: &str, out: &mut Vec<u8>) -> Option<()> {
        out.clear();
        base64::Engine::decode_vec(&self.engine, text, out).ok()
    }

    /// Decodes a text into `out`, in place of what was there; `None` where [`decode`] has an error.
    #[cfg(not(all(feature = "simd", any(target_arch = "x86_64", target_arch = "aarch64"))))]
    #[expect(clippy::unused_self, reason = "the other one needs it")]
    pub(crate) fn decode(&self, text: &str, out: &mut Vec<u8>) -> Option<()> {
        let (chunks, rest) = text.as_bytes().as_chunks::<8>();
        out.clear();
        out.resize(chunks.len() * 6, 0);
        let mut all = 0;
        for (chunk, to) in chunks.iter().zip(out.as_chunks_mut::<6>().0) {
            let mut bits = 0;
            for byte in chunk {
                let sextet = sextet(*byte);
                all |= sextet;
                bits = bits << 6 | u64::from(sextet);
            }
            let [_, _, bytes @ ..] = bits.to_be_bytes();
            *to = bytes;
        }
        // Whole chunks of eight leave no bits over, so the rest is a text of its own.
        out.extend(decode(std::str::from_utf8(rest).ok()?).ok()?);
        (all & BAD == 0).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(bytes: &[u8]) -> String {
        use base64::Engine as _;
        base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    #[test]
    fn base64url_has_one_spelling() {
        for length in 0..40_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(37)).collect();
            assert_eq!(decode(&encode(&bytes)), Ok(bytes));
        }
        assert_eq!(decode("QQ=="), Err(2));
        assert_eq!(decode("Q"), Err(0));
        assert_eq!(decode("QR"), Err(1), "the last four bits are not zero");
        assert_eq!(decode("ab+d"), Err(2));
        assert_eq!(decode("ab d"), Err(2));
    }

    #[test]
    fn both_agree() {
        let (decoder, mut out) = (Decoder::default(), Vec::new());
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(91) ^ 0xa5).collect();
            let text = encode(&bytes);
            for at in 0..=text.len() {
                for other in ["", "A", "-", "_", "=", "+", "/", " ", "\u{1}", "@", "[", "`", "{", "é"] {
                    let mut text = text.clone();
                    if at < text.len() {
                        text.remove(at);
                    }
                    text.insert_str(at, other);
                    let strict = decode(&text).ok();
                    let fast = decoder.decode(&text, &mut out).map(|()| out.clone());
                    assert_eq!(fast, strict, "{text}");
                }
            }
        }
    }
}
