"""Scripts that run in another environment: each imports numpy, its neighbours here and one backend's packages."""
