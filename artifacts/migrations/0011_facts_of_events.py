"""Events written before this say in their label alone what they are about; it becomes fields of `data`, as new events have them.

This is the last time that a label is read. Each was made by one rule, which is undone here: what stands in front of a name is
known exactly (the alias, the source), and the rest can be split in one way only, since no name of a project or collection
has a “/” or “:” in it. What fits no rule is left as it is. Going back leaves the fields, which the version before overlooks.
"""

from django.db import migrations

AT_ONCE = 2_000
LONGEST = 400
NAMED = {
    "user.created", "user.deleted", "user.changed", "user.password_changed", "api_key.created", "api_key.revoked",
    "organization.created", "organization.deleted", "team.created", "team.changed",
    "automation.created", "automation.changed", "automation.deleted",
}  # fmt: skip
OF_A_VERSION = {
    "version.logged", "version.changed", "version.deleted", "version.tagged", "version.untagged", "version.deprecated",
    "version.reinstated", "version.unlinked",
}  # fmt: skip
PAIRS = {"run": ("project", "run"), "integration": ("entity", "name"), "secret": ("entity", "name")}


def numbered(text):
    """The name of a collection and the number in it, of `detectors:v3`."""
    name, colon, version = text.rpartition(":")
    is_version = colon and version[:1] == "v" and version[1:].isascii() and version[1:].isdigit()
    return {"collection": name, "version": version} if is_version else {}


def behind(label, lead, name):
    """The place in a collection that stands behind `lead`, or else begins with the name that the collection has today."""
    if label.startswith(lead):
        return numbered(label[len(lead) :])
    start = label.rfind(f" {name}:v") if name else -1
    facts = numbered(label[start + 1 :])
    return facts if start >= 0 or not facts else {"version": facts["version"]}


def facts_of(verb, label, data, name):
    """What a label says, as fields; `name` is how the event's collection is called today, if it still exists."""
    kind = verb.partition(".")[0]
    if verb == "version.linked":
        source = str(data.get("source", "")).partition("/")[2]  # the label leaves the team out
        facts = behind(label, f"{source} → ", name)
        if "index" in data:  # the end of a long label was cut off
            facts["version"] = f"v{data['index']}"
        return facts if len(label) < LONGEST or not name else {**facts, "collection": name}
    if verb == "alias.set":
        return behind(label, f"{data.get('alias', '')} → ", name)
    if verb == "alias.removed":
        return behind(label, f"{data.get('alias', '')} from ", name)
    if verb in OF_A_VERSION:
        return numbered(label)
    if verb in NAMED:
        return {"name": label}
    if kind == "collection":
        return {"collection": label}
    if kind == "project" or verb in {"registry.created", "registry.changed", "registry.deleted"}:
        return {kind: label}
    if kind == "member":
        lead = f"{data.get('member', '')} in "
        return {"place": label[len(lead) :]} if label.startswith(lead) else {}
    if kind in PAIRS and "/" in label:
        return dict(zip(PAIRS[kind], label.split("/", 1), strict=True))
    return {}


def fill(apps, schema_editor):
    """Some thousand events at a time, so that a long log doesn't fill the memory; an event that has its fields keeps them."""
    AuditEvent, Collection = apps.get_model("artifacts", "AuditEvent"), apps.get_model("artifacts", "Collection")
    last = 0
    while rows := list(AuditEvent.objects.filter(pk__gt=last).order_by("pk").only("verb", "label", "data", "collection_number")[:AT_ONCE]):
        numbers = {row.collection_number for row in rows if row.collection_number is not None}
        names = dict(Collection.objects.filter(pk__in=numbers).values_list("pk", "name"))
        changed = []
        for row in rows:
            facts = facts_of(row.verb, row.label, row.data, names.get(row.collection_number, ""))
            if not facts.keys() <= row.data.keys():
                row.data = {**facts, **row.data}
                changed.append(row)
        AuditEvent.objects.bulk_update(changed, ["data"], batch_size=400)
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("artifacts", "0010_verbs_without_choices")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
