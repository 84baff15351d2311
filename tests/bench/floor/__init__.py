"""The floor: the same pages as bare Flask, psycopg and Jinja, with the ideal queries under the same row-level security.

It has no sign-in, no permissions, no menu, no translations: the tenant comes from a header. It is what physics allows.
"""
