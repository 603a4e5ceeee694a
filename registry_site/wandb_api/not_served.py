"""What the client asks of a server that a registry doesn't do: its fields outside our schema, each with the sentence of its refusal."""

from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, visit

SWEEPS = "Sweeps are not part of a registry; start the runs of a search yourself and log them here."
LAUNCH = (
    "Launch (queues, agents, jobs) is not part of a registry; start runs with a scheduler of your own and log here."
)
REPORTS = "Reports and custom charts are not part of a registry; write into a collection's description instead."
ALERTS = "Alerts of a run are not sent, because this server has no channels for them; send yours from the script."
REWINDS = "A run's history is only ever added to, so it can't be rewound; start a new run."

FIELDS = {
    "Entity.defaultResourceConfig": LAUNCH,
    "Mutation.ackRunQueueItem": LAUNCH,
    "Mutation.agentHeartbeat": SWEEPS,
    "Mutation.createAgent": SWEEPS,
    "Mutation.createCustomChart": REPORTS,
    "Mutation.createDefaultResourceConfig": LAUNCH,
    "Mutation.createLaunchAgent": LAUNCH,
    "Mutation.createRunQueue": LAUNCH,
    "Mutation.deleteFromRunQueue": LAUNCH,
    "Mutation.deleteRunQueues": LAUNCH,
    "Mutation.enqueueSweepRun": SWEEPS,
    "Mutation.failRunQueueItem": LAUNCH,
    "Mutation.notifyScriptableRunAlert": ALERTS,
    "Mutation.popFromRunQueue": LAUNCH,
    "Mutation.pushToRunQueue": LAUNCH,
    "Mutation.pushToRunQueueByName": LAUNCH,
    "Mutation.rewindRun": REWINDS,
    "Mutation.updateLaunchAgent": LAUNCH,
    "Mutation.updateRunQueueItemWarning": LAUNCH,
    "Mutation.upsertRunQueue": LAUNCH,
    "Mutation.upsertSweep": SWEEPS,
    "Project.allViews": REPORTS,
    "Project.runQueue": LAUNCH,
    "Project.runQueues": LAUNCH,
    "Project.sweep": SWEEPS,
    "Project.sweeps": SWEEPS,
    "Query.launchAgent": LAUNCH,
}

# The same of packages beside the client (wandb-workspaces, Weave), whose operations no wheel of the client holds.
FIELDS_OF_OTHERS = {
    "Mutation.deleteView": REPORTS,
    "Mutation.upsertView": REPORTS,
    "Project.view": REPORTS,
    "Project.views": REPORTS,
    "Query.view": REPORTS,
}


class FirstNotServed(Visitor):
    """Which of these fields a document selects first."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.reason: str | None = None

    def enter_field(self, node: FieldNode, *ignored: Any) -> None:
        owner = self.info.get_parent_type()
        if self.reason is None and owner is not None:
            name = f"{owner.name}.{node.name.value}"
            self.reason = FIELDS.get(name) or FIELDS_OF_OTHERS.get(name)


def reason_not_served(document: DocumentNode, schema: GraphQLSchema) -> str | None:
    """Why a document that isn't valid against the schema is refused, if it asks for something that is not served."""
    info = TypeInfo(schema)
    first = FirstNotServed(info)
    visit(document, TypeInfoVisitor(info, first))
    return first.reason
