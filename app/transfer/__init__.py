"""Import and export: data that comes in and goes out in bulk, of every resource, as one person may read and write it."""
