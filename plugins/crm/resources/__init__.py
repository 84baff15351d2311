"""What the CRM shows: one declaration a record."""
