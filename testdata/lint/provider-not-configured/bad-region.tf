resource "aws_cognito_user_pool" "users" {
  name = "users"
  schema {
    name                = "dept"
    attribute_data_type = "String"
    mutable             = true
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
  role_mapping {  # here
    identity_provider         = "cognito-idp.us-central-1.amazonaws.com/${aws_cognito_user_pool.users.id}:${aws_cognito_user_pool_client.web.id}"
    type                      = "Rules"
    ambiguous_role_resolution = "Deny"
    mapping_rule {
      claim      = "cognito:groups"
      match_type = "Contains"
      value      = "admins"
      role_arn   = aws_iam_role.admin.arn
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
