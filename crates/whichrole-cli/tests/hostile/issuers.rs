//! Issuers that are nearly the right one (HI-34).

use crate::harness::{PROVIDER, whichrole};

/// The only issuers of the test data's user pool; the second is its newer form.
const GOOD: [&str; 2] = [
    "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
    "https://issuer-cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
];

#[test]
fn hi_34_an_issuer_is_compared_to_the_letter() {
    let eval = |issuer: &str| {
        let claims = serde_json::json!({"iss": issuer, "cognito:groups": ["admins"]}).to_string();
        whichrole(["eval", "pools/api/app-pool.json", "-", "--provider", PROVIDER]).input(claims).run()
    };
    for issuer in GOOD {
        eval(issuer).exits(0);
    }
    for issuer in [
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1/",
        "https://Cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
        "HTTPS://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
        "http://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
        "https://cognito-idp.us-east-1.amazonaws.com.evil/us-east-1_EXAMPLE1",
        "https://evil@cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
        "https://cognito-idp.us-east-1.amazonaws.com@evil/us-east-1_EXAMPLE1",
        "https://cognito-idp.us-east-1.amazonaws.com:443/us-east-1_EXAMPLE1",
        "https://cognito-idp.us-west-2.amazonaws.com/us-east-1_EXAMPLE1",
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE2",
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example1",
        "https://c\u{43e}gnito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
        " https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1",
        "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE1#x",
        "https://issuer-cognito-idp.us-west-2.amazonaws.com/us-east-1_EXAMPLE1",
        "",
    ] {
        let outcome = eval(issuer);
        assert!(matches!(outcome.code, Some(1 | 2)) && outcome.stdout.is_empty(), "{issuer}: {}", outcome.stdout);
        let said = "Issuer doesn't match providerName";
        assert!(outcome.code == Some(2) || outcome.stderr.contains(said), "{issuer}: {}", outcome.stderr);
    }
}
