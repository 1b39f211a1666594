resource "aws_cognito_user_group" "writers" {
  precedence = 10
}

resource "aws_cognito_identity_pool_roles_attachment" "app_pool" {
  role_mapping {
    identity_provider         = "${aws_cognito_user_pool.users.endpoint}:${aws_cognito_user_pool_client.web.id}"
    type                      = "Rules"
    ambiguous_role_resolution = "Deny"

    mapping_rule {
      claim      = "cognito:groups"
      match_type = "Contains"
      value      = "admins"
      role_arn   = aws_iam_role.admin.arn
    }

    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "news"
      role_arn   = aws_iam_role.editor.arn
    }

    mapping_rule {
      claim      = "email"
      match_type = "StartsWith"
      value      = "press@"
      role_arn   = aws_iam_role.editor.arn
    }
  }
}
