"""Stand-ins for Salesforce and HubSpot that speak their protocols over HTTP. Shares no code with the connectors."""
