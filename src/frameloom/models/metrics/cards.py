"""Cards of the networks that metrics are made of, each with a file of its own. Nothing heavy is imported here."""

from frameloom.catalog import Checkpoint, ModelCard

_BUILD = "frameloom.models.metrics.parts:load_part"
_LPIPS = "https://github.com/richzhang/PerceptualSimilarity"
_TORCHVISION = "https://download.pytorch.org/models"


def _classifier(name: str, network: str, file: str, *, paper: str) -> ModelCard:
    """A network that was trained to tell what images show; its features are compared."""
    return ModelCard(
        name=name,
        role="metric",
        build=_BUILD,
        network=f"frameloom.models.metrics.features:{network}",
        checkpoint=Checkpoint(
            path=f"torchvision/{file}",
            other_paths=(f"torch/hub/checkpoints/{file}",),
            source=f"{_TORCHVISION}/{file}",
            url=f"{_TORCHVISION}/{file}",
            licence="BSD-3-Clause",
        ),
        summary="features of an image classifier, which lpips or dists compares",
        licence="Apache-2.0",
        paper=paper,
    )


def _lpips(name: str, network: str, file: str, *, size: int, sha256: str) -> ModelCard:
    """What LPIPS has learned from people: how much each feature of a classifier counts."""
    return ModelCard(
        name=name,
        role="metric",
        build=_BUILD,
        network=f"frameloom.models.metrics.lpips:{network}",
        checkpoint=Checkpoint(
            path=f"LPIPS/lpips/weights/v0.1/{file}",
            source=f"{_LPIPS}, lpips/weights/v0.1/{file}; it also comes inside the package lpips",
            url=f"{_LPIPS}/raw/master/lpips/weights/v0.1/{file}",
            licence="BSD-2-Clause",
            size=size,
            sha256=sha256,
        ),
        summary="how much people care for each feature of a classifier (version 0.1)",
        licence="Apache-2.0",
        paper="Zhang et al., CVPR 2018",
    )


CARDS = (
    _classifier("alexnet", "AlexNet", "alexnet-owt-7be5be79.pth", paper="Krizhevsky, arXiv 1404.5997"),
    _classifier("vgg16", "VGG16", "vgg16-397923af.pth", paper="Simonyan and Zisserman, ICLR 2015"),
    _classifier("squeezenet", "SqueezeNet", "squeezenet1_1-b8a52dc0.pth", paper="Iandola et al., arXiv 1602.07360"),
    _lpips(
        "lpips-alex", "AlexNetHeads", "alex.pth", size=6009,
        sha256="df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
    ),
    _lpips(
        "lpips-vgg", "VGG16Heads", "vgg.pth", size=7289,
        sha256="a78928a0af1e5f0fcb1f3b9e8f8c3a2a5a3de244d830ad5c1feddc79b8432868",
    ),
    _lpips(
        "lpips-squeeze", "SqueezeNetHeads", "squeeze.pth", size=10811,
        sha256="4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76",
    ),
    ModelCard(
        name="dists",
        role="metric",
        build=_BUILD,
        network="frameloom.models.metrics.dists:DISTSWeights",
        checkpoint=Checkpoint(
            path="DISTS/weights.pt",
            source="https://github.com/dingkeyan93/DISTS, DISTS_pytorch/weights.pt; "
            "it also comes inside the package DISTS-pytorch",
            url="https://github.com/dingkeyan93/DISTS/raw/master/DISTS_pytorch/weights.pt",
            licence="MIT",
            size=12288,
            sha256="f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218",
        ),
        summary="how much structure and texture of each feature of VGG16 count",
        licence="Apache-2.0",
        paper="Ding et al., TPAMI 2022",
    ),
    ModelCard(
        name="pwc-net",
        aliases=("pwcnet",),
        role="metric",
        build=_BUILD,
        network="frameloom.models.metrics.pwc_net:PWCNet",
        checkpoint=Checkpoint(
            path="PWC-Net/network-default.pytorch",
            source="https://github.com/sniklaus/pytorch-pwc, the address of network-default.pytorch in its run.py",
            licence="GPL-3.0 (pytorch-pwc, converted from NVIDIA's)",
        ),
        summary="optical flow that flolpips weighs its differences by",
        licence="Apache-2.0",
        paper="Sun et al., CVPR 2018",
    ),
    ModelCard(
        name="vfips",
        role="metric",
        build=_BUILD,
        network="frameloom.models.metrics.vfips:VFIPSNetwork",
        checkpoint=Checkpoint(
            path="VFIPS/exp/eccv_ms_multiscale_v33/model.pytorch",
            source="https://github.com/hqqxyy/VFIPS, exp/eccv_ms_multiscale_v33/model.pytorch",
            url="https://github.com/hqqxyy/VFIPS/raw/main/exp/eccv_ms_multiscale_v33/model.pytorch",
            licence="MIT",
        ),
        summary="how far apart twelve frames in a row look to people",
        licence="Apache-2.0",
        paper="Hou, Ghildyal, Liu, ECCV 2022",
    ),
)  # fmt: skip
