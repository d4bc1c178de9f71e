"""The parts of `flows.snapshot`."""
