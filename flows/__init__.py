"""What a person triggers; the only home of Prefect and Ray."""
