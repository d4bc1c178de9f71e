"""How much a hand moves: sums that give any window's variance and speed, buckets of them, and their encoding."""
