"""What the API server's own tests of its registry check, by number.

RS: generic Store. RD: rehearsal, decoration and corrupt objects. RR: functions of the package
rest. RT: behaviours of any REST storage. RP: Pods and their subresources. RX, which has no single
test there: what becomes of an object, by its state and by what is asked. The sentences are ours;
the order is that of the packages ``registry/generic/registry``, ``registry/rest``,
``registry/rest/resttest`` and ``registry/core/pod`` at 1.36.
"""

from __future__ import annotations

STORE = (
    "A list shows what its selectors match, with and without a namespace in the request.",
    "A list at a version that is not reached yet waits for it.",
    "A create is checked, stored and refused when the name is taken or being freed.",
    "A generated name that is taken is generated again, eight times at most.",
    "Without that feature the first name that is taken is the end.",
    "The options of an update become those of the create that it turns into.",
    "The options of an update become those of the delete that it turns into.",
    "Hooks of a create: their order, what they change, what happens when one fails.",
    "An update finds nothing, creates, conflicts, is refused, overwrites.",
    "An update that changes nothing keeps the version.",
    "Hooks of an update: their order, what they change, what happens when one fails.",
    "Hooks of a create by an update: their order, what happens when one fails.",
    "Hooks run again when an update starts over with the newest state.",
    "Get finds what is stored and nothing else.",
    "A delete removes the object and tells the hook; of nothing it does neither.",
    "A version asked for survives the mark of a graceful delete.",
    "A deletion whose time is over already is not graceful any more.",
    "Finalizers hold an object that gets time to end.",
    "Finalizers hold an object that gets none.",
    "The option orphanDependents and the policy of the kind decide about finalizers.",
    "The option propagationPolicy and the policy of the kind decide about finalizers.",
    "A collection is deleted a page at a time.",
    "Deleting a collection leaves the options of the caller alone.",
    "Two deletions of one collection do not fail each other.",
    "The failure of one object ends the deletion of a collection and is its error.",
    "A cancelled request ends the deletion of a collection.",
    "A watcher sees what a deleted collection was.",
    "A watch sees what its selectors match, with and without a namespace.",
    "A delete that waits is answered with a Status that names the object.",
    "Errors and answers name the resource of the request.",
    "The policy of a kind may depend on the request.",
    "Marking as deleting sets the time to now, unless it is over.",
    "A stale idea of an object without finalizers does not delete it.",
    "A stale idea of an object with another uid does not fail an update.",
    "A delete is checked again when the object changed meanwhile.",
    "Indexers are named after labels or fields.",
    "A generated name that is taken is told so.",
)

REHEARSAL = (
    "A rehearsed create stores nothing.",
    "A rehearsed create returns an equal object.",
    "A rehearsed create over something fails.",
    "A rehearsed update of nothing fails.",
    "A rehearsed update checks preconditions.",
    "A rehearsed update leaves what is stored.",
    "A rehearsed update returns the new object.",
    "A rehearsed delete leaves what is stored.",
    "A rehearsed delete of nothing fails.",
    "A rehearsed delete returns what is stored.",
    "A rehearsed delete checks preconditions.",
    "A watch hands out decorated objects and ends when it is stopped.",
    "Deleting what is corrupt must be asked for, and is for nothing else.",
    "What is corrupt goes by an unsafe delete only.",
    "A failure to read that is no corruption is no licence.",
    "An unsafe delete asks no admission.",
)

FUNCTIONS = (
    "What is left of a grace period under way, for each combination with a new one.",
    "System fields are wiped.",
    "System fields are filled.",
    "System fields are recognised.",
    "The namespace of an object is that of the request.",
    "Declarative rules are evaluated.",
    "Differences between declarative and handwritten rules are gathered.",
    "They are compared and reported.",
    "Panics of declarative rules on create are reported.",
    "Panics of declarative rules on update are reported.",
    "Duplicate errors are counted.",
    "Rules are identified in metrics.",
    "Rules under migration are checked.",
)

POD = (
    "Create.",
    "Update.",
    "Delete, with and without time to end.",
    "A Pod that somebody else removed meanwhile is no failure.",
    "A created Pod has name and uid.",
    "Where a Pod can be reached: bare name, port, declared ports, address families.",
    "Get.",
    "List.",
    "Watch.",
    "Pods as a table.",
    "A Pod is bound.",
    "Binding forgets the nominated node.",
    "Binding of no Pod fails.",
    "Binding without a namespace fails.",
    "Labels and annotations of a binding become the Pod's.",
    "A second binding is a conflict.",
    "A gated Pod is not bound.",
    "Binding means one uid and one version.",
    "Binding keeps containers.",
    "Bindings that make no sense are refused.",
    "An unscheduled Pod is updated.",
    "A scheduled Pod is updated without a version.",
    "Status is updated.",
    "Short names.",
    "Categories.",
    "Eviction under a budget, for each policy about unhealthy Pods.",
    "Eviction under conflicts.",
    "Eviction with options of a delete.",
    "Eviction writes the status of a budget.",
    "Eviction adds a condition and deletes.",
    "A Pod is selected by its fields.",
    "Quality of service follows from resources.",
    "A gated Pod says that it waits.",
    "The time that a Pod gets to end.",
    "Where the log of a container is.",
    "Where ports are forwarded.",
    "Where a command is executed.",
    "Where one attaches to a container.",
    "Labels of fields are converted.",
    "The address of a Pod is the first.",
    "Sizes of huge pages, also on update.",
    "Ephemeral containers can be added and nothing else.",
    "Everything but ephemeral containers is dropped.",
    "Inclusion policies of nodes are kept.",
    "Keys of labels become part of affinity.",
    "Keys of labels become part of spread.",
    "Changed labels do not become part of spread again.",
    "Old AppArmor annotations and fields agree.",
    "What a resize may change.",
    "When the generation grows.",
    "What an update of ephemeral containers keeps.",
    "What an update of status keeps.",
    "What an update warns of.",
    "Sleeping before the end may take no time.",
    "Indexes, and groups of Pods for scheduling.",
    "Connecting needs the right to create.",
    "Options of logs are checked.",
    "Whether a node speaks WebSocket.",
    "Exec connects.",
    "Attach connects.",
    "Port forwarding connects.",
)

STATES = (
    "Live, without time to end or finalizers: goes.",
    "Live, without time to end, with finalizers: is marked.",
    "The same deleted again: is not written.",
    "Live, with time to end: is marked with its time.",
    "Live, with no seconds to end: is marked and goes.",
    "Live, with time to end and finalizers: is marked with its time and keeps them.",
    "Has time, asked for no less: is not written.",
    "Has time, asked for less: gets less.",
    "Has time, asked for none: goes.",
    "Has time and finalizers, asked for none: has none and stays.",
    "Has no time and finalizers: is written only if the collector's finalizers change.",
    "Has neither time nor finalizers, as after a crash: goes.",
    "Has no time, and an update takes the last finalizer: goes.",
    "Has time, and an update takes the last finalizer: stays.",
    "Is being deleted, and an update adds a finalizer: is refused.",
    "Is being deleted, and an update clears the times: they come back.",
)

#: Every number except those of RESTStorageSuite, and what must hold.
NUMBERS = {
    f"{prefix}{number:02}": says
    for prefix, sentences in (
        ("RS", STORE),
        ("RD", REHEARSAL),
        ("RR", FUNCTIONS),
        ("RX", STATES),
        ("RP", POD),
    )
    for number, says in enumerate(sentences, 1)
}

#: The behaviours that RESTStorageSuite checks.
BEHAVIOURS = [f"RT{number:02}" for number in range(1, 44)]

_DECLARATIVE = (
    "kregistry has one set of rules for each kind, written by hand; there are no generated ones "
    "to compare them with"
)

#: Numbers without a test, and why.
NOT_APPLICABLE = {
    "RS02": "waiting for a version is the doing of a watch cache; a storage says at once that it "
    "is not there yet (S027)",
    "RS05": "trying other names cannot be switched off",
    "RS36": "there are no indexers: a watch is fed from the log of changes, where a selector is a "
    "filter",
    "RP58": "which protocol a node speaks is the business of the connector that reaches it; the "
    "connector gets what the node declares",
    **{f"RR{number:02}": _DECLARATIVE for number in range(6, 14)},
}
