"""Who is credited by rule for deals they have no part in: every change of any deal touches them."""

from __future__ import annotations

from psycopg import sql

from spm.store.hierarchy import SPELLS

WATCHERS = sql.SQL("""
    SELECT person.id AS participant_id FROM participant AS person
    WHERE EXISTS (
        SELECT FROM plan JOIN plan_assignment AS said ON said.plan = plan.name
        WHERE plan.watches_deals AND (
            said.who IN ('*', person.email)
            OR said.who IN (SELECT 'team:' || team FROM ({spells}) AS spell WHERE spell.participant_id = person.id)
        )
    )
""").format(spells=SPELLS)
"""`participant_id` of everybody who is or was or will be on a plan in force with `watches_deals`."""
