"""The GraphQL operations of the installed `wandb` wheel: its Python documents, and those inside its binary."""

import ast
import importlib.metadata
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from graphql import DocumentNode, GraphQLSyntaxError, OperationDefinitionNode, Token, TokenKind, parse
from graphql.language import Lexer, Source

START = re.compile(rb"(?:query|mutation|subscription)(?=[\s({])[^{}\0]{0,4000}\{")


@dataclass(frozen=True)
class ClientDocument:
    """One operation with the fragments it uses, as the client has it, and where it was found."""

    name: str
    text: str
    origin: str


def package_directory() -> Path:
    """Where the wheel is installed; found without importing it."""
    spec = importlib.util.find_spec("wandb")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def version() -> str:
    """The installed client's version."""
    return importlib.metadata.version("wandb")


def operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    """The operations of a document, without its fragments."""
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def python_documents() -> Iterator[ClientDocument]:
    """Every text in the package that is GraphQL with an operation in it, also those put together at run time."""
    root = package_directory()
    for path in sorted(root.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "query" not in source and "mutation" not in source:
            continue
        tree = ast.parse(source)
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        pieces = {piece for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
        for node in ast.walk(tree):
            for text in texts(node, constants) if node not in pieces else ():
                yield from named(text, str(path.relative_to(root)))


def texts(node: ast.AST, constants: dict[str, str]) -> Iterator[str]:
    """What a constant, an f-string or a `"…".format(…)` can be, one text for each way of filling its gaps."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        for way in (0, 1):
            gaps = (part.value if isinstance(part, ast.FormattedValue) else part for part in node.values)
            yield "".join(filled(gap, constants, way) for gap in gaps)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        template = node.func.value
        if isinstance(template, ast.Constant) and isinstance(template.value, str):
            for way in (0, 1):
                try:
                    yield template.value.format(*(filled(gap, constants, way) for gap in node.args))
                except (IndexError, KeyError, ValueError):
                    return  # a text of another kind, with named gaps


def filled(gap: ast.expr, constants: dict[str, str], way: int) -> str:
    """What stands in a gap: a text, either branch of a condition, a constant of the module by its name or, for a
    parameter such as `fragment`, by the end of its name (RUN_FRAGMENT, LIGHTWEIGHT_RUN_FRAGMENT)."""
    if isinstance(gap, ast.Constant):
        return str(gap.value)
    if isinstance(gap, ast.IfExp):
        return filled((gap.body, gap.orelse)[way], constants, way)
    if isinstance(gap, ast.Name):
        if gap.id in constants:
            return constants[gap.id]
        ending = [text for name, text in constants.items() if name.lower().endswith(f"_{gap.id}")]
        if ending:
            return ending[way % len(ending)]
        return ("history", "events")[way] if gap.id == "node" else ""
    return ""


def headings() -> set[str]:
    """The operations that the package's source mentions, whether or not a document could be made of them."""
    heading = re.compile(r"^[^#\n]*?\b(?:query|mutation)\s+(\w+)\s*(?:\(\s*(?:\$|$)|\{)", re.M)
    return {
        match[1]
        for path in package_directory().rglob("*.py")
        for match in heading.finditer(path.read_text(encoding="utf-8"))
    }


def named(text: str, origin: str) -> Iterator[ClientDocument]:
    """The text as one document for each operation in it, or nothing when it isn't GraphQL."""
    if not re.search(r"\b(query|mutation)\b[^{]*\{", text):
        return
    try:
        found = operations(parse(text, no_location=True))
    except GraphQLSyntaxError:
        return
    for operation in found:
        yield ClientDocument(operation.name.value if operation.name else "", text, origin)


def binary_documents() -> Iterator[ClientDocument]:
    """The documents in `wandb-core`: Go keeps string constants end to end, so each is read to its own last brace."""
    data = (package_directory() / "bin" / "wandb-core").read_bytes()
    for match in START.finditer(data):
        text = whole_document(data[match.start() : match.start() + 60_000])
        if text:
            yield from named(text, "bin/wandb-core")


def whole_document(data: bytes) -> str:
    """An operation and the fragment definitions that directly follow it; empty when this isn't one."""
    text = re.split(rb"[^\t\n\r\x20-\x7e]", data, maxsplit=1)[0].decode("ascii")
    end = end_of_definition(text)
    if not end:
        return ""
    while re.match(r"\s*fragment\s+\w+\s+on\s+\w+\s*\{", text[end:]):
        length = end_of_definition(text[end:])
        if not length:
            break
        end += length
    return text[:end]


def end_of_definition(text: str) -> int:
    """How many characters the first definition takes: to the brace that closes its selections, 0 if it has none."""
    lexer = Lexer(Source(text))
    depth = 0
    try:
        token: Token = lexer.advance()
        while token.kind != TokenKind.EOF:
            if token.kind == TokenKind.BRACE_L:
                depth += 1
            elif token.kind == TokenKind.BRACE_R:
                depth -= 1
                if depth == 0:
                    return token.end
            token = lexer.advance()
    except GraphQLSyntaxError:
        return 0
    return 0


@lru_cache
def client_documents() -> tuple[ClientDocument, ...]:
    """Every distinct operation of the installed client."""
    found = {document.text.strip(): document for document in (*python_documents(), *binary_documents())}
    return tuple(sorted(found.values(), key=lambda document: (document.name, document.origin)))
