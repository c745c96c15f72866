"""The parts of one running org, as the resources need them."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.salesforce.auth import Sessions
from sandbox.salesforce.catalogue import Catalogue
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.limits import Allowance
from sandbox.salesforce.query import Queries
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.store import Store
from sandbox.salesforce.writes import Writes


@dataclass(frozen=True, slots=True)
class Org:
    """Everything a resource may need; made once when the sandbox starts."""

    clock: Clock
    store: Store
    catalogue: Catalogue
    queries: Queries
    writes: Writes
    sessions: Sessions
    allowance: Allowance

    def object(self, name: str) -> SObject:
        """The object of that name. Raises ApiError NOT_FOUND."""
        found = self.catalogue.find(name)
        if found is None:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        return found
