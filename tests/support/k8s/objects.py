# SPDX-License-Identifier: Apache-2.0
"""Objects of a cluster as API servers write them, and whole clusters of any size. Names, addresses and images are made
up; the same arguments always give the same objects and uids."""

import hashlib
import uuid

START = "2026-11-21T02:43:29Z"


def uid_of(*parts):
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(parts)))


def meta(name, namespace=None, kind="", labels=None, owner=None, **more):
    made = {"name": name}
    if namespace:
        made["namespace"] = namespace
    made["uid"] = uid_of(kind, namespace or "", name)
    made["creationTimestamp"] = START
    if labels:
        made["labels"] = labels
    made.update(more)
    if owner:
        made["ownerReferences"] = [{"apiVersion": owner["apiVersion"], "kind": owner["kind"],
                                    "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
                                    "controller": True, "blockOwnerDeletion": True}]
    made["managedFields"] = [{"manager": "kubectl", "operation": "Update", "apiVersion": "v1", "time": START,
                              "fieldsType": "FieldsV1",
                              "fieldsV1": {"f:metadata": {"f:labels": {".": {}, "f:app": {}}},
                                           "f:spec": {"f:containers": {'k:{"name":"main"}': {".": {}, "f:image": {}}}}}}]
    return made


def namespace(name):
    return {"kind": "Namespace", "apiVersion": "v1", "metadata": meta(name, kind="Namespace"),
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}


def node(name, address="192.0.2.10"):
    return {"kind": "Node", "apiVersion": "v1",
            "metadata": meta(name, kind="Node", labels={"kubernetes.io/hostname": name}),
            "spec": {"podCIDR": "10.244.0.0/24"},
            "status": {"addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
                       "conditions": [{"type": "Ready", "status": "True"}],
                       "nodeInfo": {"containerRuntimeVersion": "containerd://1.6.20"}}}


def deployment(name, space, labels=None):
    labels = labels or {"app": name}
    return {"kind": "Deployment", "apiVersion": "apps/v1",
            "metadata": meta(name, space, "Deployment", labels, generation=1),
            "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels},
                                  "spec": {"containers": [{"name": "main", "image": f"registry.example/{name}:1",
                                                           "env": [{"name": "MODE", "value": "very secret"}]}]}}},
            "status": {"replicas": 1}}


def replicaset(name, space, owner, labels=None):
    return {"kind": "ReplicaSet", "apiVersion": "apps/v1",
            "metadata": meta(name, space, "ReplicaSet", labels or owner["metadata"].get("labels"), owner, generation=1),
            "spec": {"replicas": 1}, "status": {"replicas": 1}}


def pod(name, space, node_name="node-a", address="10.244.0.5", owner=None, labels=None, **spec):
    container = hashlib.sha256(f"{space}/{name}".encode()).hexdigest()
    labels = labels or (owner["metadata"].get("labels") if owner else None) or {"app": name}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": meta(name, space, "Pod", labels, owner),
            "spec": {"nodeName": node_name, "serviceAccountName": "default",
                     "volumes": [{"name": "token", "secret": {"secretName": "default-token", "defaultMode": 420}}],
                     "containers": [{"name": "main", "image": "registry.example/shop/main:1.0.0",
                                     "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                                     "env": [{"name": "PASSWORD", "value": "very secret"}],
                                     "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "100m"}},
                                     "volumeMounts": [{"name": "token", "readOnly": True,
                                                       "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
                                     "terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "Always"}],
                     "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
                     **spec},
            "status": {"phase": "Running", "hostIP": "192.0.2.10", "podIP": address, "podIPs": [{"ip": address}],
                       "startTime": START,
                       "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": START}],
                       "containerStatuses": [{"name": "main", "ready": True, "restartCount": 0, "started": True,
                                              "state": {"running": {"startedAt": START}}, "lastState": {},
                                              "image": "registry.example/shop/main:1.0.0",
                                              "imageID": f"registry.example/shop/main@sha256:{container}",
                                              "containerID": f"containerd://{container}"}],
                       "qosClass": "Burstable"}}


def service(name, space, address="10.96.0.20", selector=None):
    return {"kind": "Service", "apiVersion": "v1", "metadata": meta(name, space, "Service", {"app": name}),
            "spec": {"ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}],
                     "selector": selector or {"app": name}, "clusterIP": address, "clusterIPs": [address],
                     "type": "ClusterIP"}, "status": {"loadBalancer": {}}}


def endpointslice(name, of, pods):
    space = of["metadata"]["namespace"]
    labels = {"kubernetes.io/service-name": of["metadata"]["name"]}
    return {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
            "metadata": meta(name, space, "EndpointSlice", labels, of, generation=1), "addressType": "IPv4",
            "endpoints": [{"addresses": [each["status"]["podIP"]], "conditions": {"ready": True},
                           "targetRef": {"kind": "Pod", "namespace": space, "name": each["metadata"]["name"],
                                         "uid": each["metadata"]["uid"]}, "nodeName": each["spec"]["nodeName"]}
                          for each in pods],
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]}


def event(name, space, about, reason="BackOff", kind="Warning", count=1, message="back-off restarting"):
    return {"kind": "Event", "apiVersion": "v1", "metadata": meta(name, space, "Event"),
            "involvedObject": {"kind": about["kind"], "namespace": space, "name": about["metadata"]["name"],
                               "uid": about["metadata"]["uid"], "apiVersion": about["apiVersion"]},
            "reason": reason, "message": message, "type": kind, "count": count, "eventTime": None,
            "source": {"component": "kubelet", "host": "node-a"}, "firstTimestamp": START, "lastTimestamp": START,
            "reportingComponent": "", "reportingInstance": ""}


def workload(name, space, replicas=1, nodes=("node-a",), first_address=5):
    """Deployment, its replica set and pods, in the order in which a cluster makes them."""
    top = deployment(name, space)
    middle = replicaset(f"{name}-6dcd665c67", space, top)
    made = [top, middle]
    for number in range(replicas):
        address = first_address + number
        made.append(pod(f"{name}-6dcd665c67-{number:05}", space, nodes[number % len(nodes)],
                        f"10.{244 + address // 65536}.{address // 256 % 256}.{address % 256}", middle))
    return made


def cluster(pods=10_000, services=2_000, nodes=100, spaces=20):
    """A whole cluster: every service has a slice of the pods of one workload."""
    names = [f"node-{number:04}" for number in range(nodes)]
    made = [namespace(each) for each in ["kube-system", "default", *(f"team-{number:02}" for number in range(spaces))]]
    made += [node(each, f"192.0.{2 + number // 250}.{number % 250 + 1}") for number, each in enumerate(names)]
    workloads = max(services, 1)
    each_has, rest = divmod(pods, workloads)
    address = 5
    for number in range(workloads):
        replicas = each_has + (1 if number < rest else 0)
        space = f"team-{number % spaces:02}"
        parts = workload(f"app-{number:05}", space, replicas, names[number % nodes:] + names[:number % nodes], address)
        address += replicas
        made += parts
        if number < services:
            of = service(f"app-{number:05}", space, f"10.96.{number // 250}.{number % 250 + 1}")
            made += [of, endpointslice(f"app-{number:05}-x", of, parts[2:])]
    return made
