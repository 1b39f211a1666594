guests      = "true"
admin_group = "admins"
department  = "other"
