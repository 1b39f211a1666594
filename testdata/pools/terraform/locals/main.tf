locals {
  provider = join(":", [local.login, aws_cognito_user_pool_client.web.id])
  login    = aws_cognito_user_pool.users.endpoint

  # In order: the first that matches decides.
  rules = concat(
    [["cognito:groups", "Contains", one([for name, group in local.groups : name if group.precedence == 0]), "admin"]],
    [for test in ["custom:dept Equals news", "email StartsWith press@"] : concat(split(" ", test), ["editor"])],
  )

  groups = {
    admins  = { role = "admin", precedence = 0 }
    writers = { role = "editor", precedence = 10 }
    readers = { role = null, precedence = null }
  }

  base_tags = { department = "custom:wrong", user = "sub" }
}

resource "aws_cognito_user_pool" "users" { name = "users" }

resource "aws_cognito_user_pool_client" "web" {
  name         = "web"
  user_pool_id = aws_cognito_user_pool.users.id
}

resource "aws_cognito_identity_pool" "app_pool" {
  identity_pool_name               = "app"
  allow_unauthenticated_identities = !false

  dynamic "cognito_identity_providers" {
    for_each = [aws_cognito_user_pool_client.web.id]
    content {
      provider_name = local.login
      client_id     = cognito_identity_providers.value
    }
  }
}

resource "aws_iam_role" "this" {
  for_each           = toset(["admin", "editor", "reader", "guest"])
  name               = title(each.key)
  assume_role_policy = file("${path.module}/trust.json")
}

resource "aws_cognito_identity_pool_roles_attachment" "app_pool" {
  identity_pool_id = aws_cognito_identity_pool.app_pool.id
  roles            = { for who, name in { authenticated = "reader", unauthenticated = "guest" } : who => aws_iam_role.this[name].arn }

  role_mapping {
    identity_provider         = local.provider
    type                      = "Rules"
    ambiguous_role_resolution = "Deny"

    dynamic "mapping_rule" {
      for_each = local.rules
      content {
        claim      = mapping_rule.value[0]
        match_type = mapping_rule.value[1]
        value      = element(mapping_rule.value, 2)
        role_arn   = { for key, role in aws_iam_role.this : key => role.arn }[mapping_rule.value[3]]
      }
    }
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "web" {
  identity_pool_id       = aws_cognito_identity_pool.app_pool.id
  identity_provider_name = local.login
  use_defaults           = false
  principal_tags         = merge(local.base_tags, { department = format("custom:%s", "dept") })
}

resource "aws_cognito_user_group" "this" {
  for_each     = local.groups
  name         = each.key
  user_pool_id = aws_cognito_user_pool.users.id
  role_arn     = each.value.role == null ? null : aws_iam_role.this[each.value.role].arn
  precedence   = each.value.precedence
}
