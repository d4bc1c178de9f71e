"""What `make up` runs on one machine: a Prefect server, a Ray head and a worker, and how they are stopped."""
