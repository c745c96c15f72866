"""Migrations: how a database gets the tables of `spm.tables`. Run them through `spm.schema`."""
