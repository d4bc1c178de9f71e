"""A worker as WiLoR's is, without a network: it answers with the hands a test wrote, and ends as the test says."""

import os
import sys
import time

import numpy as np
from emo2_wire import serve


def load(settings):
    print("Loading", settings)  # as load_wilor does, on standard output
    if settings.get("missing"):
        __import__(settings["missing"])
    if settings.get("open"):
        os.stat(settings["open"])
    if settings.get("hang") == "load":
        time.sleep(60)
    with np.load(settings["hands"]) as content:
        hands = dict(content)
    done = 0

    def detect(frames):
        nonlocal done
        if settings.get("exit") is not None:
            print("CUDA error: out of memory", file=sys.stderr, flush=True)
            os._exit(settings["exit"])
        if settings.get("hang") == "detect":
            time.sleep(60)
        if settings.get("garbage"):
            return {"frame": np.zeros(1, np.int64)}
        if settings.get("fail"):
            raise RuntimeError(settings["fail"])
        mine = (hands["frame"] >= done) & (hands["frame"] < done + len(frames))
        rows = {name: values[mine] for name, values in hands.items()}
        rows["frame"] = rows["frame"] - done
        rows["score"] = frames[rows["frame"], 0, 0, 0] / np.float32(
            255
        )  # so that the frames are seen to arrive
        done += len(frames)
        return rows

    return detect


if __name__ == "__main__":
    serve(load)
