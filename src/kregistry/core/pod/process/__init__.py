"""ProcessKubelet: nodes made of local processes and scripts, for tests and for teaching.

Source: what ``k8s.io/kubernetes/pkg/kubelet/server`` answers; nothing of how it does it.
"""

from kregistry.core.pod.process.kubelet import ProcessKubelet
from kregistry.core.pod.process.programs import ExecCall, Handler, Reply, Run, allow_list

__all__ = ["ExecCall", "Handler", "ProcessKubelet", "Reply", "Run", "allow_list"]
