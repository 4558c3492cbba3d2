"""Progress that nobody asked for is silent; notices and seconds are kept."""

import threading
import time
from collections.abc import Iterable, Iterator

import pytest

from frameloom.progress import Notices, Stopwatch, listening, track


def test_items_pass_untouched_when_nobody_listens(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(iter([3, 1, 2]), "work", 3)) == [3, 1, 2]
    notices = Notices()
    notices.add("mind the gap")
    assert notices.texts == ["mind the gap"]
    assert capsys.readouterr() == ("", "")


def test_a_listener_sees_items_label_and_total_only_inside_its_block() -> None:
    seen: list[object] = []

    def listener(items: Iterable[object], label: str, total: int | None, done: int) -> Iterator[object]:
        seen.append((label, total, done))
        for item in items:
            seen.append(item)
            yield item

    told: list[str] = []
    with listening(listener, told.append):
        assert list(track([1, 2], "work", 5, 3)) == [1, 2]
        Notices().add("hear")
    assert list(track([7], "later")) == [7]
    Notices().add("unheard")
    assert seen == [("work", 5, 3), 1, 2]
    assert told == ["hear"]


def test_listeners_are_given_back_after_an_error() -> None:
    told: list[str] = []
    with pytest.raises(ValueError, match="x"), listening(None, told.append):
        raise ValueError("x")
    Notices().add("unheard")
    assert told == []


def test_the_same_notice_is_told_once() -> None:
    told: list[str] = []
    with listening(None, told.append):
        notices = Notices()
        notices.add("a")
        notices.add("a")
        notices.add("b")
    assert told == notices.texts == ["a", "b"]


def test_stopwatch_adds_up_by_name_also_after_errors_and_from_threads() -> None:
    watch = Stopwatch()
    with pytest.raises(ValueError, match="x"), watch.timing("nap"):
        time.sleep(0.02)
        raise ValueError("x")

    def nap() -> None:
        with watch.timing("nap"):
            time.sleep(0.02)

    workers = [threading.Thread(target=nap) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert 0.08 <= watch.seconds["nap"] < 1


def test_stopwatch_counts_the_making_of_items_and_not_their_use() -> None:
    def slow() -> Iterator[int]:
        for number in range(3):
            time.sleep(0.01)
            yield number

    watch = Stopwatch()
    for _ in watch.timed(slow(), "make"):
        time.sleep(0.03)
    assert 0.03 <= watch.seconds["make"] < 0.08
