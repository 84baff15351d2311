"""Import and export: data in bulk, of every resource, as one person may read and write it."""
