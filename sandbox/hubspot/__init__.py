"""A stand-in for HubSpot's CRM API, both generations of paths, with a year of sales of its own."""

from __future__ import annotations

from datetime import timedelta

from sandbox.clock import Clock
from sandbox.hubspot.account import open_account
from sandbox.hubspot.app import HubSpotSandbox
from sandbox.hubspot.directory import Directory
from sandbox.hubspot.seed import Year, fill
from sandbox.hubspot.store import Store
from sandbox.options import SandboxOptions
from sandbox.sales import people

__all__ = ["HubSpotSandbox", "build"]

_USERS, _TEAMS, _DEALS, _ACTIVITIES = 15, 3, 3_000, 8_000


def build(options: SandboxOptions) -> HubSpotSandbox:
    """Make the account and its year: 15 users, 3,000 deals, 8,000 activities unless told otherwise."""
    clock = Clock(options.today)
    today = clock.today()
    start = options.start or today - timedelta(days=365)
    users = _USERS if options.users is None else options.users
    staff = people(options.seed, users, _TEAMS, start, today, company="hubspot")
    account = open_account(clock, Store(), Directory(staff), start, today)
    deals = _DEALS if options.deals is None else options.deals
    activities = _ACTIVITIES if options.activities is None else options.activities
    fill(account, Year(options.seed, staff, deals, activities, start, today))
    return HubSpotSandbox(account, options.daily_calls)
