"""What a tenant's admins set up: members and roles, plugins, custom fields, access rules, tags."""
