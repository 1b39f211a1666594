resource "aws_cognito_user_pool" "users" {
  name = "users"
  schema {
    name                = "dept"
    attribute_data_type = "String"
    mutable             = false
  }
}
resource "aws_cognito_user_pool_client" "web" {
  name         = "web"
  user_pool_id = aws_cognito_user_pool.users.id
  write_attributes = ["name"]
}
resource "aws_cognito_user_pool_client" "mobile" {
  name             = "mobile"
  user_pool_id     = aws_cognito_user_pool.users.id
  write_attributes = ["name"]
}
resource "aws_cognito_user_group" "group1" {
  user_pool_id = aws_cognito_user_pool.users.id
  name         = "admins"
}
resource "aws_cognito_identity_pool" "pool" {
  identity_pool_name               = "pool"
  allow_unauthenticated_identities = false
  allow_classic_flow               = false
  cognito_identity_providers {
    provider_name = aws_cognito_user_pool.users.endpoint
    client_id     = aws_cognito_user_pool_client.web.id
  }
}
resource "aws_cognito_identity_pool_roles_attachment" "roles" {
  identity_pool_id = aws_cognito_identity_pool.pool.id
  roles = {
    authenticated = aws_iam_role.reader.arn
  }
  role_mapping {
    identity_provider         = "${aws_cognito_user_pool.users.endpoint}:${aws_cognito_user_pool_client.web.id}"
    type                      = "Rules"
    ambiguous_role_resolution = "Deny"
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept0"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept1"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept2"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept3"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept4"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept5"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept6"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept7"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept8"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept9"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept10"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept11"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept12"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept13"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept14"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept15"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept16"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept17"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept18"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept19"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept20"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept21"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept22"
      role_arn   = aws_iam_role.editor.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept23"
      role_arn   = aws_iam_role.admin.arn
    }
    mapping_rule {
      claim      = "custom:dept"
      match_type = "Equals"
      value      = "dept24"
      role_arn   = aws_iam_role.editor.arn
    }
  }
}
resource "aws_iam_role" "admin" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = { Federated = "cognito-identity.amazonaws.com" }
      Action = ["sts:AssumeRoleWithWebIdentity"]
      Condition = {
        StringEquals = { "cognito-identity.amazonaws.com:aud" = aws_cognito_identity_pool.pool.id }
        "ForAnyValue:StringLike" = { "cognito-identity.amazonaws.com:amr" = "authenticated" }
      }
    }]
  })
}
resource "aws_iam_role" "reader" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = { Federated = "cognito-identity.amazonaws.com" }
      Action = ["sts:AssumeRoleWithWebIdentity"]
      Condition = {
        StringEquals = { "cognito-identity.amazonaws.com:aud" = aws_cognito_identity_pool.pool.id }
        "ForAnyValue:StringLike" = { "cognito-identity.amazonaws.com:amr" = "authenticated" }
      }
    }]
  })
}
resource "aws_iam_role" "editor" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Principal = { Federated = "cognito-identity.amazonaws.com" }
      Action = ["sts:AssumeRoleWithWebIdentity"]
      Condition = {
        StringEquals = { "cognito-identity.amazonaws.com:aud" = aws_cognito_identity_pool.pool.id }
        "ForAnyValue:StringLike" = { "cognito-identity.amazonaws.com:amr" = "authenticated" }
      }
    }]
  })
}
