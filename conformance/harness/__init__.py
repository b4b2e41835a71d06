"""Runs Chroma's own clients and test suites against a server and reports what they say."""
