"""What the form of a dialog that links says, as one value: read from the request here, and nowhere else in this room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from artifacts.views.answers import HtmxHttpRequest
from registry.forms import words
from registry.views.fetch import filled_in

PICKED = "pick_"  # before the name of a control: an entry of its list was pressed
LATER = {
    "type": ("artifact", "version"),
    "team": ("project", "artifact", "version"),
    "project": ("artifact", "version"),
    "artifact": ("version",),
}
NEW, NEW_COLLECTION = "new", "Create new collection"
NEW_REGISTRY, CREATE_REGISTRY = "/new", "Create new registry"  # no registry can be named as the first is
FIRST_STEP = ("target", "registry", "name", "new-name", "new-visibility", "new-accepted", "new-types")


@dataclass(frozen=True, kw_only=True)
class DialogAddress:
    """How the form of a dialog was sent: as a whole (`is_sent`), or for what can be chosen next.

    `picked` is the control in whose list an entry was pressed, which keeps the focus; `redrawn` is the part of the page that htmx
    asks for.
    """

    is_posted: bool = False
    is_sent: bool = False
    picked: str = ""
    redrawn: str = ""

    @property
    def is_choosing(self) -> bool:
        """Whether the form was sent for what can be chosen next, as it is without script."""
        return self.is_posted and not self.is_sent

    def redraws(self, box: str) -> bool:
        """Whether the controls in this box alone are asked for: a choice was made in the open dialog, or a part of a name typed."""
        return not self.is_posted and (self.redrawn == box or self.redrawn.startswith("list_"))


@dataclass(frozen=True, kw_only=True)
class SourceAddress(DialogAddress):
    """Which version is to be linked, as far as it is chosen: for “Link new version” and “Create collection”."""

    type: str = ""
    team: str = ""
    project: str = ""
    artifact: str = ""
    version: str = ""
    aliases: str = ""

    @classmethod
    def read(cls, request: HtmxHttpRequest) -> Self:
        """What a form says; where a choice was made anew, what hung on it is open again."""
        how = _how_sent(request)
        changed = how["picked"] or request.headers.get("HX-Trigger", "").removeprefix("id_")
        said = with_picked(
            {name: value for name, value in filled_in(request).items() if name not in LATER.get(changed, ())}
        )
        return cls(
            **how,
            type=said.get("type", ""),
            team=said.get("team", ""),
            project=said.get("project", ""),
            artifact=said.get("artifact", ""),
            version=said.get("version", ""),
            aliases=said.get("aliases", ""),
        )

    @property
    def is_begun(self) -> bool:
        """Whether anything of the version is chosen, where none has to be."""
        return bool(self.project or self.artifact or self.version)


@dataclass(frozen=True, kw_only=True)
class TargetAddress(DialogAddress):
    """Where a version is to be linked, as “Link to registry” says it: `first_step` is what the second step sends along.

    `target` is `registry/collection`, or says that a collection is made, in `registry` and by `name`; `new_registry` has the fields
    of a registry that is made too. `typed` are those of the `aliases` that were written into a field of their own.
    """

    step: str = ""
    target: str = ""
    registry: str = ""
    name: str = ""
    new_registry: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    first_step: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, request: HtmxHttpRequest) -> Self:
        """What a form says."""
        how, said = _how_sent(request), with_picked(filled_in(request))
        if said.get("registry") == CREATE_REGISTRY:  # as a field for search shows it
            said["registry"] = NEW_REGISTRY
        more = said.get("more", "")
        return cls(
            **how,
            step=said.get("step", "") if how["is_sent"] else "",
            target=said.get("target", ""),
            registry=said.get("registry", ""),
            name=said.get("name", ""),
            new_registry={name: value for name, value in said.items() if name.startswith("new-")},
            aliases=tuple(words(",".join([*request.POST.getlist("aliases"), more]))),
            typed=tuple(words(more)),
            first_step=tuple((name, said[name]) for name in FIRST_STEP if name in said),
        )

    @property
    def makes_collection(self) -> bool:
        """Whether a collection is made with the link."""
        return self.target in {NEW, NEW_COLLECTION}

    @property
    def makes_registry(self) -> bool:
        """Whether a registry is made with it, too."""
        return self.makes_collection and self.registry == NEW_REGISTRY

    @property
    def names_registry(self) -> bool:
        """Whether the fields of a new registry were there to be filled in; without script they come after it was chosen."""
        return "new-name" in self.new_registry


def _how_sent(request: HtmxHttpRequest) -> dict[str, Any]:
    """The fields of DialogAddress, as a request says them."""
    said = filled_in(request)
    picked = next((name.removeprefix(PICKED) for name in said if name.startswith(PICKED)), "")
    is_posted = request.method == "POST"
    return {
        "is_posted": is_posted,
        # Without script, the form is also sent to show what can be chosen next.
        "is_sent": is_posted and said.get("step") != "choose" and not picked,
        "picked": picked,
        "redrawn": request.headers.get("HX-Target", ""),
    }


def with_picked(said: Mapping[str, str]) -> dict[str, str]:
    """What a form says, with the entry that was pressed in the list of a control as this control's value."""
    picked = {name.removeprefix(PICKED): value for name, value in said.items() if name.startswith(PICKED)}
    return {name: value for name, value in said.items() if not name.startswith(PICKED)} | picked
