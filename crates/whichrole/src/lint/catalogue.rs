//! Every lint with its page. The pages are in `pages/`; `docs/lints` shows them.

use super::Severity;

/// A lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lint {
    /// Its name, as in `allow(<id>)`.
    pub id: &'static str,
    /// How bad its findings are, most of the time.
    pub severity: Severity,
    /// Its page, in Markdown.
    pub page: &'static str,
}

/// Declares the lints, each with the page of its name.
macro_rules! lints {
    ($( $severity:ident $id:literal )+) => {
        /// All lints: what AWS rejects, logic, security, trust policies, tags, suppressions.
        pub const LINTS: &[Lint] = &[$( Lint {
            id: $id,
            severity: Severity::$severity,
            page: include_str!(concat!("pages/", $id, ".md")),
        }, )+];
    };
}

lints! {
    Error "unknown-match-type"
    Error "unknown-mapping-type"
    Error "unknown-role-resolution"
    Error "too-many-rules"
    Error "too-many-mappings"
    Error "claim-name"
    Error "value-length"
    Error "role-arn"
    Error "roles-key"
    Error "provider-without-client"
    Error "provider-is-url"
    Error "provider-developer"
    Error "provider-not-configured"
    Error "duplicate-provider"
    Error "two-attachments"
    Error "unknown-field"
    Error "unknown-resource-type"
    Error "undeclared-reference"
    Error "unreadable"
    Error "duplicate-key"
    Error "unresolved-value"
    Error "tag-limits"
    Warning "missing-role-resolution"
    Warning "rules-without-rules"
    Warning "token-with-rules"
    Error "shadowed-rule"
    Error "rule-never-matches"
    Warning "duplicate-rule"
    Warning "mapping-without-effect"
    Warning "role-unreachable"
    Warning "not-equal-misses-absent"
    Warning "overlapping-groups"
    Info "literal-pattern"
    Info "case-near-miss"
    Warning "ambiguous-precedence"
    Warning "null-precedence"
    Warning "group-role-without-token-mapping"
    Warning "docs-placeholder"
    Info "depends-on-open-question"
    Error "user-writable-claim"
    Warning "unverified-email"
    Warning "guest-role"
    Error "same-role-for-guests"
    Info "role-resolution-authenticated"
    Warning "classic-flow-open"
    Error "trust-principal"
    Error "trust-action"
    Error "trust-aud"
    Error "trust-amr"
    Error "trust-tag-session"
    Error "trust-source-ip"
    Error "trust-no-condition"
    Error "role-other-account"
    Error "group-role-is-policy"
    Warning "tag-missing-source"
    Warning "tag-non-string"
    Warning "tag-defaults-with-custom"
    Error "tag-charset"
    Error "tag-key-collision"
    Error "tag-provider-with-client"
    Warning "unused-allow"
}

/// The lint of this name.
#[must_use]
pub fn lint_named(id: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.id == id)
}

impl Lint {
    /// The title of its page, in one line.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.page.lines().find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default()
    }
}
