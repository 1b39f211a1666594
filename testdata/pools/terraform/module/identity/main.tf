variable "user_pool" {
  type = object({ endpoint = string, client_id = string })
}

variable "rules" {
  type = list(map(string))
}

variable "resolution" {
  default = "Deny"
}

resource "aws_cognito_identity_pool" "app_pool" {
  identity_pool_name               = "app"
  allow_unauthenticated_identities = true

  cognito_identity_providers {
    provider_name = var.user_pool.endpoint
    client_id     = var.user_pool.client_id
  }
}

resource "aws_iam_role" "this" {
  for_each           = { admin = "Admin", editor = "Editor", reader = "Reader", guest = "Guest" }
  name               = each.value
  assume_role_policy = "{}"
}

resource "aws_cognito_identity_pool_roles_attachment" "app_pool" {
  identity_pool_id = aws_cognito_identity_pool.app_pool.id

  roles = {
    authenticated   = aws_iam_role.this["reader"].arn
    unauthenticated = aws_iam_role.this["guest"].arn
  }

  role_mapping {
    identity_provider         = "${var.user_pool.endpoint}:${var.user_pool.client_id}"
    type                      = "Rules"
    ambiguous_role_resolution = var.resolution

    dynamic "mapping_rule" {
      for_each = var.rules
      content {
        claim      = mapping_rule.value.claim
        match_type = mapping_rule.value.match_type
        value      = mapping_rule.value.value
        role_arn   = aws_iam_role.this[mapping_rule.value.role].arn
      }
    }
  }
}

output "pool_id" {
  value = aws_cognito_identity_pool.app_pool.id
}

output "role_arns" {
  value = { for name, role in aws_iam_role.this : name => role.arn }
}
