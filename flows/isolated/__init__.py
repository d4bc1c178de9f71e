"""Annotators with packages of their own: the part of a run that happens in their environments.

`choice`, `labels` and `tasks` are imported there, where Prefect, MediaPipe and most else is missing.
"""
