"""What is measured: commands that print one line of JSON, `python -m benchmarks.workloads.NAME ...`."""
