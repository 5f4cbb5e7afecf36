"""A whole core under one model: sections in depth order, each kept as it is done, and then the tables of all of them.

A section whose file cannot be read is told of, and the others are done. A run that was broken off goes on behind the
last section that was finished for the same model, photograph and order; the report counts such ``sections_kept``.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facies.core.errors import ImageError
from facies.core.folders import check_no_file, make_folder
from facies.core.segmentation.class_files import list_classes
from facies.indexer.segmentation.core_files import check_overwriting, write_core_files, write_report
from facies.indexer.segmentation.depth import PlacedSection, place_sections
from facies.indexer.segmentation.depth_plot import shrink
from facies.indexer.segmentation.fractions import step_edges_m
from facies.indexer.segmentation.pictures import read_picture
from facies.indexer.segmentation.scales import note_wide_smoothing
from facies.indexer.segmentation.section_file import DoneSection, load_section, save_section
from facies.indexer.segmentation.section_run import NamedSection, name_section
from facies.models.hashes import hash_file
from facies.models.segmentation.model_file import load_model

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.core_order import CoreOrder
    from facies.indexer.segmentation.depth import DepthScale, Section
    from facies.indexer.segmentation.pictures import Picture
    from facies.indexer.segmentation.training import Tell
    from facies.models.segmentation.segmentation_model import SegmentationModel

_UNLIKE_SCALES: Final = 1.25
"""Textures are learnt at one size: beyond this ratio of scales a person should look."""


class CoreRun:
    """One order; call `run`."""

    def __init__(self, order: CoreOrder, bench: Bench, tell: Tell) -> None:
        """Read the model.

        Raises:
            ConfigurationError: a file that is read would be written over.
            SegmentationModelError: the file holds none.
            ModelMapsMismatchError: its card gives other maps here than those it was trained on.
            UnknownClassError: a class that is to be no rock is not one of its.
        """
        check_overwriting(order)
        self._order, self._bench, self._tell = order, bench, tell
        self._model: SegmentationModel = load_model(order.model)
        hypercolumns = bench.hypercolumns(self._model.card)
        self._model.check_maps(hypercolumns.card.name, hypercolumns.fingerprint)
        self._not_rock = tuple(self._model.classes.resolve(word, "--not-rock") for word in order.not_rock)
        self._model_sha256 = hash_file(order.model)
        self._stride = hypercolumns.card.stride
        self._kept = 0
        self._remarks: list[str] = []

    def run(self) -> dict[str, Any]:
        """Do it, and give the report that is written as ``report.json`` too.

        Raises:
            ImageError: the only photograph, or all of them, cannot be read.
            DepthError: sections overlap, or bins would be too many.
            ConfigurationError: the place for the files is a file.
            StorageError: the files cannot be written.
        """
        check_no_file(self._order.out)
        make_folder(self._order.out)
        self._remarks = []
        return self._run_picture(self._order.image) if self._order.image is not None else self._run_sections()

    def _run_picture(self, image: Path) -> dict[str, Any]:
        picture = read_picture(image, self._bench.limits)
        scale = self._order.mm_per_px
        done = self._name(picture, self._order.out, scale, "")
        return self._finish([(picture.name, None, done)], [], self._unlike_scale(picture.name, scale))

    def _run_sections(self) -> dict[str, Any]:
        folders = self._order.folders()
        heights, failed = self._survey(list(folders))
        core = place_sections(list(heights), list(heights.values()))
        step_edges_m([placed.scale for placed in core.sections], self._order.step_m)  # too many are told of now
        for placed in core.sections:
            self._model.radius_cells(self._stride, placed.scale.mm_per_px)  # so are scales that smooth too far
        notes = list(core.notes)
        files = Counter(section.image.name for section in folders)
        named: list[tuple[str, DepthScale | None, DoneSection]] = []
        for number, placed in enumerate(core.sections, start=1):
            place = f" ({number} of {len(heights)})"
            done = self._section(placed, folders[placed.section], place)
            # Tables name sections by their files; two files of one name could not be told apart.
            file = placed.section.image.name
            name = file if files[file] == 1 else folders[placed.section].name
            named.append((name, placed.scale, done))
            notes += self._unlike_scale(name, placed.scale.mm_per_px)
        return self._finish(named, failed, notes)

    def _section(self, placed: PlacedSection, folder: Path, place: str) -> DoneSection:
        make_folder(folder)
        picture = read_picture(placed.section.image, self._bench.limits)
        return self._name(picture, folder, placed.scale.mm_per_px, place)

    def _survey(self, sections: list[Section]) -> tuple[dict[Section, int], list[dict[str, Any]]]:
        """Read every file whole once, so that what cannot be read is known before hours are spent; give the heights."""
        heights: dict[Section, int] = {}
        failed: list[dict[str, Any]] = []
        last: ImageError | None = None
        for number, section in enumerate(sections):
            self._tell("reading sections", number, len(sections))
            try:
                heights[section] = read_picture(section.image, self._bench.limits).shape[0]
            except ImageError as error:
                last = error
                failed.append({"image": section.image.name, "top_m": section.top_m, "reason": error.message})
        if not heights and last is not None:
            raise last
        return heights, failed

    def _unlike_scale(self, name: str, mm_per_px: float | None) -> list[str]:
        trained = self._model.mm_per_px
        if mm_per_px is None or trained is None:
            return []
        if max(mm_per_px, trained) <= _UNLIKE_SCALES * min(mm_per_px, trained):
            return []
        return [
            f"{name} shows {mm_per_px:.4g} mm a pixel, and the model was trained at {trained:.4g}: textures have "
            "another size than those it knows; bring the photographs to one scale, or train on this one too"
        ]

    def _name(self, picture: Picture, folder: Path, mm_per_px: float | None, place: str) -> DoneSection:
        radius_cells = self._model.radius_cells(self._stride, mm_per_px)
        self._remarks += note_wide_smoothing(picture.name, radius_cells * self._stride, picture.shape)
        fingerprint = self._order.fingerprint(self._model_sha256, picture.sha256, radius_cells)
        done = load_section(folder, fingerprint)
        if done is not None and all((folder / name).is_file() for name in done.about["files"]):
            self._kept += 1
        else:
            stage = f"naming {picture.name}{place}"
            named = name_section(
                self._bench,
                self._model,
                picture,
                mm_per_px=mm_per_px,
                finds_rock=self._order.finds_rock,
                not_rock=self._not_rock,
                folder=folder,
                on_rows=lambda rows, height: self._tell(stage, rows, height),
            )
            done = self._small(picture, named, folder)
            save_section(folder, done, fingerprint)
        return done

    def _small(self, picture: Picture, named: NamedSection, folder: Path) -> DoneSection:
        image, classes = shrink(picture.pixels, named.classes)
        fractions = named.rows.counts.sum(axis=0) / max(named.rows.counts.sum(), 1)
        about = {
            "image": picture.name,
            "sha256": picture.sha256,
            "height": picture.shape[0],
            "width": picture.shape[1],
            "folder": folder.relative_to(self._order.out).as_posix(),
            "files": list(named.files),
            "rock_share": float(named.rows.rock_share.mean()),
            "rock_note": named.rock.note,
            "fractions": dict(zip(self._model.classes.names, fractions.tolist(), strict=True)),
            "drift": {
                "is_drifting": named.drift.is_drifting,
                "unsure_share": named.drift.unsure_share,
                "usual_unsure_share": named.drift.usual_unsure_share,
                "mean_shift": named.drift.mean_shift,
                "sentence": named.drift.sentence,
            },
        }
        return DoneSection(named.rows, image, classes, about)

    def _finish(
        self,
        named: list[tuple[str, DepthScale | None, DoneSection]],
        failed: list[dict[str, Any]],
        notes: list[str],
    ) -> dict[str, Any]:
        self._tell("writing tables", 0, 1)
        files = write_core_files(self._order, self._model.classes, named)
        report = {
            "task": self._model.task,
            "model_sha256": self._model_sha256,
            "classes": list_classes(self._model.classes),
            "sections": [
                {**done.about, "image": name, "top_m": scale and scale.top_m, "base_m": scale and scale.base_m}
                for name, scale, done in named
            ],
            "sections_kept": self._kept,
            "failed": failed,
            "notes": [*notes, *self._remarks],
            "files": files,
        }
        write_report(self._order.out, report)
        return report
