"""A rendered person who talks with both hands: sample of `make ingest` and ground truth of many tests."""

from datasets.talker.truth import TalkerTruth, load_truth
from datasets.talker.video import write_talker

__all__ = ["TalkerTruth", "load_truth", "write_talker"]
