"""Every cent in words: a statement line by line, and a deal in a sentence that fits a CRM field."""

from spm.explain.deals import deal_explanations, explain_deal
from spm.explain.statement import Explanation, explain_statement

__all__ = ["Explanation", "deal_explanations", "explain_deal", "explain_statement"]
