//! Public keys that are well formed and must not be trusted all the same.

/// What is wrong with an RSA modulus.
pub(super) fn modulus_faults(n: &[u8]) -> impl Iterator<Item = &'static str> {
    let significant = n.first().map_or(0, |first| 8 - first.leading_zeros() as usize);
    let bits = n.len().saturating_sub(1) * 8 + significant;
    let faults = [
        (n.first() == Some(&0), "`n` begins with a zero byte"),
        (bits < 2048, "`n` is shorter than 2048 bits"),
        (bits > 4096, "`n` is longer than 4096 bits"),
        (n.last().is_none_or(|last| last % 2 == 0), "`n` is even"),
        (
            bits >= 2048 && has_roca_fingerprint(n),
            "`n` has the fingerprint of ROCA (CVE-2017-15361): its private key can be found",
        ),
    ];
    faults.into_iter().filter(|(is_so, _)| *is_so).map(|(_, fault)| fault)
}

/// What is wrong with an RSA exponent.
pub(super) fn exponent_fault(e: &[u8]) -> Option<&'static str> {
    match e {
        [] | [0, ..] => Some("`e` is empty or begins with a zero byte"),
        _ if e.len() > 4 => Some("`e` is longer than 32 bits"),
        [1 | 2] => Some("`e` is less than 3"),
        [.., last] if last % 2 == 0 => Some("`e` is even"),
        _ => None,
    }
}

/// Whether a modulus was made by the faulty chips of 2012 to 2017, which built primes from powers of 65537: it is then such a power modulo
/// every small prime. By chance that happens to one key in 2^27 or fewer.
fn has_roca_fingerprint(n: &[u8]) -> bool {
    const PRIMES: [u32; 38] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
        109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ];
    PRIMES.iter().all(|prime| {
        let rest = n.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime);
        let mut power = 1;
        loop {
            if power == rest {
                return true;
            }
            power = power * (65_537 % prime) % prime;
            if power == 1 {
                return false;
            }
        }
    })
}

/// The points of order 8 of the curve of Ed25519, without the sign.
#[rustfmt::skip]
const OF_ORDER_8: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Whether an Ed25519 key is one of the eight points, in all their spellings, for which signatures can be made without any private key.
pub(super) fn is_of_small_order(x: &[u8]) -> bool {
    let Some((last, front)) = x.split_last() else { return false };
    let Some((first, middle)) = front.split_first() else { return false };
    // The highest bit is the sign of the other coordinate.
    let last = last & 0x7f;
    let is_near_zero = *first <= 1 && middle.iter().all(|byte| *byte == 0) && last == 0;
    // p - 1, p and p + 1.
    let is_near_p = (0xec..=0xee).contains(first) && middle.iter().all(|byte| *byte == 0xff) && last == 0x7f;
    is_near_zero || is_near_p || OF_ORDER_8.iter().any(|point| point.ends_with(&[last]) && point.starts_with(front))
}
