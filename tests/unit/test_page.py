"""The demonstration page: whole in one file, safe with any text, and readable with any scores."""

import json
import math
import re
from base64 import b64decode
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from frameloom.reports.page import DemoPage, FrameScore, Stage, Still, render_page, telling_frames
from frameloom.reports.page_pictures import amplified_difference

CLIP = bytes(range(256)) * 4
HOSTILE = "</script><script>alert('x')</script>\"><img src=x onerror=alert(1)>&$title"
VOID = {"meta", "link", "img", "input", "br"}


class Outline(HTMLParser):
    """Checks that tags close in order and collects what a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.identifiers: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.hidden_headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.references += [named[name] or "" for name in ("src", "href", "srcset", "poster", "data") if name in named]
        self.identifiers += [named["id"] or ""] if "id" in named else []
        if tag == "section" and "hidden" in named:
            self.hidden_headings.append(named.get("aria-labelledby") or "")
        assert len(named) == len(attrs), f"<{tag}> repeats an attribute: {attrs}"
        assert not any(name.startswith("on") for name in named), f"<{tag}> carries a script: {attrs}"
        assert tag != "img" or named.get("alt"), "a picture without a description"

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "script" not in self.open and "style" not in self.open:
            self.words.append(data)


def outline_of(document: str) -> Outline:
    outline = Outline()
    outline.feed(document)
    outline.close()
    assert outline.open == []
    assert len(set(outline.identifiers)) == len(outline.identifiers)
    return outline


def words_of(document: str) -> str:
    return " ".join(" ".join(outline_of(document).words).split())


def score(index: int, psnr: float, *, made: bool = True) -> FrameScore:
    return FrameScore(index=index, time=index / 30, made=made, psnr=psnr, ssim=0.9, ie=2.5)


def scores_of(*made: float) -> list[FrameScore]:
    """Return scores of a doubled clip: a source frame, a made frame, ..., a source frame."""
    every = [score(0, math.inf, made=False)]
    for position, psnr in enumerate(made):
        every += [score(2 * position + 1, psnr), score(2 * position + 2, math.inf, made=False)]
    return every


def picture(level: int) -> NDArray[np.uint8]:
    return np.full((36, 64, 3), level, np.uint8)


def still(index: int, psnr: float) -> Still:
    return Still(
        index=index,
        time=index / 30,
        psnr=psnr,
        first=picture(9),
        result=picture(80),
        truth=picture(90),
        last=picture(200),
    )


@pytest.fixture
def page() -> DemoPage:
    return DemoPage(
        title="Demonstration",
        subtitle="From 15 to 30 frames per second",
        intro=["First sentence.", "Second sentence."],
        model="dis",
        rate=Fraction(30),
        input_clip=CLIP,
        result_clip=CLIP,
        truth_clip=CLIP,
        difference_clip=CLIP,
        scores=scores_of(30.0, 34.0, 32.0),
        baseline_scores={"repeat": scores_of(20.0, 21.0, 22.0), "cross-fade": scores_of(25.0, 36.0, 26.0)},
        stills=[still(1, 30.0), still(3, 34.0)],
        stages=[Stage(name="make", seconds=3.0), Stage(name="measure", seconds=1.0)],
        facts={"Size": "64 x 36", "Seed": "7"},
        command="frameloom demo page.html --seed 7",
    )


def test_the_page_is_one_whole_document(page: DemoPage) -> None:
    outline = outline_of(render_page(page))
    assert outline.tags.count("video") == 4
    assert outline.tags.count("article") == 2
    assert outline.hidden_headings == ["split-heading"]  # the script shows it: without one it could not be dragged


def test_nothing_comes_from_outside(page: DemoPage) -> None:
    document = render_page(page)
    assert all(reference.startswith("data:") for reference in outline_of(document).references)
    assert not re.search(r"https?:|@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket", document)
    assert "default-src 'none'" in document


def test_clips_arrive_unchanged_from_bytes_and_from_files(page: DemoPage, tmp_path: Path) -> None:
    clip_file = tmp_path / "result.mp4"
    clip_file.write_bytes(CLIP)
    document = render_page(replace(page, result_clip=clip_file))
    clips = re.findall(r'data-role="(\w+)"[^>]*src="data:video/mp4;base64,([^"]*)"', document)
    assert [role for role, _ in clips] == ["input", "result", "truth", "difference"]
    assert all(b64decode(clip) == CLIP for _, clip in clips)


def test_a_missing_clip_file_is_an_error(page: DemoPage, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        render_page(replace(page, truth_clip=tmp_path / "absent.mp4"))


def test_stills_carry_their_pictures_and_the_amplified_difference(page: DemoPage) -> None:
    document = render_page(replace(page, stills=[still(1, 30.0)]))
    pictures = [
        cv2.imdecode(np.frombuffer(b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
        for encoded in re.findall(r'src="data:image/jpeg;base64,([^"]*)"', document)
    ]
    shown = [round(float(np.mean(np.asarray(decoded)))) for decoded in pictures]
    assert shown == pytest.approx([9, 200, 80, 90, 40], abs=1)


def test_the_difference_is_absolute_amplified_and_cut_off() -> None:
    assert amplified_difference(picture(80), picture(90), gain=4)[0, 0].tolist() == [40, 40, 40]
    assert amplified_difference(picture(250), picture(3), gain=4)[0, 0].tolist() == [255, 255, 255]


def test_hostile_text_stays_text(page: DemoPage) -> None:
    hostile = replace(
        page,
        title=HOSTILE,
        subtitle=HOSTILE,
        intro=[HOSTILE],
        model=HOSTILE,
        baseline_scores={HOSTILE: scores_of(20.0, 21.0, 22.0)},
        stages=[Stage(name=HOSTILE, seconds=1)],
        facts={HOSTILE: HOSTILE},
        command=HOSTILE,
    )
    document = render_page(hostile)
    plain, attacked = outline_of(render_page(page)), outline_of(document)
    assert attacked.tags.count("script") == plain.tags.count("script") == 2
    assert attacked.tags.count("img") == plain.tags.count("img")
    assert words_of(document).count(HOSTILE) >= 10  # all of it is readable, the template's sign included


def test_the_script_gets_every_frame(page: DemoPage) -> None:
    found = re.search(r'id="page-data">(.*?)</script>', render_page(page), re.DOTALL)
    assert found
    given = json.loads(found[1])
    assert given["rate"] == 30
    assert [frame["index"] for frame in given["frames"]] == list(range(7))
    assert given["frames"][3] == {
        "index": 3,
        "made": True,
        "psnr": "34.00 dB",
        "baselines": {"repeat": "21.00 dB", "cross-fade": "36.00 dB"},
    }


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        ((30.0, 34.0, 32.0), "dis comes 3.0 dB closer to the truth than cross-fade."),
        ((20.0, 20.0, 20.0), "On this clip cross-fade is 9.0 dB closer to the truth than dis."),
        ((29.0, 29.0, 29.02), "dis is level with cross-fade on this clip."),
        ((math.inf, math.inf, math.inf), "Every frame that dis made is identical to the truth."),
    ],
)
def test_the_headline_tells_the_outcome(page: DemoPage, made: tuple[float, ...], verdict: str) -> None:
    assert f'<h2 id="verdict-heading">{verdict}</h2>' in render_page(replace(page, scores=scores_of(*made)))


def test_the_evidence_counts_frames_that_beat_every_plain_method(page: DemoPage) -> None:
    assert "2 of 3 made frames beat every plain method." in words_of(render_page(page))


def test_means_leave_source_frames_and_identical_frames_out(page: DemoPage) -> None:
    words = words_of(render_page(replace(page, scores=scores_of(30.0, math.inf, 32.0))))
    assert "dis 31.00 dB 0.9000 2.50" in words
    assert "1 frame is identical to the truth and not part of the mean PSNR." in words


def test_a_baseline_named_like_the_model_keeps_both_rows(page: DemoPage) -> None:
    words = words_of(render_page(replace(page, baseline_scores={"dis": scores_of(20.0, 21.0, 22.0)})))
    assert "dis 32.00 dB" in words
    assert "dis 21.00 dB" in words


def test_infinite_scores_read_as_identical(page: DemoPage) -> None:
    document = render_page(replace(page, scores=scores_of(math.inf, 34.0, 32.0), stills=[still(1, math.inf)]))
    assert "PSNR identical" in words_of(document)
    assert not re.search(
        r"\b(inf|nan|Infinity|NaN)\b", re.sub(r"base64,[^\"]*", "", document.split("<main>")[1].split("<script>")[0])
    )


def test_zero_made_frames_still_make_a_page(page: DemoPage) -> None:
    source_only = [score(index, math.inf, made=False) for index in range(5)]
    outline = outline_of(render_page(replace(page, scores=source_only, stills=(), baseline_scores={})))
    assert "No frame was made, so there is nothing to judge." in " ".join(outline.words)
    assert {"curve-heading", "stills-heading"} <= set(outline.hidden_headings)


def test_a_page_without_truth_scores_or_facts(page: DemoPage) -> None:
    bare = DemoPage(title="t", subtitle="s", model="dis", rate=Fraction(24), input_clip=CLIP, result_clip=CLIP)
    outline = outline_of(render_page(bare))
    assert outline.tags.count("video") == 2
    assert "What dis made was not measured." in " ".join(outline.words)
    assert {"time-heading", "facts-heading"} <= set(outline.hidden_headings)


@pytest.mark.parametrize("psnr", [31.5, math.inf])
def test_a_single_made_frame(page: DemoPage, psnr: float) -> None:
    alone = replace(
        page, scores=[score(0, psnr)], baseline_scores={"repeat": [score(0, 20.0)]}, stills=[still(0, psnr)]
    )
    document = render_page(alone)
    outline_of(document)
    assert "The only made frame" in document
    assert document.count('class="dot"') == 1


@pytest.mark.parametrize("made", [(30.0,) * 3, (0.0, 0.1, 99.0), (-3.0, 5.0, math.inf)])
def test_the_curve_stays_inside_its_axes(page: DemoPage, made: tuple[float, ...]) -> None:
    document = render_page(replace(page, scores=scores_of(*made), baseline_scores={}))
    points = re.findall(r'<circle class="dot"[^>]* cx="([^"]+)" cy="([^"]+)"', document)
    assert len(points) == 3
    assert all(74 <= float(x) <= 984 and 30 <= float(y) <= 288 for x, y in points)


def test_better_frames_stand_higher_in_the_curve(page: DemoPage) -> None:
    heights = [float(y) for y in re.findall(r'<circle class="dot"[^>]* cy="([^"]+)"', render_page(page))]
    assert heights[1] < heights[2] < heights[0]


def test_identical_frames_stand_apart_from_the_best_of_the_others(page: DemoPage) -> None:
    document = render_page(replace(page, scores=scores_of(30.0, math.inf, 35.0), baseline_scores={}))
    heights = [float(y) for y in re.findall(r'<circle class="dot"[^>]* cy="([^"]+)"', document)]
    assert heights[1] + 20 < heights[2]
    assert ">identical</text>" in document


def test_the_time_bar_shows_shares(page: DemoPage) -> None:
    document = render_page(page)
    assert "make 3.00 s 75%" in words_of(document)
    assert [float(width) for width in re.findall(r'<rect [^>]*width="([^"]+)"', document)] == [75, 25]


def test_telling_frames_are_the_worst_three_the_median_and_the_best() -> None:
    assert telling_frames(scores_of(35.0, 31.0, 38.0, 33.0, 40.0, 32.0, 34.0)) == [3, 11, 7, 13, 9]
    assert telling_frames(scores_of(35.0, 31.0)) == [3, 1]
    assert telling_frames(scores_of()) == []


def test_stills_are_named_by_rank(page: DemoPage) -> None:
    words = words_of(render_page(replace(page, stills=[still(1, 30.0), still(5, 32.0), still(3, 34.0)])))
    assert "Worst, frame 1" in words
    assert "Second worst, frame 5" in words
    assert "Best, frame 3" in words
