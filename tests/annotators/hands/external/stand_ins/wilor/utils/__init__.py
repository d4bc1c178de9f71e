from emo2_stand_in import recursive_to  # noqa: F401
