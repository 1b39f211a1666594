//! The regions of AWS, as far as they are known here.

/// The regions that AWS had when this was written. A new one is missing, so that a region is none of these is never an error.
const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Whether AWS is known to have a region of this name. The regions of the `iso` partitions are not listed and count as known.
pub(crate) fn is_known(region: &str) -> bool {
    REGIONS.contains(&region) || region.contains("-iso")
}

/// Whether a text is written as a region is, known or not: `us-central-1`, `eu-west2`; not `<region>`, `$REGION` or `your-region`.
pub(crate) fn is_written_as_one(text: &str) -> bool {
    text.contains('-')
        && text.ends_with(|last: char| last.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// How the names of a partition's regions begin; all others are of `aws`.
const PARTITIONS: &[(&str, &str)] = &[
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// The partition of a region; none of a reference, nor of an `iso` region that is new.
pub(crate) fn partition(region: &str) -> Option<&'static str> {
    let listed = PARTITIONS.iter().find(|(begin, _)| region.starts_with(begin));
    match listed {
        Some((_, partition)) => Some(partition),
        None if region.contains("${") || region.contains("-iso") => None,
        None => Some("aws"),
    }
}

/// Whether a text is the name of a partition; those of new `iso` partitions count.
pub(crate) fn is_partition(text: &str) -> bool {
    text == "aws" || text.starts_with("aws-iso") || PARTITIONS.iter().any(|(_, partition)| *partition == text)
}

/// The known region that differs in hyphens alone.
pub(crate) fn nearest(text: &str) -> Option<&'static str> {
    let letters = |region: &str| region.replace('-', "");
    REGIONS.iter().copied().find(|region| letters(region) == letters(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_of_one_partition() {
        for (region, of) in [
            ("eu-west-1", Some("aws")),
            ("us-central-1", Some("aws")),
            ("cn-north-1", Some("aws-cn")),
            ("us-gov-east-1", Some("aws-us-gov")),
            ("us-iso-west-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("us-isox-east-1", None),
            ("${AWS::Region}", None),
        ] {
            assert_eq!(partition(region), of, "{region}");
            assert!(of.is_none_or(is_partition), "{region}");
        }
        assert!(is_partition("aws-iso-x") && !is_partition("awss") && !is_partition("AWS"));
    }

    #[test]
    fn a_region_is_known_or_at_least_written_as_one() {
        assert!(is_known("eu-west-2") && is_known("us-iso-east-1") && !is_known("us-central-1"));
        assert!(is_written_as_one("us-central-1") && is_written_as_one("eu-west2"));
        for other in ["<region>", "$REGION", "your-region", "REGION-1", "abc1", ""] {
            assert!(!is_written_as_one(other), "{other}");
        }
        assert_eq!((nearest("eu-west2"), nearest("us-central-1")), (Some("eu-west-2"), None));
    }
}
