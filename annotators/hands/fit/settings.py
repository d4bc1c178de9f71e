"""What the fit supposes of its measurements and of hands."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FitSettings:
    """Noise, priors and effort of `fit_clip`.

    Noise is what MediaPipe's landmarks show on rendered talkers (benchmarks/hands/pixels.py). The rest was chosen
    on eight of them (seeds 300 to 307, hands of 60 and 110 px): errors that last want a prior and a shape
    held more firmly than independent noise would, which costs a degree on synthetic motions of that
    kind (benchmarks/hands/landmarks.py, seeds 0 to 3).
    """

    image_noise: float = 0.035  # of the hand's size in the picture, standard deviation on each axis
    across_noise_m: float = 0.005  # of the landmarks in space, along the picture
    depth_noise_m: float = 0.015  # along the viewing axis
    adapt: bool = True  # scale these, for each hand and clip, to what the residuals show
    depth_gain: float = 0.85  # measured depth of a hand over its true depth: its mean over clips
    gain_std: float = 0.15  # and how much that, and the size of the landmarks in space, vary
    robust_scale: float = 4.0  # standard errors at which a landmark counts a quarter
    prior_strength: float = 3.0  # multiplies the precision of the pose prior (annotators/hands/anatomy.py)
    limit_std_rad: float = 0.05  # how softly a joint's limits hold
    backend_std_rad: float = 0.35  # of a backend's own finger angles, as a prior
    finger_acceleration_rad: float = 0.06  # standard deviation of a joint's second difference over frames
    turn_acceleration_rad: float = 0.02  # of the global rotation's
    shift_acceleration_m: float = 0.003  # of the wrist's place
    betas_std: float = 0.1  # of the shape about the mean hand, against noise taken for independent
    size_std: float = 0.001  # of the overall size of the hand about the mean hand's, as a share of it
    max_gap: int = 5  # frames bridged between observed ones
    iterations: int = (
        4  # of the whole problem, after three of the poses alone; more change nothing measurable
    )
    smooth: bool = True
    shape: bool = True
    robust: bool = True
