"""Pages of the CRM's own: what generated screens cannot give."""
