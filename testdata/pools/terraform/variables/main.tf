resource "aws_cognito_user_pool" "users" {
  name = "users"
}

resource "aws_cognito_user_pool_client" "web" {
  name         = "web"
  user_pool_id = aws_cognito_user_pool.users.id
}

resource "aws_cognito_identity_pool" "app_pool" {
  identity_pool_name               = "app"
  allow_unauthenticated_identities = var.guests

  cognito_identity_providers {
    provider_name = "cognito-idp.${var.region}.amazonaws.com/${aws_cognito_user_pool.users.id}"
    client_id     = aws_cognito_user_pool_client.web.id
  }
}

resource "aws_iam_role" "admin" { assume_role_policy = "{}" }
resource "aws_iam_role" "editor" { assume_role_policy = "{}" }
resource "aws_iam_role" "reader" { assume_role_policy = "{}" }
resource "aws_iam_role" "guest" { assume_role_policy = "{}" }

resource "aws_cognito_identity_pool_roles_attachment" "app_pool" {
  identity_pool_id = aws_cognito_identity_pool.app_pool.id
  roles = merge(
    { authenticated = aws_iam_role.reader.arn },
    var.guests ? { unauthenticated = aws_iam_role.guest.arn } : {},
  )

  role_mapping {
    identity_provider         = format("cognito-idp.%s.amazonaws.com/%s:%s", var.region, aws_cognito_user_pool.users.id, aws_cognito_user_pool_client.web.id)
    type                      = var.admin_group != "" ? "Rules" : "Token"
    ambiguous_role_resolution = "Deny"

    mapping_rule {
      claim      = "cognito:groups"
      match_type = title("contains")
      value      = var.admin_group
      role_arn   = aws_iam_role.admin.arn
    }

    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "${var.department}"
      role_arn   = aws_iam_role.editor.arn
    }

    mapping_rule {
      claim      = "email"
      match_type = "StartsWith"
      value = trimspace(<<-EOT
        %{if var.region == "us-east-1"~}
        press@
        %{else~}
        presse@
        %{endif~}
      EOT
      )
      role_arn = aws_iam_role.editor.arn
    }
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "web" {
  identity_pool_id       = aws_cognito_identity_pool.app_pool.id
  identity_provider_name = "cognito-idp.${var.region}.amazonaws.com/${aws_cognito_user_pool.users.id}"
  use_defaults           = false
  principal_tags         = merge({ department = "custom:dept" }, var.tags)
}

resource "aws_cognito_user_group" "admins" {
  name         = var.admin_group
  user_pool_id = aws_cognito_user_pool.users.id
  role_arn     = aws_iam_role.admin.arn
  precedence   = var.precedence.admins
}

resource "aws_cognito_user_group" "writers" {
  name         = "writers"
  user_pool_id = aws_cognito_user_pool.users.id
  role_arn     = aws_iam_role.editor.arn
  precedence   = var.precedence.writers
}

resource "aws_cognito_user_group" "readers" {
  name         = "readers"
  user_pool_id = aws_cognito_user_pool.users.id
}
