"""Bulk import: a source of rows, a declarative mapping, and the run that writes what the mapping makes of them."""
