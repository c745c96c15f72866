"""Tests of the CRM stand-ins."""
