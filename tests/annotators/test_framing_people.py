"""Faces linked into persons, and the choice of the speaker."""

import numpy as np

from annotators.framing.box import Box
from annotators.framing.people import Face, FaceFinder, Person, choose_speaker, link_people

WIDTH_PX = 1000.0


def face(x: float, y: float = 200.0, size: float = 100.0) -> Face:
    return Face(Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2), 0.9)


def person(x: float, size: float = 100.0, seen: int = 4) -> Person:
    return Person((*[face(x, size=size)] * seen, *[None] * (4 - seen)))


def test_a_head_that_moves_a_little_stays_one_person():
    people = link_people([[face(300)], [face(380)], [face(300)]])
    assert len(people) == 1
    assert people[0].presence == 1.0


def test_two_people_keep_their_places_whatever_the_order_of_detection():
    people = link_people([[face(300), face(700)], [face(710), face(310)]])
    assert [[round(seen.box.centre_px[0]) for seen in each.seen] for each in people] == [
        [300, 310],
        [700, 710],
    ]


def test_a_face_of_quite_another_size_is_another_person():
    assert len(link_people([[face(300)], [face(300, size=200)]])) == 2


def test_a_person_who_was_away_for_a_sample_is_the_same():
    people = link_people([[face(300)], [], [face(310)]])
    assert [seen is None for seen in people[0].faces] == [False, True, False]
    assert people[0].presence == 2 / 3


def test_a_late_comer_was_absent_before():
    assert link_people([[], [face(300)]])[0].faces[0] is None


def test_nobody_in_any_sample_is_no_person():
    assert link_people([[], []]) == []


def test_the_source_s_face_point_chooses_even_a_small_face_at_the_edge():
    large, small = person(500, size=200), person(900, size=60)
    assert choose_speaker([large, small], WIDTH_PX, np.array([890.0, 210.0]), 0.5) is small


def test_a_face_point_far_from_every_face_chooses_nobody():
    assert choose_speaker([person(500)], WIDTH_PX, np.array([900.0, 200.0]), 0.5) is None


def test_without_a_point_the_larger_face_speaks():
    large, small = person(400, size=150), person(600, size=80)
    assert choose_speaker([small, large], WIDTH_PX, None, 0.5) is large


def test_of_two_like_faces_the_one_in_the_middle_speaks():
    middle, edge = person(500), person(950)
    assert choose_speaker([edge, middle], WIDTH_PX, None, 0.5) is middle


def test_a_face_that_does_not_last_is_no_speaker():
    assert choose_speaker([person(500, seen=1)], WIDTH_PX, None, 0.5) is None


def test_no_face_in_a_blank_picture_at_either_search():
    finder = FaceFinder(min_score=0.6)
    blank = np.full((180, 320, 3), 90, np.uint8)
    assert finder.find(blank) == []
    assert finder.find_small(blank) == []


class OneSquare(FaceFinder):
    """Finds a face at the left end of any square, without a model."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def find(self, rgb: np.ndarray) -> list[Face]:
        self.seen.append(rgb.shape)
        return [face(20, 50, size=20)]


def test_small_faces_are_searched_in_squares_and_placed_in_the_whole_picture():
    finder = OneSquare()
    faces = finder.find_small(np.zeros((100, 200, 3), np.uint8))
    assert finder.seen == [(100, 100, 3)] * 3
    assert sorted(each.box.centre_px[0] for each in faces) == [20.0, 70.0, 120.0]


def test_a_tall_picture_is_searched_from_top_to_bottom():
    faces = OneSquare().find_small(np.zeros((200, 100, 3), np.uint8))
    assert sorted(each.box.centre_px[1] for each in faces) == [50.0, 100.0, 150.0]
