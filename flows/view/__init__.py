"""One clip of a lake in the Rerun viewer: picture, hands in 2D and 3D, body, confidence and mask over time."""

from flows.view.command import view_clip

__all__ = ["view_clip"]
