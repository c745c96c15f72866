"""Field mappings: read, check, apply. Knows what a CRM field is and nothing of what a plan does with it."""
