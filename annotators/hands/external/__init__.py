"""Hand backends that live in a Python environment of their own: WiLoR and HaMeR, with the user's weights."""

from annotators.hands.external.backend import ExternalBackend
from annotators.hands.external.settings import ExternalSettings, configured_backends
from annotators.hands.external.worker import BackendError

__all__ = ["BackendError", "ExternalBackend", "ExternalSettings", "configured_backends"]
