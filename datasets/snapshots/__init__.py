"""Named choices of clips at fixed versions: what training reads."""
