"""Another process that closes January, for the test that kills it: `python -m ... URL`."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

from sqlalchemy import create_engine

from spm.calendar import Months
from spm.plans import plan_version
from spm.store.guard import Limits
from sync.calculate import Basis
from sync.closing import Order, close_period
from tests.sync.company import EVERYTHING, Silent, flat

if __name__ == "__main__":
    basis = Basis([plan_version(flat())], Months(), date(2026, 2, 3), datetime(2026, 2, 3, 12, tzinfo=UTC))
    order = Order("2026-01", "Ann Lee", EVERYTHING, Limits(), [])
    close_period(create_engine(sys.argv[1]), basis, order, Silent())
