"""Cards of the encoders that ONNX Runtime runs. Nothing heavy is imported here."""

from frameloom.catalog import Checkpoint, ModelCard

_ADDRESS = "https://download.pytorch.org/models/"


def _published(file: str) -> Checkpoint:
    """A file that torchvision downloads, and keeps in the folder `checkpoints` of PyTorch's cache."""
    return Checkpoint(path=file, source=_ADDRESS + file, url=_ADDRESS + file, licence="BSD-3-Clause")


_MOBILENET = _published("mobilenet_v3_small-047dcff4.pth")
_EFFICIENTNET = _published("efficientnet_b0_rwightman-7f5810bc.pth")
_WITHOUT_TORCH = "runs without PyTorch once exported"

CARDS = (
    ModelCard(
        name="mobilenet",
        role="encoder",
        build="frameloom.models.encoders.exported:MobileNet",
        network="frameloom.models.encoders.mobilenet:MobileNetV3Small",
        checkpoint=_MOBILENET,
        summary=f"MobileNetV3-Small, 48 channels at 14x14; {_WITHOUT_TORCH}",
        licence="Apache-2.0",
        paper="Howard et al., ICCV 2019",
    ),
    ModelCard(
        name="mobilenet-original",
        role="encoder",
        build="frameloom.models.encoders.exported:OriginalMobileNet",
        network="frameloom.models.encoders.mobilenet:MobileNetV3Small",
        checkpoint=_MOBILENET,
        summary=f"MobileNetV3-Small, 24 channels at 28x28, as the original collage tool took; {_WITHOUT_TORCH}",
        licence="Apache-2.0",
        paper="Howard et al., ICCV 2019",
    ),
    ModelCard(
        name="efficientnet",
        role="encoder",
        build="frameloom.models.encoders.exported:EfficientNet",
        network="frameloom.models.encoders.efficientnet:EfficientNetB0",
        checkpoint=_EFFICIENTNET,
        summary=f"EfficientNet-B0, 112 channels at 14x14; {_WITHOUT_TORCH}",
        licence="Apache-2.0",
        paper="Tan and Le, ICML 2019",
    ),
    ModelCard(
        name="efficientnet-original",
        role="encoder",
        build="frameloom.models.encoders.exported:OriginalEfficientNet",
        network="frameloom.models.encoders.efficientnet:EfficientNetB0",
        checkpoint=_EFFICIENTNET,
        summary=f"EfficientNet-B0, 80 channels at 14x14, as the original collage tool took; {_WITHOUT_TORCH}",
        licence="Apache-2.0",
        paper="Tan and Le, ICML 2019",
    ),
)
