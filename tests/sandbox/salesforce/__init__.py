"""Tests of the Salesforce stand-in, over HTTP."""
