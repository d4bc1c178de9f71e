"""Train, val and test, with what belongs together on one side."""
