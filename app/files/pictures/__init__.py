"""Pictures in fields of records: decoded and drawn anew, kept in several sizes, gone when nothing names them."""
