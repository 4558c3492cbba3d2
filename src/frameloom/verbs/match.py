"""Matching frames: names and paths in, results out. Nothing heavy is imported until a verb is called."""

import re
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from frameloom.errors import InputError, RangeError
from frameloom.results.indexing import IndexBuild, IndexInfo, IndexSearch, Match, NearDuplicates

if TYPE_CHECKING:
    from frameloom.retrieval.store import StoredIndex

DEFAULT_DESCRIPTOR = "canny"
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"


def build_index(
    images: str | Path,
    index: str | Path,
    *,
    descriptor: str = DEFAULT_DESCRIPTOR,
    edge_weight: float = 0.33,
    texture_weight: float = 0.33,
    color_weight: float = 0.34,
    size: int = 256,
    aspect: str | float | Fraction = "16:9",
    pooling_method: Literal["avg", "gem"] = "avg",
    gem_p: float = 3.0,
    spatial_grid: int = 2,
    use_global_pooling: bool = False,
    compat: bool = False,
    exact_decode: bool = False,
    dtype: Literal["float32", "float16"] = "float32",
    use_ivf_index: bool = False,
    ivf_nlist: int | None = None,
    ivf_nprobe: int | None = None,
    use_hnsw_index: bool = False,
    use_rabitq_index: bool = False,
    recall: float | None = None,
    max_memory: str | int | None = None,
    workers: int | None = None,
    overwrite: bool = False,
) -> IndexBuild:
    """Describe the images of a folder and the folders in it, so that similar ones are found at once.

    An index of the same images and options is brought up to date: what is new or changed is described, what is gone is
    taken out. An interrupted build goes on where it was.

    Args:
        images: Folder of the images.
        index: Folder for the index; not within that of the images.
        descriptor: How images are compared: canny, spatial_pyramid, hog, spatial_color; see `frameloom models list`,
            role descriptor. Any encoder can be one.
        edge_weight: What edges count, of descriptors that compare edges, texture and colours; only ratios matter.
        texture_weight: What texture counts.
        color_weight: What colours count.
        size: Width in pixels of images as they are compared.
        aspect: Their width by height, such as 16:9: of the frames that will be looked for. Images are cropped to it.
        pooling_method: How an encoder's tokens become one: avg, or gem (generalised mean).
        gem_p: Power of gem.
        spatial_grid: Parts across and down that are described each by itself: 2 or 3.
        use_global_pooling: One part, the whole image, in place of a grid.
        compat: As the original tool computed it, whatever it documented.
        exact_decode: Decode JPEG pictures at full size; else those at least twice as large as needed are decoded at a
            half, a quarter or an eighth.
        dtype: How vectors are stored: float32, or float16 for half the space.
        use_ivf_index: Search only the likeliest parts of the pool (100 images or more).
        ivf_nlist: Into how many parts; 4 * sqrt(images), RaBitQ 2 * sqrt(images), at most 4096, by default.
        ivf_nprobe: How many of them are searched; a 32nd by default.
        use_hnsw_index: Search along a graph of neighbours: faster still, but slow to build.
        use_rabitq_index: Search codes of one bit per number, in parts, and compare the vectors of the likeliest: a
            twentieth of the memory, for millions of images.
        recall: Which share of the ten most similar images must be found, such as 0.95: as much is searched as a sample
            of the images needs for it. Exact or RaBitQ search is chosen where no other is named.
        max_memory: How much memory search may reach into, such as 500M: chooses likewise.
        workers: Processes; as many as there are processors by default.
        overwrite: Replace an index of other images or options, and describe everything anew.

    Raises:
        MediaError: the images cannot be read or the index not written; nothing is left under its name.
        InputError: options that contradict each other.
        UnknownModel: no descriptor or encoder has that name.
    """
    from frameloom.descriptor_options import DescriptorOptions
    from frameloom.features.descriptors.choice import choose_descriptor
    from frameloom.media.writing.target import check_output
    from frameloom.memory import bytes_of
    from frameloom.retrieval.build import IndexPlan, build
    from frameloom.retrieval.describing import Describing
    from frameloom.retrieval.store import NAMES, read_index
    from frameloom.retrieval.structures import StructureWish, chosen_kind

    if workers is not None and workers < 1:
        raise RangeError(f"workers is {workers}; it must be a whole number from 1 up")
    options = DescriptorOptions(
        comparison_size=size,
        aspect=aspect_of(aspect),
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
    plan = IndexPlan(
        describing=Describing(choice=choose_descriptor(descriptor, options), exact_decode=exact_decode),
        dtype=dtype,
        structure=structure,
        workers=workers,
        overwrite=overwrite,
    )
    check_output(Path(index), [Path(images)], overwrite=True, folder=True, names=NAMES)
    made = build(Path(images), Path(index), plan)
    return IndexBuild(
        info=_info(read_index(Path(index))),
        described=made.described,
        removed=made.removed,
        seconds=made.seconds,
        notices=made.notices,
    )


def search_index(
    index: str | Path,
    image: str | Path,
    *,
    count: int = 10,
    images: str | Path | None = None,
    output: str | Path | None = None,
    overwrite: bool = False,
) -> IndexSearch:
    """Find the images of an index that are most like an image.

    Args:
        index: Folder of the index.
        image: What to look for: an image file.
        count: How many to find.
        images: Folder of the images, where it has moved.
        output: A picture for a contact sheet of the image and what was found.
        overwrite: Replace an earlier output of that name.

    Raises:
        CannotOpen: the index or an image is missing or damaged.
        RangeError: `count` is below 1.
        OutputExists, CannotWrite: the output is there already, or no kind of image that is written.
    """
    from frameloom.images import write_image
    from frameloom.media.writing.target import staged_file
    from frameloom.retrieval.index import open_index
    from frameloom.retrieval.opening import describing_of
    from frameloom.retrieval.pictures import read_picture
    from frameloom.retrieval.sheet import check_sheet, contact_sheet

    image, sheet = Path(image), None if output is None else Path(output)
    if sheet is not None:
        check_sheet(sheet, [image, Path(index)], overwrite=overwrite)
    opened = open_index(Path(index), None if images is None else Path(images))
    describing = describing_of(opened.stored)
    framed = describing.frame(read_picture(image, smallest=describing.smallest()))
    query = describing.choice.load().describe(framed[None])
    started = time.perf_counter()
    ids, similarities = opened.search(query, min(count, len(opened.paths)))
    seconds = time.perf_counter() - started
    matches = tuple(
        Match(path=opened.paths[int(place)], similarity=float(similarity))
        for place, similarity in zip(ids[0], similarities[0], strict=True)
    )
    if sheet is not None:
        found = [(match.path, f"{match.similarity:.4f}") for match in matches]
        with staged_file(sheet, overwrite=overwrite) as working:
            write_image(working, contact_sheet([(image, "looked for"), *found]))
    return IndexSearch(
        image=image,
        index=Path(index),
        images=len(opened.paths),
        descriptor=describing.choice.name,
        matches=matches,
        output=sheet,
        seconds=seconds,
    )


def index_info(
    index: str | Path,
    *,
    check: bool = False,
    duplicates: bool = False,
    duplicate_similarity: float | None = None,
    images: str | Path | None = None,
) -> IndexInfo:
    """Show what an index is: its images, options, size, and the files that could not be read.

    Args:
        index: Folder of the index.
        check: Read all its files through, and compare it with the images as they are now.
        duplicates: Find images that are nearly the same: stored again, scaled, cropped or recoloured a little.
        duplicate_similarity: From which similarity on they count as such; a measured one by default, 0.97 by canny.
        images: Folder of the images, where it has moved.

    Raises:
        CannotOpen: it is no index or damaged, or the images cannot be listed.
        InputError: a similarity is needed, or given without `duplicates`.
    """
    from frameloom.retrieval.pool import list_pool
    from frameloom.retrieval.store import check_files, read_index

    if duplicate_similarity is not None and not duplicates:
        raise InputError("--duplicate-similarity says which images are near-duplicates; add --duplicates")
    stored = read_index(Path(index), None if images is None else Path(images))
    alike = _duplicates(stored, duplicate_similarity) if duplicates else None
    if not check:
        return _info(stored, duplicates=alike)
    check_files(stored)
    known = {*stored.images(), *(item.image for item in stored.facts.skipped)}
    there = set(list_pool(stored.paths.root).images)
    return _info(stored, new=len(there - known), gone=len(known - there), up_to_date=known == there, duplicates=alike)


def aspect_of(words: str | float | Fraction) -> Fraction:
    """Width by height as users write it: 16:9, 16/9, 2.39:1, 1.85.

    Raises:
        RangeError: it is none.
    """
    found = re.fullmatch(rf"\s*({_NUMBER})\s*(?:[:/]\s*({_NUMBER}))?\s*", str(words))
    if found is None or Fraction(found[1]) <= 0 or Fraction(found[2] or 1) <= 0:
        raise RangeError(f"aspect is '{words}'; give a width by a height, such as 16:9")
    return Fraction(found[1]) / Fraction(found[2] or 1)


def _duplicates(stored: "StoredIndex", similarity: float | None) -> NearDuplicates:
    from frameloom.progress import Notices
    from frameloom.retrieval.duplicates import least_similarity
    from frameloom.retrieval.kept_duplicates import find_duplicates
    from frameloom.retrieval.store import check_vectors

    started, notices = time.perf_counter(), Notices()
    least = least_similarity(str(stored.facts.parameters.get("descriptor")), similarity)
    check_vectors(stored)
    found = find_duplicates(stored, least, notices)
    return NearDuplicates(
        similarity=least,
        images=sum(len(group.others) for group in found.groups),
        groups=tuple(
            tuple(
                Match(path=stored.paths[place], similarity=alike)
                for place, alike in zip((group.first, *group.others), (1.0, *group.similarities), strict=True)
            )
            for group in found.groups
        ),
        seconds=time.perf_counter() - started,
        reused=found.reused,
        notices=tuple(notices.texts),
    )


def _info(
    stored: "StoredIndex",
    *,
    up_to_date: bool | None = None,
    new: int = 0,
    gone: int = 0,
    duplicates: NearDuplicates | None = None,
) -> IndexInfo:
    from frameloom.retrieval.structures import memory_of

    facts = stored.facts
    structure = facts.structure
    return IndexInfo(
        index=stored.folder,
        root=stored.paths.root,
        images=facts.images,
        descriptor=str(facts.parameters.get("descriptor")),
        dims=facts.dims,
        dtype=facts.dtype,
        options=dict(facts.parameters.get("options") or {}),
        exact_decode=bool(facts.parameters.get("exact_decode")),
        search="exact" if structure is None else structure.kind,
        search_settings={} if structure is None else structure.settings(),
        search_recall=1.0 if structure is None else structure.recall,
        search_memory=memory_of(structure, facts.images, dims=facts.dims, itemsize=stored.vectors.itemsize),
        size=sum(file.stat().st_size for file in stored.folder.iterdir()),
        skipped={item.image.path: item.why for item in facts.skipped},
        made_with=facts.made_with,
        up_to_date=up_to_date,
        new=new,
        gone=gone,
        duplicates=duplicates,
    )
