"""The parts of `flows.promote_snapshot` and `flows.propose_training`: from a snapshot to an approved training."""
