# The pool before `override.tf` goes over it.

resource "aws_cognito_user_pool" "users" {
  name = "users"

  schema {
    name                = "dept"
    attribute_data_type = "String"
    mutable             = true
  }
}

resource "aws_cognito_user_pool_client" "web" {
  name             = "web"
  user_pool_id     = aws_cognito_user_pool.users.id
  write_attributes = ["name"]
}

resource "aws_cognito_identity_pool" "app_pool" {
  identity_pool_name               = "app"
  allow_unauthenticated_identities = true

  cognito_identity_providers {
    provider_name           = aws_cognito_user_pool.users.endpoint
    client_id               = aws_cognito_user_pool_client.web.id
    server_side_token_check = true
  }
}

data "aws_iam_policy_document" "users" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]

    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.app_pool.id]
    }

    condition {
      test     = "ForAnyValue:StringLike"
      variable = "cognito-identity.amazonaws.com:amr"
      values   = ["authenticated"]
    }
  }
}

data "aws_iam_policy_document" "guests" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]

    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.app_pool.id]
    }

    condition {
      test     = "ForAnyValue:StringLike"
      variable = "cognito-identity.amazonaws.com:amr"
      values   = ["unauthenticated"]
    }
  }
}

resource "aws_iam_role" "admin" {
  name               = "Admin"
  assume_role_policy = data.aws_iam_policy_document.users.json
}

resource "aws_iam_role" "editor" {
  name               = "Editor"
  assume_role_policy = data.aws_iam_policy_document.users.json
}

resource "aws_iam_role" "reader" {
  name               = "Reader"
  assume_role_policy = data.aws_iam_policy_document.users.json
}

resource "aws_iam_role" "guest" {
  name               = "Guest"
  assume_role_policy = data.aws_iam_policy_document.guests.json
}

resource "aws_cognito_identity_pool_roles_attachment" "app_pool" {
  identity_pool_id = aws_cognito_identity_pool.app_pool.id

  roles = {
    authenticated   = aws_iam_role.reader.arn
    unauthenticated = aws_iam_role.guest.arn
  }

  role_mapping {
    identity_provider         = "${aws_cognito_user_pool.users.endpoint}:${aws_cognito_user_pool_client.web.id}"
    type                      = "Rules"
    ambiguous_role_resolution = "AuthenticatedRole"

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
      value      = "presse@"
      role_arn   = aws_iam_role.editor.arn
    }
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "web" {
  identity_pool_id       = aws_cognito_identity_pool.app_pool.id
  identity_provider_name = aws_cognito_user_pool.users.endpoint
  use_defaults           = false

  principal_tags = {
    department = "custom:dept"
    user       = "sub"
  }
}

resource "aws_cognito_user_group" "admins" {
  name         = "admins"
  user_pool_id = aws_cognito_user_pool.users.id
  role_arn     = aws_iam_role.admin.arn
  precedence   = 0
}

resource "aws_cognito_user_group" "writers" {
  name         = "writers"
  user_pool_id = aws_cognito_user_pool.users.id
  role_arn     = aws_iam_role.editor.arn
  precedence   = 99
}

resource "aws_cognito_user_group" "readers" {
  name         = "readers"
  user_pool_id = aws_cognito_user_pool.users.id
}
