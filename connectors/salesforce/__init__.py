"""Salesforce: REST API through simple-salesforce's session, one module per thing it is asked for."""

from connectors.base import ConnectorPlugin
from connectors.salesforce.connector import SalesforcePlugin

PLUGIN: ConnectorPlugin = SalesforcePlugin()
