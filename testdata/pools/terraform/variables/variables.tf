variable "region" {
  type    = string
  default = "us-east-1"
}

variable "guests" {
  type = bool
}

variable "admin_group" {
  type = string
}

variable "department" {
  default = "overridden by terraform.tfvars"
}

variable "tags" {
  type    = map(string)
  default = { user = "sub" }
}

variable "precedence" {
  type    = object({ admins = number, writers = optional(number, 10) })
  default = { admins = "0" }
}
