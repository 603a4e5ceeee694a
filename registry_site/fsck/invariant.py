"""A promise about the stored data, and what looking whether it holds gave."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

EXAMPLES = 5  # of what breaks one, shown by name


@dataclass(frozen=True)
class Invariant:
    """A name, what is true, how to find what breaks it, and how to mend that where it can be mended without loss."""

    name: str
    says: str
    breaches: Callable[[], Iterable[str]]
    mend: Callable[[], None] | None = None


@dataclass
class Finding:
    """What looking at one invariant gave."""

    name: str
    says: str
    count: int = 0
    examples: list[str] = field(default_factory=list)
    mended: bool = False

    @property
    def holds(self) -> bool:
        """Whether the invariant holds now."""
        return self.count == 0 or self.mended

    @property
    def line(self) -> str:
        """What is said of it to people."""
        if self.count == 0:
            return f"ok      {self.name}: {self.says}"
        more = f" and {self.count - len(self.examples)} more" if self.count > len(self.examples) else ""
        return f"{'mended' if self.mended else 'BROKEN'}  {self.name}: {'; '.join(self.examples)}{more}"


def look(invariants: Iterable[Invariant], *, repair: bool) -> Iterator[Finding]:
    """Look at each in turn; with `repair` mend what can be, and look again."""
    for invariant in invariants:
        finding = _found(invariant)
        if finding.count and repair and invariant.mend is not None:
            invariant.mend()
            finding.mended = _found(invariant).count == 0
        yield finding


def _found(invariant: Invariant) -> Finding:
    finding = Finding(invariant.name, invariant.says)
    for breach in invariant.breaches():
        finding.count += 1
        if len(finding.examples) < EXAMPLES:
            finding.examples.append(breach)
    return finding
