"""No-op jobs a second, end to end: Tenantry against plain RQ and Celery, on the same Valkey, in the same run."""
