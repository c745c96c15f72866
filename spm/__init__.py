"""The sales performance model: facts, plans, credits, earnings, statements. Knows nothing of any CRM."""
