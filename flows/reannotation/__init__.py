"""The parts of `flows.reannotate`."""
