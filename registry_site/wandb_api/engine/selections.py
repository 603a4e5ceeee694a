"""What a document selects: its operation, and the fields for an object of a type with fragments and directives applied."""

from collections.abc import Iterable
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_directive_values,
)

type Node = OperationDefinitionNode | FieldNode


def chosen_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation of this name, or the only one."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None:
        if len(operations) > 1:
            raise GraphQLError("Must provide operation name if query contains multiple operations.")
        if operations:
            return operations[0]
        raise GraphQLError("Must provide an operation.")
    for operation in operations:
        if operation.name and operation.name.value == name:
            return operation
    raise GraphQLError(f"Unknown operation named '{name}'.")


class Selections:
    """The selections of one document with the variables of one request."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Any) -> None:
        definitions = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
        self.fragments = {node.name.value: node for node in definitions}
        self.schema, self.variables = schema, variables

    def grouped(self, owner: GraphQLObjectType, nodes: Iterable[Node]) -> dict[str, list[FieldNode]]:
        """The fields selected below these nodes for an object of this type, by response key."""
        groups: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for node in nodes:
            if node.selection_set:
                self.collect(owner, node.selection_set, groups, visited)
        return groups

    def collect(
        self,
        owner: GraphQLObjectType,
        selection_set: SelectionSetNode,
        groups: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        """Add the fields of a selection set to their groups, going through the fragments that apply to the type."""
        for node in selection_set.selections:
            if node.directives and not self.is_included(node):
                continue
            if isinstance(node, FieldNode):
                groups.setdefault((node.alias or node.name).value, []).append(node)
                continue
            inner: FragmentDefinitionNode | InlineFragmentNode
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in visited:
                    continue
                visited.add(node.name.value)
                inner = self.fragments[node.name.value]
            else:
                assert isinstance(node, InlineFragmentNode)
                inner = node
            if inner.type_condition is None or self.applies(inner.type_condition.name.value, owner):
                self.collect(owner, inner.selection_set, groups, visited)

    def ask_for_a_page(self, nodes: Iterable[Node]) -> bool:
        """Whether a page of some list lies below these fields: a field there says after which row it begins."""
        left: list[Any] = [node.selection_set for node in nodes if node.selection_set]
        visited: set[str] = set()
        while left:
            for node in left.pop().selections:
                if isinstance(node, FragmentSpreadNode):
                    if node.name.value not in visited:
                        visited.add(node.name.value)
                        left.append(self.fragments[node.name.value].selection_set)
                    continue
                if isinstance(node, FieldNode) and any(given.name.value == "after" for given in node.arguments or ()):
                    return True
                if node.selection_set:
                    left.append(node.selection_set)
        return False

    def is_included(self, node: Any) -> bool:
        """What @skip and @include say."""
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def applies(self, condition: str, owner: GraphQLObjectType) -> bool:
        """Whether an object of this type is what a fragment is about."""
        if condition == owner.name:
            return True
        kind: Any = self.schema.get_type(condition)
        return not isinstance(kind, GraphQLObjectType) and self.schema.is_sub_type(kind, owner)
