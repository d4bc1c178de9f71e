"""Tables, media in and out, sources, and what a label means. Imports neither Ray nor Prefect."""
