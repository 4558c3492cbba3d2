"""THE TABLE: one card per model that comes with the package. Nothing heavy is imported here."""

from frameloom.catalog import Catalog, ModelCard
from frameloom.models import any_time, perceptual_cards
from frameloom.models.encoders import cards as encoder_networks
from frameloom.models.encoders import exported_cards
from frameloom.models.flow import cards as flow_networks
from frameloom.models.metrics import cards as metric_networks

CARDS = (
    ModelCard(
        name="dis",
        role="interpolator",
        build="frameloom.models.interpolators.dis:DIS",
        summary="motion from DIS optical flow, projected to the moment and fused; no weights",
        licence="Apache-2.0",
        paper="flow: Kroeger et al., ECCV 2016",
    ),
    ModelCard(
        name="dis",
        role="flow",
        build="frameloom.models.flow.dis:DISFlow",
        summary="dense inverse search with block search for small things that move far; no weights",
        licence="Apache-2.0",
        paper="Kroeger et al., ECCV 2016",
    ),
    ModelCard(
        name="blend",
        role="interpolator",
        build="frameloom.models.interpolators.blend:Blend",
        summary="cross-fade without motion; the baseline to beat",
        licence="Apache-2.0",
    ),
    ModelCard(
        name="nearest",
        role="interpolator",
        build="frameloom.models.interpolators.nearest:Nearest",
        summary="the nearer frame again; what is seen without interpolation",
        licence="Apache-2.0",
    ),
    ModelCard(
        name="hog",
        role="encoder",
        build="frameloom.models.encoders.hog:HOGCells",
        summary="orientations of edges in cells of 16 pixels; sees structure, not colour; no weights",
        licence="Apache-2.0",
        paper="Dalal and Triggs, CVPR 2005",
    ),
    ModelCard(
        name="color",
        role="encoder",
        build="frameloom.models.encoders.color:ColorCells",
        summary="colours of cells of 16 pixels, in CIELAB; sees colour, not structure; no weights",
        licence="Apache-2.0",
    ),
    ModelCard(
        name="canny",
        role="descriptor",
        build="frameloom.features.descriptors.canny:canny",
        summary="edges, texture and colours of the whole image; no weights",
        licence="Apache-2.0",
        paper="edges: Canny, TPAMI 1986",
    ),
    ModelCard(
        name="spatial_pyramid",
        aliases=("spatial-pyramid",),
        role="descriptor",
        build="frameloom.features.descriptors.spatial_pyramid:spatial_pyramid",
        summary="edges, texture and colours of each part of the image; no weights",
        licence="Apache-2.0",
        paper="Lazebnik, Schmid and Ponce, CVPR 2006",
    ),
    ModelCard(
        name="hog",
        role="descriptor",
        build="frameloom.features.descriptors.hog:hog",
        summary="where edges are and which way they run, texture, colours; no weights",
        licence="Apache-2.0",
        paper="Dalal and Triggs, CVPR 2005",
    ),
    ModelCard(
        name="spatial_color",
        aliases=("spatial-color",),
        role="descriptor",
        build="frameloom.features.descriptors.spatial_color:spatial_color",
        summary="colours of 4x4 parts of the image, in 256 numbers; no weights",
        licence="Apache-2.0",
    ),
    *any_time.CARDS,
    *perceptual_cards.CARDS,
    *flow_networks.CARDS,
    *encoder_networks.CARDS,
    *exported_cards.CARDS,
    *metric_networks.CARDS,
)

catalog = Catalog(CARDS, encoder_networks.FAMILIES)
