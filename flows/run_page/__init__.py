"""What the page of a run shows in the Prefect UI: progress, logs of workers, and artifacts."""
