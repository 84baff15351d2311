"""Records and lists on paper: what their pages show, under the same rights, as PDF with the tenant's brand."""
