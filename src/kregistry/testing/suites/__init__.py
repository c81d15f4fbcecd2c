"""The suites. Importing them needs pytest."""
