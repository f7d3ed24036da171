"""Instance data: records with provenance, the store that reads them, and the formulas on limits."""
