"""A stand-in for Salesforce: the REST API of one org with a generated year of sales."""

from __future__ import annotations

from sandbox.options import SandboxOptions
from sandbox.salesforce.app import SalesforceApp
from sandbox.wire import App


def build(options: SandboxOptions) -> App:
    """The app with its records loaded; serve it with `sandbox.server.serve`."""
    return SalesforceApp(options)
