"""The parts of `flows.maintain` and `flows.forget`."""
