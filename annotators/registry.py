"""The annotators of this version, in the order they run: each may read the columns of those before it."""

from annotators.annotator import Annotator


def annotator_classes() -> tuple[type[Annotator], ...]:
    """Classes whose construction loads a model; imported here so that listing them costs nothing elsewhere."""
    from annotators.body import BodyAnnotator
    from annotators.hands import HandsAnnotator
    from annotators.motion import MotionAnnotator

    return (BodyAnnotator, HandsAnnotator, MotionAnnotator)
