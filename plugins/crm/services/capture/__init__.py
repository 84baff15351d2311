"""Lead capture: what is sent is stored as it came, guarded, perhaps confirmed, and made a lead by a job."""
