"""Cards of PerVFI, in its two forms. Nothing heavy is imported here."""

from frameloom.catalog import Checkpoint, InputSpec, ModelCard

_SOURCE = 'https://huggingface.co/Mulns/PerVFI-v1-0, the "checkpoints" link of https://github.com/mulns/PerVFI'


def _card(name: str, version: str, summary: str, *, network: str, samples: bool) -> ModelCard:
    return ModelCard(
        name=name,
        aliases=(f"PerVFI/{version}", f"PerVFI-{version}"),
        role="interpolator",
        build="frameloom.models.perceptual:PerceptualInterpolator",
        network=f"frameloom.models.interpolators.pervfi:{network}",
        input=InputSpec(multiple=8, place="end", fill="zero", bytes_per_pixel=_BYTES_PER_PIXEL),
        checkpoint=Checkpoint(
            path=f"PerVFI/{version}.pth",
            source=_SOURCE,
            licence="Apache-2.0",  # of the code: none is stated for the weights alone
        ),
        flow="raft",
        samples=samples,
        summary=summary,
        licence="Apache-2.0",
        paper="Wu et al., CVPR 2024",
    )


_BYTES_PER_PIXEL = 2500  # the peak of one moment at 864x480; 375 MiB of it, in strips, do not grow with the frame

CARDS = (
    _card(
        "pervfi",
        "v00",
        "the first frame carried along a flow, its holes filled from the last; sharp, drawn by a normalising flow",
        network="PerVFIv0",
        samples=True,
    ),
    _card(
        "pervfi-vb",
        "vb",
        "PerVFI with a plain decoder: the same frames every time",
        network="PerVFIvb",
        samples=False,
    ),
)
