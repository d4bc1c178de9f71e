"""What `make bench-hands` measures: the hand annotation against ground truth and rivals."""
