from emo2_stand_in import load


def load_hamer(checkpoint_path):
    return load(checkpoint_path)
