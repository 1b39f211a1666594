//! The formats that configurations come in.

use super::node::Node;
#[cfg(feature = "hcl")]
use super::terraform;
use super::{cloudformation, pulumi};

/// A configuration format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// What the API and the AWS CLI print and take, as JSON or YAML.
    ApiJson,
    /// CloudFormation, and what makes it: SAM, the CDK, Amplify, Serverless.
    CloudFormation,
    /// Terraform and OpenTofu modules (HCL).
    Terraform,
    /// `terraform show -json` of a plan or a state, and raw state.
    TerraformPlan,
    /// Pulumi programs in YAML, and exported stacks.
    Pulumi,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::ApiJson, Self::CloudFormation, Self::Terraform, Self::TerraformPlan, Self::Pulumi];

    /// The name that people write.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ApiJson => "api-json",
            Self::CloudFormation => "cloudformation",
            Self::Terraform => "terraform",
            Self::TerraformPlan => "terraform-plan",
            Self::Pulumi => "pulumi",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format that shows in a tree.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        #[cfg(feature = "hcl")]
        if terraform::is_plan(node) {
            return Some(Self::TerraformPlan);
        } else if terraform::is_json_syntax(node) {
            return Some(Self::Terraform);
        }
        if pulumi::recognises(node) {
            Some(Self::Pulumi)
        } else {
            cloudformation::recognises(node).then_some(Self::CloudFormation)
        }
    }
}
