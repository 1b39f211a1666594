variable "mappings" {
  type = list(object({
    provider   = optional(string)
    type       = string
    resolution = optional(string, "Deny")
    rules = list(object({
      claim = string
      op    = optional(string, "Equals")
      value = string
      role  = string
    }))
  }))

  default = [{
    type = "Rules"
    rules = [
      { claim = "cognito:groups", op = "Contains", value = "admins", role = "admin" },
      { claim = "custom:dept", value = "news", role = "editor" },
      { claim = "email", op = "StartsWith", value = "press@", role = "editor" },
    ]
  }]
}

locals {
  users = aws_cognito_user_pool.users[0]
  roles = { admin = aws_iam_role.admin, editor = aws_iam_role.editor }
}

resource "aws_cognito_user_pool" "users" {
  count = 1
  name  = "users"
}

resource "aws_cognito_user_pool_client" "web" {
  name         = "web"
  user_pool_id = local.users.id
}

resource "aws_cognito_identity_pool" "app_pool" {
  count                            = length(var.mappings) > 0 ? 1 : 0
  identity_pool_name               = "app"
  allow_unauthenticated_identities = true

  cognito_identity_providers {
    provider_name = local.users.endpoint
    client_id     = aws_cognito_user_pool_client.web.id
  }
}

resource "aws_iam_role" "admin" { assume_role_policy = "{}" }
resource "aws_iam_role" "editor" { assume_role_policy = "{}" }
resource "aws_iam_role" "reader" { assume_role_policy = "{}" }
resource "aws_iam_role" "guest" { assume_role_policy = "{}" }

resource "aws_cognito_identity_pool_roles_attachment" "app_pool" {
  count            = length(aws_cognito_identity_pool.app_pool)
  identity_pool_id = aws_cognito_identity_pool.app_pool[count.index].id
  roles            = { authenticated = aws_iam_role.reader.arn, unauthenticated = join("", aws_iam_role.guest.*.arn) }

  dynamic "role_mapping" {
    for_each = var.mappings
    iterator = mapping
    content {
      identity_provider         = try(mapping.value.provider.name, "${local.users.endpoint}:${aws_cognito_user_pool_client.web.id}")
      type                      = mapping.value.type
      ambiguous_role_resolution = lookup(mapping.value, "resolution", null)

      dynamic "mapping_rule" {
        for_each = { for n, rule in mapping.value["rules"] : format("%02d", n) => rule }
        content {
          claim      = mapping_rule.value.claim
          match_type = mapping_rule.value.op
          value      = mapping_rule.value.value
          role_arn   = lookup(local.roles, mapping_rule.value.role).arn
        }
      }
    }
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "web" {
  for_each               = { (local.users.name) = { department = "custom:dept", user = "sub" } }
  identity_pool_id       = one(aws_cognito_identity_pool.app_pool[*].id)
  identity_provider_name = local.users.endpoint
  use_defaults           = false
  principal_tags         = each.value
}

resource "aws_cognito_user_group" "this" {
  count        = 3
  name         = ["admins", "writers", "readers"][count.index]
  user_pool_id = local.users.id
  role_arn     = [local.roles.admin.arn, local.roles.editor.arn, null][count.index]
  precedence   = count.index == 2 ? null : count.index * 10
}
