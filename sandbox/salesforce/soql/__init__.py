"""SOQL: text to syntax tree (parser), syntax tree to SQL over the sandbox's tables (translate)."""
