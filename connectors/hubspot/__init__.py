"""HubSpot: deals, owners, activities and goals in; results onto deals and users.

Attain reads full lists at first and searches for changes from then on, in the account's limits; see `pull`, `push`.
"""

from connectors.hubspot.connector import HubSpotConnector, HubSpotPlugin
from connectors.hubspot.settings import HubSpotSettings

PLUGIN = HubSpotPlugin()

__all__ = ["PLUGIN", "HubSpotConnector", "HubSpotSettings"]
