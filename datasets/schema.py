"""Schemas of the lake's tables and the meaning of each column.

Per-frame arrays are `list<fixed_size_list<float16, N>>`: one value a clip, one item a frame at 25 Hz.
Hands always stand left, then right, as the person in the picture would say.
Camera frame: metres, x to the right of the picture, y down, z away from the camera.
"""

from typing import Final

import pyarrow as pa
from lance import blob_field

from datasets.motion.windows import SUMS_WIDTH

DATA_STORAGE_VERSION: Final = "2.2"

MANO_WIDTH = 134  # 2 hands x (16 joints x quaternion w,x,y,z + translation x,y,z in metres)
AXIS_ANGLE_WIDTH = 96  # 2 hands x 16 joints x 3, radians
HAND_STD_WIDTH = 38  # 2 hands x (16 joints + translation x,y,z)
HAND_FEATURES = 18  # what a hand's confidence is made of: annotators/hands/confidence.py names them
HAND_POINTS = 42  # 2 hands x MediaPipe's 21
BODY_POINTS = 33  # MediaPipe's pose landmarks
AUDIO_WIDTH = 768  # of a hidden state of wav2vec 2.0 base, HuBERT base and WavLM base


def per_frame(width: int, dtype: pa.DataType | None = None) -> pa.DataType:
    """One value a clip: a list over frames of `width` numbers (float16 unless told)."""
    return pa.list_(pa.list_(dtype or pa.float16(), width))


PROVENANCE = pa.struct(
    [
        ("name", pa.string()),
        ("version", pa.string()),
        ("params_hash", pa.string()),
        ("run_id", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
    ]
)

# Annotator slots: the columns each annotator fills.
SLOTS: dict[str, pa.Schema] = {
    "body": pa.schema(
        [
            # x, y as fractions of the clip's width and height, visibility in [0, 1]; NaN where no body was found
            ("body_keypoints", per_frame(BODY_POINTS * 3)),
            # x, y, z in metres from the middle of the hips, camera axes
            ("body_world", per_frame(BODY_POINTS * 3)),
            # middle of the shoulders x, y, z in metres (camera frame), torso quaternion w, x, y, z
            ("body_offset", per_frame(7)),
            # x, y of the shoulders' middle as fractions of the clip's width and height, scale as a fraction of its
            # width, roll and yaw in radians; annotators/body_place.py defines them
            ("body_place", per_frame(5)),
            # the median of these over the clip; null where no body was found
            ("body_place_clip", pa.list_(pa.float32(), 5)),
        ]
    ),
    "hands": pa.schema(
        [
            # Parameters are NaN where `hands_valid` is 0, measurements wherever nothing was measured. Clarity and
            # score are 0 there, and so is confidence, unless the frame is interpolated.
            # left 16 quaternions (w first, sign-continuous in time) + translation, then right
            ("hands_mano", per_frame(MANO_WIDTH)),
            # absolute pose (flat hand mean), left 48, right 48
            ("hands_axis_angle", per_frame(AXIS_ANGLE_WIDTH)),
            # wrist x, y, z in metres, camera frame, left, right
            ("hands_wrist", per_frame(6)),
            # posterior standard deviation: left 16 joints in radians, translation x, y, z in metres; then right
            ("hands_std", per_frame(HAND_STD_WIDTH)),
            # as measured: x, y as fractions of the clip's width and height, MediaPipe order, left 21, right 21
            ("hands_keypoints", per_frame(HAND_POINTS * 2)),
            # the detector's depth of these points behind the wrist, in fractions of the clip's width
            ("hands_depth", per_frame(HAND_POINTS)),
            # the detector's metric landmarks x, y, z about the hand's own centre, left 21, right 21
            ("hands_world", per_frame(HAND_POINTS * 3)),
            # 0 none, 1 measured, 2 interpolated; left, right
            ("hands_valid", per_frame(2, pa.uint8())),
            # calibrated probability that the hand is right (bounds: annotators/hands/calibration.json)
            ("hands_confidence", per_frame(2)),
            # sharpness of the hand's pixels relative to the face's, in [0, 1]; left, right
            ("hands_clarity", per_frame(2)),
            # the detector's own score in [0, 1]; left, right
            ("hands_score", per_frame(2)),
            # what the confidence was computed from, so that a new calibration needs no new annotation
            ("hands_features", per_frame(2 * HAND_FEATURES)),
            # hands left out as another person's, counted over frames
            ("hands_others", pa.int32()),
            # MANO shape, one person a clip
            ("hands_betas", pa.list_(pa.float32(), 10)),
            # pinhole focal length in clip pixels, principal point at the clip's centre
            ("hands_focal_px", pa.float32()),
            # "neutral", or the hash of the MANO file the parameters belong to
            ("hands_model", pa.string()),
            # id of the calibration that made the confidence
            ("hands_calibration", pa.string()),
        ]
    ),
    "motion": pa.schema(
        [
            # The wrist is taken from the shoulders' middle, in the torso's axes: annotators/motion.py
            # mean wrist speed in m/s; left, right; null item where a hand was hardly seen
            ("motion_speed", pa.list_(pa.float32(), 2)),
            # trace of the wrist translation's covariance in m^2; left, right
            ("motion_variance", pa.list_(pa.float32(), 2)),
            # sums over all frames up to this one, of which any window's variance and speed are made; left 7,
            # right 7: datasets/motion/windows.py
            ("motion_sums", per_frame(SUMS_WIDTH, pa.float64())),
        ]
    ),
    "fingerprint": pa.schema(
        [
            # how the picture moves, a hash for 8 frames: datasets/splits/near_duplicates.py compares them
            ("fingerprint_frames", pa.list_(pa.uint64())),
        ]
    ),
    "face": pa.schema(
        [
            # Of the speaker; NaN in frames where no face was found. `annotators/face/` defines the measures.
            # inner lips: gap and width, as fractions of the face's height
            ("face_mouth", per_frame(2)),
            # gap of the eyelids over the width of the eye, of the person's left eye and right
            ("face_eyes", per_frame(2)),
            # x, y, width, height as fractions of the clip's width and height
            ("face_box", per_frame(4)),
            # fraction of the frames in which a face was found
            ("face_seen", pa.float32()),
            # SyncNet's confidence (median distance minus the least) and the lag of the sound behind the lips in
            # seconds; null without its weights, a face or sound
            ("face_sync", pa.float32()),
            ("face_sync_lag_s", pa.float32()),
            # the weights these came from
            ("face_sync_model", pa.string()),
            # why a part is null; null where none is
            ("face_reason", pa.string()),
        ]
    ),
    "audio": pa.schema(
        [
            # hidden states of a speech model, one vector a frame for each of `audio_layers`: frame 0 in every
            # layer, then frame 1; null without the model or without sound
            ("audio_features", per_frame(AUDIO_WIDTH)),
            ("audio_layers", pa.list_(pa.int32())),  # 0: what the transformer is given; -1: its last layer
            ("audio_model", pa.string()),
            # RMS of the frame's 40 ms in dBFS, at least -100
            ("audio_loudness", per_frame(1)),
            # fundamental frequency in Hz, NaN where unvoiced, and the strength of voicing in [0, 1]
            ("audio_pitch", per_frame(2)),
            # seconds at which a sound begins
            ("audio_onsets", pa.list_(pa.float32())),
            # why a part is null; null where none is
            ("audio_reason", pa.string()),
        ]
    ),
    "speech": pa.schema(
        [
            ("speech_ratio", pa.float32()),  # fraction of the clip with a voice; 0 without sound
            # stretches with a voice; the text of each where a recognition model was there
            (
                "speech_segments",
                pa.list_(
                    pa.struct([("start_s", pa.float32()), ("end_s", pa.float32()), ("text", pa.string())])
                ),
            ),
            ("speech_text", pa.string()),
            ("speech_language", pa.string()),  # ISO 639-1
            (
                "speech_words",
                pa.list_(
                    pa.struct(
                        [
                            ("word", pa.string()),
                            ("start_s", pa.float32()),
                            ("end_s", pa.float32()),
                            ("score", pa.float32()),
                            ("speaker", pa.string()),
                        ]
                    )
                ),
            ),
            # who speaks when; they may overlap
            (
                "speech_turns",
                pa.list_(
                    pa.struct([("speaker", pa.string()), ("start_s", pa.float32()), ("end_s", pa.float32())])
                ),
            ),
            ("speech_voices", pa.int32()),  # people heard; null without a diarisation model
            # the models these came from, and why a part is null; null where none is
            ("speech_models", pa.string()),
            ("speech_reason", pa.string()),
        ]
    ),
    "speaker": pa.schema(
        [
            # in [0, 1]: how sure it is that the mouth in the picture moves with the sound; null where there is no
            # face or no sound to compare
            ("speaker_score", pa.float32()),
            ("speaker_correlation", pa.float32()),  # of lip opening and sound, at the best lag
            ("speaker_lag_s", pa.float32()),  # of the sound behind the lips
            ("speaker_voices", pa.int32()),  # people heard; null where nobody counted
        ]
    ),
    "reference": pa.schema(
        [
            # the clip's best still: sharp, eyes open, hands seen
            ("reference_frame", pa.int32()),
            ("reference_score", pa.float32()),  # in [0, 1], of all the following together
            ("reference_sharpness", pa.float32()),  # each in [0, 1]
            ("reference_eyes", pa.float32()),
            ("reference_hands", pa.float32()),
            ("reference_jpeg", pa.binary()),
            # CLIP's class embedding of it (its vision model, before the projection), of length 1; null without the
            # model
            ("reference_embedding", pa.list_(pa.float16())),
            ("reference_model", pa.string()),
            ("reference_reason", pa.string()),  # why a part is null; null where none is
        ]
    ),
    "style": pa.schema(
        [
            # what the rule in annotators/style/ takes the clip for: one of datasets.style.STYLES
            ("style_guess", pa.string()),
            ("style_score", pa.float32()),  # in [0, 1], how clearly
        ]
    ),
}

CROP = pa.struct(
    [("x_px", pa.int32()), ("y_px", pa.int32()), ("width_px", pa.int32()), ("height_px", pa.int32())]
)


def _key(name: str) -> pa.Field:
    """A string column that Lance treats as the table's primary key in merges."""
    return pa.field(
        name, pa.string(), nullable=False, metadata={"lance-schema:unenforced-primary-key": "true"}
    )


VIDEOS = pa.schema(
    [
        _key("video_id"),  # SHA-256 of the bytes; of the uri where the bytes could not be read
        ("uri", pa.string()),
        ("dataset", pa.string()),
        ("speaker", pa.string()),
        ("style", pa.string()),
        ("licence", pa.string()),
        ("metadata", pa.string()),  # JSON object: whatever else the source told
        ("spans", pa.string()),  # JSON list of [start_s, end_s]; null: the whole video
        ("container", pa.string()),
        ("video_codec", pa.string()),
        ("audio_codec", pa.string()),
        ("width_px", pa.int32()),  # as displayed
        ("height_px", pa.int32()),
        ("rotation_deg", pa.int32()),
        ("rate_hz", pa.float64()),  # mean over the frames decoded
        ("n_frames", pa.int64()),  # decoded, not announced
        ("duration_s", pa.float64()),
        ("bytes", pa.int64()),
        # "ingested", "quarantined", or "forgotten": a takedown, of which the id alone is kept
        ("status", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),  # one sentence for the engineer
        ("n_clips", pa.int32()),
        ("run_id", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
    ]
)


def _slot_fields(name: str, columns: pa.Schema) -> list[pa.Field]:
    return [
        *columns,
        pa.field(f"{name}_src", PROVENANCE),
        pa.field(f"{name}_rev", pa.int32()),  # 1 as ingested, one more with each re-annotation
        pa.field(f"{name}_inputs", pa.string()),  # what it was derived from: datasets/provenance.py
        pa.field(f"{name}_digest", pa.string()),  # of the slot's values: datasets/content.py
    ]


def slot_columns(slot: str) -> list[str]:
    """Every column of a slot: what its annotator returns, then provenance, revision, inputs and digest."""
    return [field.name for field in _slot_fields(slot, SLOTS[slot])]


CLIPS = pa.schema(
    [
        _key("clip_id"),
        ("video_id", pa.string()),
        ("start_s", pa.float64()),  # in the source, half-open
        ("end_s", pa.float64()),
        ("start_frame", pa.int64()),  # of the source, counted as decoded, half-open
        ("end_frame", pa.int64()),
        ("n_frames", pa.int32()),  # of the clip, at 25 Hz
        (
            "crop",
            CROP,
        ),  # null where no speaker was found; may reach beside the picture, whose edge is repeated
        ("split", pa.string()),  # "train", "val" or "test", by speaker where known, else by video
        ("keep", pa.bool_()),
        ("reason", pa.string()),  # null where kept
        ("detail", pa.string()),
        ("people", pa.float32()),  # median number of faces
        ("face_height_px", pa.float32()),  # of the speaker, in clip pixels
        ("hand_visibility", pa.float32()),  # mean over sampled frames of wrists in the crop, 0 to 1
        ("sharpness", pa.float32()),  # variance of the Laplacian of the crop at 352 x 256, never enlarged
        ("scale", pa.float32()),  # clip pixels a source pixel; above 1 the picture was enlarged
        ("speech_track", pa.float32()),  # fraction of 20 ms windows above -50 dBFS; 0 without audio
        ("style_told", pa.string()),  # by the source or by a person; goes before the rule's `style_guess`
        ("style_told_by", pa.string()),  # "source" or "person"
        ("run_id", pa.string()),
        *[field for name, columns in SLOTS.items() for field in _slot_fields(name, columns)],
    ]
)

CLIP_MEDIA = pa.schema(
    [
        _key("clip_id"),
        blob_field("mp4"),  # H.264, 704 x 512, 25 Hz, closed GOP 12, no audio; null for clips filtered unseen
        ("audio", pa.binary()),  # FLAC, 16 kHz, mono, as long as the picture; null where there is none
        ("reference", pa.binary()),  # JPEG of the crop
        ("n_frames", pa.int32()),
        ("encode_hash", pa.string()),  # SHA-256 of the mp4
    ]
)

RUNS = pa.schema(
    [
        _key("run_id"),
        ("flow", pa.string()),
        ("params", pa.string()),  # JSON
        ("versions_read", pa.string()),  # JSON {table: version}
        ("versions_committed", pa.string()),
        ("tag", pa.string()),
        ("counts", pa.string()),  # JSON
        ("state", pa.string()),  # "running", "completed", "failed" or "cancelled"
        ("alive_until", pa.timestamp("us", tz="UTC")),  # a running run says so again before this time
        ("started_at", pa.timestamp("us", tz="UTC")),
        ("ended_at", pa.timestamp("us", tz="UTC")),
    ]
)

SHARDS = pa.schema(
    [
        _key("shard_id"),  # hash of the work itself, so that a replay finds the row
        ("run_id", pa.string()),  # who worked on it last
        ("flow", pa.string()),
        ("state", pa.string()),  # "running", "written" (files lie there, not committed) or "committed"
        ("video_ids", pa.list_(pa.string())),  # claimed by an ingest: no other live run takes these
        ("result", pa.string()),  # JSON: of a written shard, what remains to be committed
        ("counts", pa.string()),  # JSON
        ("at", pa.timestamp("us", tz="UTC")),  # of the last change
    ]
)

SNAPSHOTS = pa.schema(
    [
        _key("name"),  # also the tag on every table
        ("selection", pa.string()),  # SQL over clips
        ("versions", pa.string()),  # JSON {table: version}
        ("counts", pa.string()),  # JSON
        ("annotators", pa.string()),  # JSON {slot: {"version/params_hash": clips}}
        ("content_hash", pa.string()),  # of every selected clip's media and annotations
        ("state", pa.string()),  # "ready", or "withdrawn" by a takedown
        ("detail", pa.string()),
        ("run_id", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("promoted_at", pa.timestamp("us", tz="UTC")),  # found whole and offered for training; null: not yet
    ]
)

TABLES: dict[str, pa.Schema] = {
    "videos": VIDEOS,
    "clips": CLIPS,
    "clip_media": CLIP_MEDIA,
    "runs": RUNS,
    "shards": SHARDS,
    "snapshots": SNAPSHOTS,
}
