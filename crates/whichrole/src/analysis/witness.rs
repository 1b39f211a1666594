//! A request that shows that something can happen, as small as it can be.

use std::cmp::Ordering;
use std::sync::Arc;

use serde::ser::{Error, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::claims::Claims;

/// A request: a login of a provider with some claims, perhaps choosing a role. It has been put to the evaluator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The role-mapping key of the login (what `--provider` takes); `None` for a guest.
    pub provider: Option<Arc<str>>,
    /// The claims, and only those that matter.
    pub claims: Claims<'static>,
    /// The role that the request chooses, if it does.
    pub custom_role_arn: Option<String>,
}

impl Witness {
    /// How large the request is: how many claims, then how many characters they take as JSON.
    pub(crate) fn size(&self) -> (usize, usize, String) {
        let json = self.claims.to_json();
        (self.claims.iter().count(), json.chars().count(), json)
    }

    /// How many claims, and how many characters they take as JSON.
    pub(crate) fn extent(&self) -> (usize, usize) {
        let (claims, characters, _) = self.size();
        (claims, characters)
    }

    /// The smaller request first; among equals the order of their text.
    pub(crate) fn cmp_size(&self, other: &Self) -> Ordering {
        self.size().cmp(&other.size()).then_with(|| self.provider.cmp(&other.provider))
    }
}

/// `{"provider": …, "claims": {…}}`
impl Serialize for Witness {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Witness", 2)?;
        object.serialize_field("provider", &self.provider)?;
        object.serialize_field("claims", &ClaimsJson(&self.claims))?;
        object.end()
    }
}

/// Claims as the JSON they were written as.
pub(crate) struct ClaimsJson<'c>(pub(crate) &'c Claims<'static>);

impl Serialize for ClaimsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.0.iter() {
            let value = RawValue::from_string(value.to_json()).map_err(S::Error::custom)?;
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}
