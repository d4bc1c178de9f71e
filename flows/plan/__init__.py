"""What a corpus will take on a cluster, from what a lake's runs took: time, storage, and what limits it."""

from flows.plan.config import PlanConfig
from flows.plan.forecast import Plan, forecast
from flows.plan.measured import Measured, read_measured

__all__ = ["Measured", "Plan", "PlanConfig", "forecast", "read_measured"]
