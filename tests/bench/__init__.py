"""The benchmark: a million contacts over a hundred tenants, Tenantry beside a bare view that does the ideal query.

Run it with `python -m tests.bench`; see `--help`. Nothing here is collected by pytest but `test_bench.py`.
"""
