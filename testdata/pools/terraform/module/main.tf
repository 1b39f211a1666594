module "identity" {
  count  = 1
  source = "./identity"

  user_pool = { endpoint = aws_cognito_user_pool.users.endpoint, client_id = aws_cognito_user_pool_client.web.id }
  rules = [
    { claim = "cognito:groups", match_type = "Contains", value = "admins", role = "admin" },
    { claim = "custom:dept", match_type = "Equals", value = "news", role = "editor" },
    { claim = "email", match_type = "StartsWith", value = "press@", role = "editor" },
  ]
}

resource "aws_cognito_user_pool" "users" { name = "users" }

resource "aws_cognito_user_pool_client" "web" {
  name         = "web"
  user_pool_id = aws_cognito_user_pool.users.id
}

resource "aws_cognito_identity_pool_provider_principal_tag" "web" {
  identity_pool_id       = module.identity[0].pool_id
  identity_provider_name = aws_cognito_user_pool.users.endpoint
  use_defaults           = false
  principal_tags         = { department = "custom:dept", user = "sub" }
}

resource "aws_cognito_user_group" "admins" {
  name         = "admins"
  user_pool_id = aws_cognito_user_pool.users.id
  role_arn     = module.identity[0].role_arns["admin"]
  precedence   = 0
}

resource "aws_cognito_user_group" "writers" {
  name         = "writers"
  user_pool_id = aws_cognito_user_pool.users.id
  role_arn     = module.identity[0].role_arns.editor
  precedence   = 10
}

resource "aws_cognito_user_group" "readers" {
  name         = "readers"
  user_pool_id = aws_cognito_user_pool.users.id
}
