"""Alembic's entry: runs on the connection `spm.schema` gives it. Alembic's own logging is left as the shell set it."""

from __future__ import annotations

from alembic import context

from spm.tables import Base


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
