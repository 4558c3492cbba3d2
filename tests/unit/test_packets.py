"""Packets come back as the encoder gave them, joined in one rising order of decoding."""

from fractions import Fraction
from pathlib import Path

import pytest
from av import Packet

from frameloom.errors import MediaError
from frameloom.media.writing.stored_packets import PacketWriter, joined, presentation_times, read_stored

UNIT = Fraction(1, 50)


def write(path: Path, pictures: list[tuple[int, int]]) -> PacketWriter:
    """Packets of (pts, dts), the first a key frame."""
    writer = PacketWriter(path)
    for index, (pts, dts) in enumerate(pictures):
        packet = Packet(bytes([index]) * (index + 1))
        packet.pts, packet.dts, packet.duration, packet.is_keyframe = pts, dts, 2, index == 0
        writer.append(packet)
    writer.close()
    return writer


def test_packets_are_kept_as_they_are(tmp_path: Path) -> None:
    writer = write(tmp_path / "a", [(0, -2), (4, -1), (2, 0)])
    assert writer.delay == 2
    kept = list(read_stored(tmp_path / "a"))
    assert [(item.pts, item.duration, item.is_keyframe, item.data) for item in kept] == [
        (0, 2, True, b"\0"), (4, 2, False, b"\1\1"), (2, 2, False, b"\2\2\2")
    ]  # fmt: skip
    assert presentation_times(tmp_path / "a") == [0, 4, 2]


def test_joined_packets_are_decoded_in_time_and_in_order(tmp_path: Path) -> None:
    write(tmp_path / "a", [(0, -4), (4, -2), (2, 0), (6, 2)])
    write(tmp_path / "b", [(8, 4), (14, 6), (10, 8), (12, 10)])
    packets = list(joined([tmp_path / "a", tmp_path / "b"], UNIT, 2))
    assert [packet.pts for packet in packets] == [0, 4, 2, 6, 8, 14, 10, 12]
    assert [packet.dts for packet in packets] == [-4, -2, 0, 2, 4, 6, 8, 10]
    assert all(packet.dts <= packet.pts for packet in packets)
    assert {packet.time_base for packet in packets} == {UNIT}
    assert [packet.is_keyframe for packet in packets] == [True, False, False, False] * 2


@pytest.mark.parametrize("delay", [0, 1, 2, 5])
def test_fewer_packets_than_the_delay(tmp_path: Path, delay: int) -> None:
    write(tmp_path / "a", [(7, 7)])
    assert [packet.dts for packet in joined([tmp_path / "a"], UNIT, delay)] == [7]


@pytest.mark.parametrize("lost", [1, 3, 23])
def test_a_file_that_is_cut_short_is_told(tmp_path: Path, lost: int) -> None:
    write(tmp_path / "a", [(0, 0), (2, 2), (4, 4)])
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(whole[:-lost])
    with pytest.raises(MediaError, match="delete the folder"):
        list(read_stored(tmp_path / "a"))
