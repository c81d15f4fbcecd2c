"""Types of the group ``""`` in version v1: Pod and its relatives.

A module of this package is imported when one of its classes is first asked for, so that a
program pays for the kinds that it uses and not for all of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# fmt: off
# isort: off
if TYPE_CHECKING:
    from kregistry.core.v1.affinity import (
        Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm,
        PodAffinity, PodAffinityTerm, PodAntiAffinity, PreferredSchedulingTerm,
        WeightedPodAffinityTerm,
    )
    from kregistry.core.v1.array_volume_sources import (
        CephFSVolumeSource, FlockerVolumeSource, GlusterfsVolumeSource, PortworxVolumeSource,
        QuobyteVolumeSource, RBDVolumeSource, ScaleIOVolumeSource, StorageOSVolumeSource,
    )
    from kregistry.core.v1.binding import Binding
    from kregistry.core.v1.claims import (
        PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate, VolumeResourceRequirements,
    )
    from kregistry.core.v1.cloud_volume_sources import (
        AWSElasticBlockStoreVolumeSource, AzureDiskVolumeSource, AzureFileVolumeSource,
        CinderVolumeSource, GCEPersistentDiskVolumeSource, PhotonPersistentDiskVolumeSource,
        VsphereVirtualDiskVolumeSource,
    )
    from kregistry.core.v1.config import ConfigMap, Secret
    from kregistry.core.v1.connect import (
        NodeProxyOptions, PodAttachOptions, PodExecOptions, PodLogOptions, PodPortForwardOptions,
        PodProxyOptions, ServiceProxyOptions,
    )
    from kregistry.core.v1.container import (
        Container, ContainerPort, ContainerRestartRule, ContainerRestartRuleOnExitCodes,
        EphemeralContainer, VolumeDevice, VolumeMount,
    )
    from kregistry.core.v1.containerstatus import (
        ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
        ContainerStatus, ContainerUser, ImageVolumeStatus, LinuxContainerUser, VolumeMountStatus,
        VolumeStatus,
    )
    from kregistry.core.v1.env import (
        ConfigMapEnvSource, EnvFromSource, EnvVar, EnvVarSource, SecretEnvSource,
    )
    from kregistry.core.v1.event import Event, EventSeries, EventSource
    from kregistry.core.v1.namespace import (
        Namespace, NamespaceCondition, NamespaceSpec, NamespaceStatus,
    )
    from kregistry.core.v1.network import HostAlias, HostIP, PodDNSConfig, PodDNSConfigOption, PodIP
    from kregistry.core.v1.node import (
        ConfigMapNodeConfigSource, Node, NodeConfigSource, NodeSpec, Taint,
    )
    from kregistry.core.v1.nodestatus import (
        AttachedVolume, ContainerImage, DaemonEndpoint, NodeAddress, NodeCondition,
        NodeConfigStatus, NodeDaemonEndpoints, NodeFeatures, NodeRuntimeHandler,
        NodeRuntimeHandlerFeatures, NodeStatus, NodeSwapStatus, NodeSystemInfo,
    )
    from kregistry.core.v1.pod import Pod
    from kregistry.core.v1.podspec import PodOS, PodSpec
    from kregistry.core.v1.podstatus import PodCondition, PodStatus
    from kregistry.core.v1.podtemplate import PodTemplateSpec
    from kregistry.core.v1.probe import (
        ExecAction, GRPCAction, HTTPGetAction, HTTPHeader, Lifecycle, LifecycleHandler, Probe,
        SleepAction, TCPSocketAction,
    )
    from kregistry.core.v1.projections import (
        ClusterTrustBundleProjection, ConfigMapProjection, ConfigMapVolumeSource,
        DownwardAPIProjection, DownwardAPIVolumeFile, DownwardAPIVolumeSource, KeyToPath,
        PodCertificateProjection, ProjectedVolumeSource, SecretProjection, SecretVolumeSource,
        ServiceAccountTokenProjection, VolumeProjection,
    )
    from kregistry.core.v1.references import (
        ConfigMapKeySelector, FileKeySelector, LocalObjectReference, ObjectFieldSelector,
        ObjectReference, ResourceFieldSelector, SecretKeySelector, TypedLocalObjectReference,
        TypedObjectReference,
    )
    from kregistry.core.v1.resources import (
        ContainerExtendedResourceRequest, ContainerResizePolicy, NodeAllocatableResourceClaimStatus,
        PodExtendedResourceClaimStatus, PodResourceClaim, PodResourceClaimStatus, ResourceClaim,
        ResourceHealth, ResourceRequirements, ResourceStatus,
    )
    from kregistry.core.v1.scheduling import (
        PodReadinessGate, PodSchedulingGate, PodSchedulingGroup, Toleration,
        TopologySpreadConstraint,
    )
    from kregistry.core.v1.security import (
        AppArmorProfile, Capabilities, PodSecurityContext, SELinuxOptions, SeccompProfile,
        SecurityContext, Sysctl, WindowsSecurityContextOptions,
    )
    from kregistry.core.v1.service import (
        ClientIPConfig, LoadBalancerIngress, LoadBalancerStatus, PortStatus, Service, ServicePort,
        ServiceSpec, ServiceStatus, SessionAffinityConfig,
    )
    from kregistry.core.v1.volume import Volume
    from kregistry.core.v1.volume_sources import (
        CSIVolumeSource, EmptyDirVolumeSource, EphemeralVolumeSource, FCVolumeSource,
        FlexVolumeSource, GitRepoVolumeSource, HostPathVolumeSource, ISCSIVolumeSource,
        ImageVolumeSource, NFSVolumeSource, PersistentVolumeClaimVolumeSource,
    )

_CLASSES = {
    "affinity": (
        "Affinity", "NodeAffinity", "NodeSelector", "NodeSelectorRequirement", "NodeSelectorTerm",
        "PodAffinity", "PodAffinityTerm", "PodAntiAffinity", "PreferredSchedulingTerm",
        "WeightedPodAffinityTerm",
    ),
    "array_volume_sources": (
        "CephFSVolumeSource", "FlockerVolumeSource", "GlusterfsVolumeSource",
        "PortworxVolumeSource", "QuobyteVolumeSource", "RBDVolumeSource", "ScaleIOVolumeSource",
        "StorageOSVolumeSource",
    ),
    "binding": ("Binding",),
    "claims": (
        "PersistentVolumeClaimSpec", "PersistentVolumeClaimTemplate", "VolumeResourceRequirements",
    ),
    "cloud_volume_sources": (
        "AWSElasticBlockStoreVolumeSource", "AzureDiskVolumeSource", "AzureFileVolumeSource",
        "CinderVolumeSource", "GCEPersistentDiskVolumeSource", "PhotonPersistentDiskVolumeSource",
        "VsphereVirtualDiskVolumeSource",
    ),
    "config": ("ConfigMap", "Secret"),
    "connect": (
        "NodeProxyOptions", "PodAttachOptions", "PodExecOptions", "PodLogOptions",
        "PodPortForwardOptions", "PodProxyOptions", "ServiceProxyOptions",
    ),
    "container": (
        "Container", "ContainerPort", "ContainerRestartRule", "ContainerRestartRuleOnExitCodes",
        "EphemeralContainer", "VolumeDevice", "VolumeMount",
    ),
    "containerstatus": (
        "ContainerState", "ContainerStateRunning", "ContainerStateTerminated",
        "ContainerStateWaiting", "ContainerStatus", "ContainerUser", "ImageVolumeStatus",
        "LinuxContainerUser", "VolumeMountStatus", "VolumeStatus",
    ),
    "env": ("ConfigMapEnvSource", "EnvFromSource", "EnvVar", "EnvVarSource", "SecretEnvSource"),
    "event": ("Event", "EventSeries", "EventSource"),
    "namespace": ("Namespace", "NamespaceCondition", "NamespaceSpec", "NamespaceStatus"),
    "network": ("HostAlias", "HostIP", "PodDNSConfig", "PodDNSConfigOption", "PodIP"),
    "node": ("ConfigMapNodeConfigSource", "Node", "NodeConfigSource", "NodeSpec", "Taint"),
    "nodestatus": (
        "AttachedVolume", "ContainerImage", "DaemonEndpoint", "NodeAddress", "NodeCondition",
        "NodeConfigStatus", "NodeDaemonEndpoints", "NodeFeatures", "NodeRuntimeHandler",
        "NodeRuntimeHandlerFeatures", "NodeStatus", "NodeSwapStatus", "NodeSystemInfo",
    ),
    "pod": ("Pod",),
    "podspec": ("PodOS", "PodSpec"),
    "podstatus": ("PodCondition", "PodStatus"),
    "podtemplate": ("PodTemplateSpec",),
    "probe": (
        "ExecAction", "GRPCAction", "HTTPGetAction", "HTTPHeader", "Lifecycle", "LifecycleHandler",
        "Probe", "SleepAction", "TCPSocketAction",
    ),
    "projections": (
        "ClusterTrustBundleProjection", "ConfigMapProjection", "ConfigMapVolumeSource",
        "DownwardAPIProjection", "DownwardAPIVolumeFile", "DownwardAPIVolumeSource", "KeyToPath",
        "PodCertificateProjection", "ProjectedVolumeSource", "SecretProjection",
        "SecretVolumeSource", "ServiceAccountTokenProjection", "VolumeProjection",
    ),
    "references": (
        "ConfigMapKeySelector", "FileKeySelector", "LocalObjectReference", "ObjectFieldSelector",
        "ObjectReference", "ResourceFieldSelector", "SecretKeySelector",
        "TypedLocalObjectReference", "TypedObjectReference",
    ),
    "resources": (
        "ContainerExtendedResourceRequest", "ContainerResizePolicy",
        "NodeAllocatableResourceClaimStatus", "PodExtendedResourceClaimStatus", "PodResourceClaim",
        "PodResourceClaimStatus", "ResourceClaim", "ResourceHealth", "ResourceRequirements",
        "ResourceStatus",
    ),
    "scheduling": (
        "PodReadinessGate", "PodSchedulingGate", "PodSchedulingGroup", "Toleration",
        "TopologySpreadConstraint",
    ),
    "security": (
        "AppArmorProfile", "Capabilities", "PodSecurityContext", "SELinuxOptions", "SeccompProfile",
        "SecurityContext", "Sysctl", "WindowsSecurityContextOptions",
    ),
    "service": (
        "ClientIPConfig", "LoadBalancerIngress", "LoadBalancerStatus", "PortStatus", "Service",
        "ServicePort", "ServiceSpec", "ServiceStatus", "SessionAffinityConfig",
    ),
    "volume": ("Volume",),
    "volume_sources": (
        "CSIVolumeSource", "EmptyDirVolumeSource", "EphemeralVolumeSource", "FCVolumeSource",
        "FlexVolumeSource", "GitRepoVolumeSource", "HostPathVolumeSource", "ISCSIVolumeSource",
        "ImageVolumeSource", "NFSVolumeSource", "PersistentVolumeClaimVolumeSource",
    ),
}
_HOMES = {name: home for home, names in _CLASSES.items() for name in names}

__all__ = [
    "AWSElasticBlockStoreVolumeSource", "Affinity", "AppArmorProfile", "AttachedVolume",
    "AzureDiskVolumeSource", "AzureFileVolumeSource", "Binding", "CSIVolumeSource", "Capabilities",
    "CephFSVolumeSource", "CinderVolumeSource", "ClientIPConfig", "ClusterTrustBundleProjection",
    "ConfigMap", "ConfigMapEnvSource", "ConfigMapKeySelector", "ConfigMapNodeConfigSource",
    "ConfigMapProjection", "ConfigMapVolumeSource", "Container", "ContainerExtendedResourceRequest",
    "ContainerImage", "ContainerPort", "ContainerResizePolicy", "ContainerRestartRule",
    "ContainerRestartRuleOnExitCodes", "ContainerState", "ContainerStateRunning",
    "ContainerStateTerminated", "ContainerStateWaiting", "ContainerStatus", "ContainerUser",
    "DaemonEndpoint", "DownwardAPIProjection", "DownwardAPIVolumeFile", "DownwardAPIVolumeSource",
    "EmptyDirVolumeSource", "EnvFromSource", "EnvVar", "EnvVarSource", "EphemeralContainer",
    "EphemeralVolumeSource", "Event", "EventSeries", "EventSource", "ExecAction", "FCVolumeSource",
    "FileKeySelector", "FlexVolumeSource", "FlockerVolumeSource", "GCEPersistentDiskVolumeSource",
    "GRPCAction", "GitRepoVolumeSource", "GlusterfsVolumeSource", "HTTPGetAction", "HTTPHeader",
    "HostAlias", "HostIP", "HostPathVolumeSource", "ISCSIVolumeSource", "ImageVolumeSource",
    "ImageVolumeStatus", "KeyToPath", "Lifecycle", "LifecycleHandler", "LinuxContainerUser",
    "LoadBalancerIngress", "LoadBalancerStatus", "LocalObjectReference", "NFSVolumeSource",
    "Namespace", "NamespaceCondition", "NamespaceSpec", "NamespaceStatus", "Node", "NodeAddress",
    "NodeAffinity", "NodeAllocatableResourceClaimStatus", "NodeCondition", "NodeConfigSource",
    "NodeConfigStatus", "NodeDaemonEndpoints", "NodeFeatures", "NodeProxyOptions",
    "NodeRuntimeHandler", "NodeRuntimeHandlerFeatures", "NodeSelector", "NodeSelectorRequirement",
    "NodeSelectorTerm", "NodeSpec", "NodeStatus", "NodeSwapStatus", "NodeSystemInfo",
    "ObjectFieldSelector", "ObjectReference", "PersistentVolumeClaimSpec",
    "PersistentVolumeClaimTemplate", "PersistentVolumeClaimVolumeSource",
    "PhotonPersistentDiskVolumeSource", "Pod", "PodAffinity", "PodAffinityTerm", "PodAntiAffinity",
    "PodAttachOptions", "PodCertificateProjection", "PodCondition", "PodDNSConfig",
    "PodDNSConfigOption", "PodExecOptions", "PodExtendedResourceClaimStatus", "PodIP",
    "PodLogOptions", "PodOS", "PodPortForwardOptions", "PodProxyOptions", "PodReadinessGate",
    "PodResourceClaim", "PodResourceClaimStatus", "PodSchedulingGate", "PodSchedulingGroup",
    "PodSecurityContext", "PodSpec", "PodStatus", "PodTemplateSpec", "PortStatus",
    "PortworxVolumeSource", "PreferredSchedulingTerm", "Probe", "ProjectedVolumeSource",
    "QuobyteVolumeSource", "RBDVolumeSource", "ResourceClaim", "ResourceFieldSelector",
    "ResourceHealth", "ResourceRequirements", "ResourceStatus", "SELinuxOptions",
    "ScaleIOVolumeSource", "SeccompProfile", "Secret", "SecretEnvSource", "SecretKeySelector",
    "SecretProjection", "SecretVolumeSource", "SecurityContext", "Service",
    "ServiceAccountTokenProjection", "ServicePort", "ServiceProxyOptions", "ServiceSpec",
    "ServiceStatus", "SessionAffinityConfig", "SleepAction", "StorageOSVolumeSource", "Sysctl",
    "TCPSocketAction", "Taint", "Toleration", "TopologySpreadConstraint",
    "TypedLocalObjectReference", "TypedObjectReference", "Volume", "VolumeDevice", "VolumeMount",
    "VolumeMountStatus", "VolumeProjection", "VolumeResourceRequirements", "VolumeStatus",
    "VsphereVirtualDiskVolumeSource", "WeightedPodAffinityTerm", "WindowsSecurityContextOptions",
]
# isort: on
# fmt: on


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
