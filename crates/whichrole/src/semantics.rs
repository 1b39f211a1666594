//! What AWS leaves open, as values of a type (section 7 of `docs/semantics.md`). The first choice of each question is the default.

use std::fmt;

use crate::text;

/// Declares the questions: one enum each for its choices, and the table that ties ids to them.
macro_rules! questions {
    ($( $(#[$doc:meta])* $question:ident = $id:literal, $getter:ident {
        $( $(#[$choice_doc:meta])* $choice:ident = $choice_id:literal ),+ $(,)?
    } )+) => {
        /// A question that AWS leaves open.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Question {
            $( $(#[$doc])* $question, )+
        }

        impl Question {
            /// All questions, in the order of the table.
            pub const ALL: &'static [Self] = &[$( Self::$question, )+];

            /// The id that `--assume` takes, such as `array-claims`.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $( Self::$question => $id, )+ }
            }

            /// The ids of the choices, the default first.
            #[must_use]
            pub fn choices(self) -> &'static [&'static str] {
                match self { $( Self::$question => &[$( $choice_id, )+], )+ }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $question {
                $( $(#[$choice_doc])* $choice, )+
            }

            impl $question {
                const ALL: &'static [Self] = &[$( Self::$choice, )+];
            }

            impl From<$question> for Choice {
                fn from(choice: $question) -> Self {
                    let index = $question::ALL.iter().position(|known| *known == choice).unwrap_or_default();
                    Self { question: Question::$question, index: u8::try_from(index).unwrap_or_default() }
                }
            }
        )+

        impl Semantics {
    /// The first choice of every question, and none fixed.
    pub(crate) const DEFAULT: Self = Self { indices: [0; QUESTIONS], assumed: Questions::NONE };

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $getter(&self) -> $question {
                    $question::ALL.get(self.index(Question::$question)).copied().unwrap_or_default()
                }
            )+
        }
    };
}

questions! {
    /// How a rule compares an array claim (R8).
    ArrayClaims = "array-claims", array_claims {
        /// `Contains` holds if some string element has the value as a substring; other operators never match an array.
        #[default]
        ContainsElement = "contains-element",
        /// `Contains` holds if some element equals the value; other operators never match an array.
        Membership = "membership",
        /// `Equals`, `StartsWith` and `Contains` hold if they hold for some string element; `NotEqual` if no element equals the value.
        PerElement = "per-element",
        /// Every operator compares the array's compact JSON text.
        JsonText = "json-text",
        /// Every operator compares the text `[a, b]`.
        ListText = "list-text",
    }
    /// How a rule compares booleans, numbers, objects and null (R9).
    NonStringClaims = "non-string-claims", non_string_claims {
        /// Booleans and numbers by their JSON text; objects never match; null is absent.
        #[default]
        Text = "text",
        /// Only strings and arrays can match.
        Never = "never",
        /// As `text`, and objects by their compact JSON text, null by `null`.
        JsonText = "json-text",
    }
    /// Whether letter case counts in a comparison (R10).
    LetterCase = "letter-case", letter_case {
        /// It counts.
        #[default]
        Sensitive = "sensitive",
        /// Both sides are lower-cased first.
        Insensitive = "insensitive",
    }
    /// What a token with one role and no preferred role gets (T5).
    SoleRole = "sole-role", sole_role {
        /// What the role resolution says.
        #[default]
        RoleResolution = "role-resolution",
        /// That role.
        UseIt = "use-it",
    }
    /// What a mapping without a role resolution does when it needs one (T8).
    MissingRoleResolution = "missing-role-resolution", missing_role_resolution {
        /// As `Deny`.
        #[default]
        Deny = "deny",
        /// As `AuthenticatedRole`.
        AuthenticatedRole = "authenticated-role",
    }
    /// Which roles a request may choose under a mapping of type Rules (R5).
    RulesCustomRole = "rules-custom-role", rules_custom_role {
        /// The role of a rule that matches.
        #[default]
        MatchingRule = "matching-rule",
        /// The role of any rule.
        AnyRule = "any-rule",
        /// None.
        Refuse = "refuse",
    }
    /// What a chosen role does where there is no mapping: no mapping for the login, a guest, a developer identity.
    UnmappedCustomRole = "unmapped-custom-role", unmapped_custom_role {
        /// The request is denied.
        #[default]
        Deny = "deny",
        /// It is as if no role had been chosen.
        Ignore = "ignore",
    }
    /// What a request with several mapped logins gets.
    SeveralLogins = "several-logins", several_logins {
        /// What all of them get alone, else nothing.
        #[default]
        MustAgree = "must-agree",
        /// What any one of them gets alone.
        AnyOne = "any-one",
    }
    /// What becomes of a tag whose claim is absent (P5).
    TagMissingClaim = "tag-missing-claim", tag_missing_claim {
        /// The tag is left out.
        #[default]
        Omit = "omit",
        /// The request fails.
        Fail = "fail",
    }
    /// What becomes of a tag whose claim is not a string (P6).
    TagNonStringClaim = "tag-non-string-claim", tag_non_string_claim {
        /// Arrays and objects fail; booleans and numbers are their text.
        #[default]
        Fail = "fail",
        /// The tag is left out.
        Omit = "omit",
        /// An array gives its first element if that is a string, boolean or number, and nothing if it is empty; else as `fail`.
        FirstElement = "first-element",
    }
    /// What becomes of a tag whose value STS does not allow (P7).
    TagInvalidValue = "tag-invalid-value", tag_invalid_value {
        /// The request fails.
        #[default]
        Fail = "fail",
        /// The tag is left out.
        Omit = "omit",
    }
    /// Which tags a map makes that both uses the defaults and names its own (P3).
    DefaultsWithTags = "defaults-with-tags", defaults_with_tags {
        /// The defaults.
        #[default]
        DefaultsOnly = "defaults-only",
        /// Both; for one key, the map's own.
        Merge = "merge",
        /// Its own.
        CustomOnly = "custom-only",
    }
    /// Whether a role from groups without any precedence becomes `cognito:preferred_role` (G5).
    NullPrecedence = "null-precedence", null_precedence {
        /// It does.
        #[default]
        Set = "set",
        /// It does not.
        Unset = "unset",
    }
    /// What a group without a role does when it is better than every other, and there are two or more roles (G6).
    RolelessGroup = "roleless-group", roleless_group {
        /// It is passed over.
        #[default]
        Skip = "skip",
        /// It leaves `cognito:preferred_role` unset.
        Unset = "unset",
    }
}

/// How many questions there are.
pub(crate) const QUESTIONS: usize = Question::ALL.len();

/// One choice for each question that AWS leaves open.
///
/// ```
/// use whichrole::{ArrayClaims, Question, Semantics};
///
/// let semantics = Semantics::default().assume(ArrayClaims::Membership);
/// assert_eq!(semantics.array_claims(), ArrayClaims::Membership);
/// assert!(semantics.assumed().contains(Question::ArrayClaims));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Semantics {
    indices: [u8; QUESTIONS],
    assumed: Questions,
}

impl Semantics {
    /// Fixes a question. It is then neither explored nor listed among the assumptions: it was chosen.
    #[must_use]
    pub fn assume(mut self, choice: impl Into<Choice>) -> Self {
        let choice = choice.into();
        self.assumed.insert(choice.question);
        self.with(choice)
    }

    /// The same semantics under another choice, the question staying as open as it was.
    #[must_use]
    pub(crate) fn with(mut self, choice: Choice) -> Self {
        if let Some(index) = self.indices.get_mut(choice.question as usize) {
            *index = choice.index;
        }
        self
    }

    /// The same semantics as far as these questions go; the others have their default choices.
    pub(crate) fn only(mut self, questions: Questions) -> Self {
        for (question, index) in Question::ALL.iter().zip(&mut self.indices) {
            if !questions.contains(*question) {
                *index = 0;
            }
        }
        self
    }

    /// The questions that were fixed with [`Semantics::assume`].
    #[must_use]
    pub fn assumed(&self) -> Questions {
        self.assumed
    }

    /// The choice in force for a question.
    #[must_use]
    pub fn choice(&self, question: Question) -> Choice {
        Choice { question, index: u8::try_from(self.index(question)).unwrap_or_default() }
    }

    fn index(&self, question: Question) -> usize {
        self.indices.get(question as usize).copied().unwrap_or_default().into()
    }
}

/// One choice of one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Choice {
    question: Question,
    index: u8,
}

impl Choice {
    /// Finds a choice by the two ids, as in `array-claims=membership`.
    ///
    /// # Errors
    /// A sentence that names the nearest right spelling, or all choices, for `arrayclaims` or `array-claims=some`.
    pub fn parse(question: &str, choice: &str) -> Result<Self, String> {
        let unknown = |what: &str, written: &str, known: &mut dyn Iterator<Item = &'static str>| {
            let known: Vec<&str> = known.collect();
            match text::nearest(written, known.iter().copied()) {
                Some(near) => format!("unknown {what} {}, did you mean `{near}`?", text::quoted(written)),
                None => format!("unknown {what} {}, expected {}", text::quoted(written), text::alternatives(known)),
            }
        };
        let Some(found) = Question::ALL.iter().copied().find(|known| known.id() == question) else {
            return Err(unknown("question", question, &mut Question::ALL.iter().map(|known| known.id())));
        };
        let Some(index) = found.choices().iter().position(|known| *known == choice) else {
            let what = format!("choice for `{}`:", found.id());
            return Err(unknown(&what, choice, &mut found.choices().iter().copied()));
        };
        Ok(Self { question: found, index: u8::try_from(index).unwrap_or_default() })
    }

    /// All choices of a question, the default first.
    pub fn all_of(question: Question) -> impl Iterator<Item = Self> {
        (0_u8..).zip(question.choices()).map(move |(index, _)| Self { question, index })
    }

    /// The question.
    #[must_use]
    pub fn question(self) -> Question {
        self.question
    }

    /// The id of the choice, such as `membership`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.question.choices().get(usize::from(self.index)).copied().unwrap_or_default()
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.question.id(), self.id())
    }
}

/// A set of questions.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Questions(u16);

impl Questions {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Adds a question.
    pub fn insert(&mut self, question: Question) {
        self.0 |= 1 << question as u16;
    }

    /// Whether a question is in the set.
    #[must_use]
    pub fn contains(self, question: Question) -> bool {
        self.0 & (1 << question as u16) != 0
    }

    /// The questions of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The questions of this set that are not in the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The questions, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Question> {
        Question::ALL.iter().copied().filter(move |question| self.contains(*question))
    }

    /// The ids, sorted by letter, as the decision object lists them.
    #[must_use]
    pub fn ids(self) -> Vec<&'static str> {
        let mut ids: Vec<&str> = self.iter().map(Question::id).collect();
        ids.sort_unstable();
        ids
    }
}

impl FromIterator<Question> for Questions {
    fn from_iter<I: IntoIterator<Item = Question>>(questions: I) -> Self {
        questions.into_iter().fold(Self::NONE, |all, question| all.union(question.into()))
    }
}

impl From<Question> for Questions {
    fn from(question: Question) -> Self {
        let mut set = Self::NONE;
        set.insert(question);
        set
    }
}

impl fmt::Debug for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_choice_is_the_default() {
        for question in Question::ALL {
            assert_eq!(Semantics::default().choice(*question).id(), question.choices()[0]);
        }
        assert_eq!(Semantics::default().array_claims(), ArrayClaims::ContainsElement);
        assert_eq!(Choice::from(ArrayClaims::ListText).to_string(), "array-claims=list-text");
    }

    #[test]
    fn a_misspelled_choice_gets_the_nearest_one() {
        assert_eq!(Choice::parse("array-claims", "membership"), Ok(ArrayClaims::Membership.into()));
        assert_eq!(
            Choice::parse("arrayclaims", "x").unwrap_err(),
            "unknown question `arrayclaims`, did you mean `array-claims`?"
        );
        assert_eq!(
            Choice::parse("sole-role", "maybe").unwrap_err(),
            "unknown choice for `sole-role`: `maybe`, expected `role-resolution` or `use-it`"
        );
    }
}
