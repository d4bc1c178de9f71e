"""The rule: what a clip shows, from measures of its sound and its hands.

Each style has evidence in [0, 1]:

- singing: the notes that are held, from 0.38 of the voiced frames to 0.6, where they span from half a semitone to
  one and a half (a hum is no song); times the voice, where a speech annotator listened for one.
- gesture_dance: how much the faster hand moves, from 0.35 m/s to 0.75 m/s, times how periodic it does, from 0.45 to
  0.75. Three fifths of that stand by themselves, two fifths for a period that fits the beat of the sound. Off the
  beat, spoken words take four fifths of it away: who talks with large gestures talks.
- speaking: a voice, from 0 to 0.3 of the clip, as far as it does not sing.

A dance may go with a voice, so it takes three fifths of its evidence off that for speaking and singing. The style is
the one with the most evidence, its score the lead over the next. Without evidence of at least 0.1, as in a silent
clip of still hands or one of which nothing is known, there is no style.
"""

from dataclasses import dataclass

import numpy as np

from annotators.style.motion import Motion
from annotators.style.sound import Sound
from datasets.style import Style

# Of a motion's period; the beat that was found may be a half or a quarter of what people call one.
_STEPS_A_BEAT = np.array([0.5, 1.0, 2.0, 4.0, 8.0])


@dataclass(frozen=True)
class StyleRule:
    """The numbers of the rule; a pair is where evidence begins and where it is whole."""

    held: tuple[float, float] = (0.38, 0.6)
    notes_semitones: tuple[float, float] = (0.5, 1.5)
    voice: tuple[float, float] = (0.0, 0.3)
    voiced: tuple[float, float] = (0.2, 0.45)  # stands for the voice where nobody listened; a bass has pitch
    speed_m_s: tuple[float, float] = (0.35, 0.75)
    periodic: tuple[float, float] = (0.45, 0.75)
    beat: tuple[float, float] = (0.2, 0.5)
    off_beat: float = 0.08  # relative difference of the periods at which nothing of the beat is left
    locked_share: float = 0.4  # of the evidence for a dance
    spoken_away: float = 0.8  # of it, where words are spoken off the beat
    danced_away: float = 0.6  # of the others, where there is a dance
    least: float = 0.1


@dataclass(frozen=True)
class Evidence:
    """For each style, in [0, 1]."""

    speaking: float
    singing: float
    gesture_dance: float

    def style(self, rule: StyleRule) -> tuple[Style | None, float | None]:
        """The style and how clearly; None, None without evidence. Of equals, the earlier in the order above."""
        found: list[tuple[float, Style]] = [
            (self.speaking, "speaking"),
            (self.singing, "singing"),
            (self.gesture_dance, "gesture_dance"),
        ]
        found.sort(key=lambda each: -each[0])
        best, style = found[0]
        return (style, best - found[1][0]) if best >= rule.least else (None, None)


def weigh(sound: Sound, motion: Motion, speech_ratio: float | None, rule: StyleRule) -> Evidence:
    """speech_ratio: fraction of the clip with a voice, where a speech annotator heard; None: pitch stands for it."""
    sung = _rise(sound.held, rule.held) * _rise(sound.notes_range, rule.notes_semitones)
    if speech_ratio is not None:
        sung *= _rise(speech_ratio, rule.voice)
    listened = speech_ratio is not None
    voice = _rise(speech_ratio, rule.voice) if listened else _rise(sound.voiced, rule.voiced)
    spoken, locked = voice * (1 - sung), _locked(sound, motion, rule)
    step = _rise(motion.speed_m_s, rule.speed_m_s) * _rise(motion.periodic, rule.periodic)
    dance = step * (1 - rule.locked_share * (1 - locked)) * (1 - rule.spoken_away * spoken * (1 - locked))
    left = 1 - rule.danced_away * dance
    return Evidence(spoken * left, sung * left, dance)


def _locked(sound: Sound, motion: Motion, rule: StyleRule) -> float:
    """How well the period of the motion fits the beat, in [0, 1]."""
    if sound.beat_period_s is None or motion.period_s is None:
        return 0.0
    off = np.abs(motion.period_s / (_STEPS_A_BEAT * sound.beat_period_s) - 1).min()
    return float(max(1 - off / rule.off_beat, 0.0)) * _rise(sound.beat, rule.beat)


def _rise(value: float | None, between: tuple[float, float]) -> float:
    """0 up to the first, 1 from the second on; 0 for None."""
    if value is None or np.isnan(value):
        return 0.0
    low, high = between
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))
