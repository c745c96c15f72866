"""Talk to a CRM: one folder each, behind the contract of `connectors.base`.

A connector knows nothing of quotas or pay. It reads records exactly as the CRM says them and writes values by id.
"""
