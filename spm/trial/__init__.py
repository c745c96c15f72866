"""Plans tried on plain files: facts from tables of text, the engine on them, and the answer by names."""

from spm.trial.answer import document, figure
from spm.trial.tables import Table, from_rows, read_csv
from spm.trial.trying import Tried, Wanted, read_tables, tried

__all__ = ["Table", "Tried", "Wanted", "document", "figure", "from_rows", "read_csv", "read_tables", "tried"]
