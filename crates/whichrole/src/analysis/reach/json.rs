//! What can be reached, as the JSON of `who`.

use std::collections::BTreeSet;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::{GroupSets, Reach, RoleReach, RuleReach, Unmapped, Verdict, Way};

impl Serialize for Reach {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let providers = self.roles.iter().flat_map(|role| &role.by).filter_map(|way| way.provider.as_deref());
        let providers: BTreeSet<&str> = providers.chain(self.rules.iter().map(|rule| &*rule.provider)).collect();
        let several = providers.len() > 1;
        let roles: Vec<RoleJson<'_>> = self.roles.iter().map(|role| RoleJson { role, several }).collect();
        let mut object = serializer.serialize_struct("Reach", 6)?;
        object.serialize_field("roles", &roles)?;
        object.serialize_field("rules", &self.rules)?;
        object.serialize_field("unmapped", &self.unmapped)?;
        object.serialize_field("groups", &self.groups)?;
        object.serialize_field("domain", &self.domain)?;
        if let Some(reference) = &self.guests_depend_on {
            object.serialize_field("guests_depend_on", reference)?;
        }
        object.end()
    }
}

/// One role as JSON.
impl Serialize for RoleReach {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let several = self.by.iter().any(|way| self.by.first().is_some_and(|first| first.provider != way.provider));
        RoleJson { role: self, several }.serialize(serializer)
    }
}

struct RoleJson<'r> {
    role: &'r RoleReach,
    /// Whether a rule's number alone does not tell which rule is meant.
    several: bool,
}

impl Serialize for RoleJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let role = self.role;
        let ways: Vec<WayJson<'_>> = role.by.iter().map(|way| WayJson { way, several: self.several }).collect();
        let custom = role.by_custom_role.as_ref().and_then(Verdict::witness);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", &role.role)?;
        map.serialize_entry("reachable", &role.verdict.is_live())?;
        map.serialize_entry("witness", &role.verdict.witness())?;
        map.serialize_entry("by", &ways)?;
        map.serialize_entry("by_custom_role", &custom.is_some())?;
        if let Some(witness) = custom {
            map.serialize_entry("custom_witness", witness)?;
        }
        if role.unknown_groups {
            map.serialize_entry("unknown_groups", &true)?;
        }
        if let Verdict::NotDecided(why) = &role.verdict {
            map.serialize_entry("not_decided", &why.to_string())?;
        }
        if let Some(when) = &role.when {
            map.serialize_entry("when", when)?;
            let by: Vec<WhenBy<'_>> = when.iter().map(|way| WhenBy { provider: way.provider.as_deref() }).collect();
            map.serialize_entry("when_by", &by)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct WhenBy<'w> {
    provider: Option<&'w str>,
}

struct WayJson<'w> {
    way: &'w Way,
    several: bool,
}

impl Serialize for WayJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("source", self.way.source.id())?;
        map.serialize_entry("rule", &self.way.source.rule())?;
        if self.several {
            map.serialize_entry("provider", &self.way.provider)?;
        }
        map.end()
    }
}

impl Serialize for RuleReach {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("provider", &self.provider)?;
        map.serialize_entry("rule", &self.rule)?;
        map.serialize_entry("live", &self.verdict.is_live())?;
        map.serialize_entry("blocked_by", &self.blocked_by)?;
        map.serialize_entry("witness", &self.verdict.witness())?;
        if self.unknown_groups {
            map.serialize_entry("unknown_groups", &true)?;
        }
        if let Verdict::NotDecided(why) = &self.verdict {
            map.serialize_entry("not_decided", &why.to_string())?;
        }
        map.end()
    }
}

impl Serialize for Unmapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Unmapped", 3)?;
        object.serialize_field("decision", if self.role.is_some() { "assume" } else { "deny" })?;
        object.serialize_field("role", &self.role)?;
        object.serialize_field("deny", &self.deny)?;
        object.end()
    }
}

impl Serialize for GroupSets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("GroupSets", 3)?;
        object.serialize_field("provider", &self.provider)?;
        object.serialize_field("role", &self.role)?;
        object.serialize_field("sets", &self.sets)?;
        object.end()
    }
}
