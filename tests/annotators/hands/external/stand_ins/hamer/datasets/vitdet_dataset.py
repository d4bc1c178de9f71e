from emo2_stand_in import ViTDetDataset  # noqa: F401
