"""Rows and their queries, one noun a file. Imports the domain, never the engine; opens no transaction."""
