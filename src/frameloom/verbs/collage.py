"""Making collages: names and paths in, results out. Nothing heavy is imported until a verb is called."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

from frameloom.media.choices import OnError, Preset, VideoCodec
from frameloom.results.collage import Collage, MethodComparison
from frameloom.retrieval.selection import Assign, Below
from frameloom.runtime import Device, Runtime


def collage(
    video: str | Path,
    images: str | Path,
    output: str | Path,
    *,
    descriptor: str | None = None,
    repeat: bool = True,
    assign: Assign = "greedy",
    search_depth: int = 10,
    seed: int = 0,
    threshold: float | None = None,
    below: Below = "source",
    hold: int = 1,
    smooth: float = 0.0,
    size: int = 256,
    edge_weight: float = 0.33,
    texture_weight: float = 0.33,
    color_weight: float = 0.34,
    pooling_method: Literal["avg", "gem"] = "avg",
    gem_p: float = 3.0,
    spatial_grid: int = 2,
    use_global_pooling: bool = False,
    compat: bool = False,
    use_ivf_index: bool = False,
    ivf_nlist: int | None = None,
    ivf_nprobe: int | None = None,
    use_hnsw_index: bool = False,
    use_rabitq_index: bool = False,
    recall: float | None = None,
    max_memory: str | int | None = None,
    skip_near_duplicates: bool = False,
    duplicate_similarity: float | None = None,
    checkpoint: str | Path | None = None,
    device: Device = "auto",
    force_mobilenet_export: bool = False,
    fps_override: str | float | Fraction | None = None,
    demo: bool = False,
    demo_seconds: float = 20,
    demo_images: int = 1000,
    skip_output: bool = False,
    frames: bool = True,
    save_samples: int = 0,
    sample_interval: int = 1,
    codec: VideoCodec = "h264",
    crf: int | None = None,
    preset: Preset = "ultrafast",
    audio: Literal["copy", "drop"] = "copy",
    on_error: OnError = "stop",
    checkpoint_batch: int = 10,
    workers: int | None = None,
    overwrite: bool = False,
) -> Collage:
    """Replace every frame of a video by the most similar image of a pool.

    Images are cropped to the video's proportions. Times are kept; sound, subtitles, chapters and tags come along. An
    interrupted run goes on where it was.

    Args:
        video: Video, animated GIF, WebP or PNG, folder of images, or image.
        images: Folder of the images, also in folders within it; or an index made by `frameloom index build`.
        output: .mp4, .mov or .mkv for the video alone; any other name is a folder for the video, its frames, samples
            and results.json.
        descriptor: How images are compared: canny (the default), spatial_pyramid, hog, spatial_color, mobilenet,
            efficientnet, or any encoder; see `frameloom models list`. An index keeps its own.
        repeat: Whether an image may stand for several frames. If not, each frame in turn gets the best one left.
        assign: Without repeats: greedy, each frame in turn gets the best image left; or optimal, all together get the
            images with the largest sum of similarities, with proof.
        search_depth: Draw one of so many most similar images; 1 takes the most similar.
        seed: Which images are drawn, a whole number from 0.
        threshold: The least similarity, -1 to 1; below it a frame is not replaced.
        below: What such a frame shows: source (itself), hold (the image before), or best (the most similar after all).
        hold: A picture stays at least so many frames, and those are chosen that suit the whole video best; nothing is
            drawn. Without repeats none comes back once it was left.
        smooth: What a change of the picture must gain, in similarity summed over the frames it stays. With the default
            descriptor 0.02 left a fifth of the changes that the most similar images make (15 clips), 0.05 a ninth, 0.1
            a tenth, 0.5 a twentieth; the mean similarity fell by 0.001 at most up to 0.1, and by 0.004 at 0.5.
        size: Width in pixels of images as they are compared.
        edge_weight: What edges count, of descriptors that compare edges, texture and colours; only ratios matter.
        texture_weight: What texture counts.
        color_weight: What colours count.
        pooling_method: How an encoder's tokens become one: avg, or gem (generalised mean).
        gem_p: Power of gem.
        spatial_grid: Parts across and down that are described each by itself: 2 or 3.
        use_global_pooling: One part, the whole image, in place of a grid.
        compat: Compare as the original tool did, whatever it documented.
        use_ivf_index: Search only the likeliest parts of the pool (100 images or more).
        ivf_nlist: Into how many parts; 4 * sqrt(images), RaBitQ 2 * sqrt(images), at most 4096, by default.
        ivf_nprobe: How many of them are searched; a 32nd by default.
        use_hnsw_index: Search along a graph of neighbours: faster still, but slow to build.
        use_rabitq_index: Search codes of one bit per number, in parts, and compare the vectors of the likeliest: a
            twentieth of the memory, for millions of images.
        recall: Which share of the ten most similar images must be found, such as 0.95: as much is searched as a sample
            of the images needs for it. Exact or RaBitQ search is chosen where no other is named.
        max_memory: How much memory search may reach into, such as 500M: chooses likewise.
        skip_near_duplicates: Of images that are nearly the same, use the first by name alone.
        duplicate_similarity: From which similarity on images are nearly the same; a measured one by default, 0.97 by
            canny.
        checkpoint: Weights of a descriptor that has some: a file or folder.
        device: Where a network runs: auto, cpu, cuda or mps.
        force_mobilenet_export: Export mobilenet or efficientnet anew; other weights are exported anyway.
        fps_override: Take so many frames a second, and play them at that rate: 10, 24000/1001. The duration stays.
            Images have no time: all are taken, and played at that rate.
        demo: Use the beginning of the video and the first images only.
        demo_seconds: How much of the video a demo uses.
        demo_images: How many images a demo uses.
        skip_output: Only choose: write results.json and no pictures.
        frames: Write each frame as a JPEG file too, where the output is a folder.
        save_samples: Write so many pictures of a frame beside its image, and a sheet of them.
        sample_interval: Every how many frames there is one.
        codec: How the video is encoded; in a folder, prores becomes .mov and ffv1 .mkv.
        crf: Quality of the encoding, 0 (best, largest) to 51, av1 to 63; default 18 for h264, 20 for hevc and av1.
        preset: How much work h264 and hevc take for a smaller file, ultrafast to veryslow. Where no frame is like the
            one before, veryfast takes a third off the size, and more gains nothing.
        audio: copy keeps the sound, drop leaves it out.
        on_error: What to do about frames that cannot be decoded: stop, or skip them (the last good frame counts).
        checkpoint_batch: After how many frames progress is saved.
        workers: Processes that describe images, and threads that read them; as many as there are processors by default.
        overwrite: Replace an earlier output of that name; what it chose is used again if only the output is to change.

    Raises:
        MediaError: the video or an image cannot be read, or the output not written; nothing is left under its name,
            and what is finished is kept for the next run of the same call.
        InputError: too few images, or options that contradict each other or the video.
        UnknownModel: no descriptor has that name.
    """
    from frameloom.descriptor_options import DescriptorOptions
    from frameloom.media.timeline import rate_of
    from frameloom.media.writing.encoding import Encoding
    from frameloom.memory import bytes_of
    from frameloom.retrieval.calm.wishes import Calmness
    from frameloom.retrieval.collage import make_collage
    from frameloom.retrieval.collage_wishes import Wishes
    from frameloom.retrieval.describing import processors
    from frameloom.retrieval.exports import forget_exports
    from frameloom.retrieval.searching import PoolWish
    from frameloom.retrieval.selection import Rules
    from frameloom.retrieval.structures import StructureWish, chosen_kind

    wishes = Wishes(
        rules=Rules(
            repeat=repeat,
            depth=search_depth,
            seed=seed,
            threshold=threshold,
            below=below,
            assign=assign,
            calm=Calmness(hold=hold, switch_cost=smooth),
        ),
        encoding=Encoding(codec=codec, crf=crf, preset=preset),
        rate=None if fps_override is None else rate_of(fps_override),
        seconds=Fraction(str(demo_seconds)) if demo else None,
        batch=checkpoint_batch,
        frames=frames,
        samples=save_samples,
        interval=sample_interval,
        video=not skip_output,
        audio=audio,
        on_error=on_error,
        workers=processors() if workers is None else workers,
        overwrite=overwrite,
    )
    options = DescriptorOptions(
        comparison_size=size,
        edge_weight=edge_weight,
        texture_weight=texture_weight,
        color_weight=color_weight,
        spatial_grid=1 if use_global_pooling else spatial_grid,
        pooling=pooling_method,
        gem_p=gem_p,
        compat=compat,
    )
    structure = StructureWish(
        kind=chosen_kind(
            ivf=use_ivf_index,
            hnsw=use_hnsw_index,
            rabitq=use_rabitq_index,
            limited=recall is not None or max_memory is not None,
        ),
        lists=ivf_nlist,
        probes=ivf_nprobe,
        recall=recall,
        max_memory=bytes_of(max_memory),
    )
    pool = PoolWish(
        place=Path(images),
        descriptor=descriptor,
        options=options,
        structure=structure,
        runtime=Runtime(checkpoint=None if checkpoint is None else Path(checkpoint), device=device),
        limit=demo_images if demo else None,
        workers=workers,
        skip_near_duplicates=skip_near_duplicates,
        duplicate_similarity=duplicate_similarity,
    )
    if force_mobilenet_export:
        forget_exports()
    return make_collage(Path(video), Path(output), pool, wishes)


def compare_methods(
    video: str | Path,
    images: str | Path,
    output: str | Path = "demo_output",
    *,
    methods: Sequence[str] = ("canny", "spatial_pyramid", "hog", "spatial_color", "mobilenet", "efficientnet"),
    frames: int = 5,
    top_k: int = 3,
    seed: int = 42,
    size: int = 256,
    spatial_grid: int = 2,
    demo_images: int | None = None,
    force_mobilenet_export: bool = False,
    overwrite: bool = False,
) -> MethodComparison:
    """Show what several ways to compare images find for the same frames of a video, and how long they take.

    Writes a picture for each frame, with a row for each method, and a table as Markdown and JSON.

    Args:
        video: Video, animation or folder of images.
        images: Folder of the images, also in folders within it.
        output: A folder.
        methods: Descriptors or encoders; those that cannot be used here are left out, with the reason.
        frames: How many frames, spread over the video.
        top_k: How many images are shown for each.
        seed: Which frames are drawn, a whole number from 0.
        size: Width in pixels of images as they are compared.
        spatial_grid: Parts across and down that are described each by itself: 2 or 3.
        demo_images: Use at most so many images, the first ones.
        force_mobilenet_export: Export mobilenet and efficientnet anew.
        overwrite: Replace an earlier comparison in that folder.

    Raises:
        MediaError: the video or the images cannot be read, or the output not written.
        ModelError: none of the methods can be used here.
        UnknownModel: no method has that name.
    """
    from frameloom.descriptor_options import DescriptorOptions
    from frameloom.retrieval import method_comparison
    from frameloom.retrieval.exports import forget_exports

    trial = method_comparison.Trial(
        methods=tuple(methods),
        options=DescriptorOptions(comparison_size=size, spatial_grid=spatial_grid),
        runtime=Runtime(),
        frames=frames,
        count=top_k,
        seed=seed,
        limit=demo_images,
        overwrite=overwrite,
    )
    if force_mobilenet_export:
        forget_exports()
    return method_comparison.compare_methods(Path(video), Path(images), Path(output), trial)
