"""One committer a lake: locks in folders and leases in object stores."""
