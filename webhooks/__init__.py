"""CRM events in: verify, parse, put in the inbox."""
