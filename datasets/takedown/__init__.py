"""Videos taken out of every table, version and file."""
