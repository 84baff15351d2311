"""Form rules: the pages on which a tenant's admins make them, and what a rule must not do."""
