"""`python -m benchmarks active-speaker`: does the score tell one's own sound from somebody else's?"""
