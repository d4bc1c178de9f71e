from emo2_stand_in import load


def load_wilor(checkpoint_path, cfg_path):
    return load(checkpoint_path)
