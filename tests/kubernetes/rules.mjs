// rules.mjs: what we ask of our own manifests, beyond that Kubernetes would take them.

const OPERATORS = ["kantor-public-keys"]; // made by the operator (deploy/kubernetes/README.md)
const VOLUMES = ["configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"];

export function podTemplate(object) {
  const spec = object.spec ?? {};
  return object.kind === "CronJob" ? spec.jobTemplate?.spec?.template : spec.template;
}

function matches(selector, labels = {}) {
  if (!selector) return false;
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return exact && (selector.matchExpressions ?? []).every(
    (e) => (e.operator === "In" && e.values.includes(labels[e.key])) || (e.operator === "Exists" && e.key in labels));
}

// The profile `restricted` of the Pod Security Standards, and a file system that nobody writes to.
function restricted(spec, say) {
  for (const host of ["hostNetwork", "hostPID", "hostIPC"]) if (spec[host]) say(host);
  const pod = spec.securityContext ?? {};
  if (pod.runAsNonRoot !== true || !(pod.runAsUser > 0)) say("the pod may run as root");
  if (pod.seccompProfile?.type !== "RuntimeDefault") say("the pod has no seccomp profile RuntimeDefault");
  if (spec.automountServiceAccountToken !== false) say("the pod gets a token of its account");
  for (const volume of spec.volumes ?? [])
    for (const kind of Object.keys(volume))
      if (kind !== "name" && !VOLUMES.includes(kind)) say(`volume ${volume.name} is a ${kind}`);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const locked = container.securityContext ?? {};
    if (locked.allowPrivilegeEscalation !== false) say(`${container.name} may gain privileges`);
    if (locked.privileged || locked.runAsUser === 0 || locked.runAsNonRoot === false) say(`${container.name} has privileges`);
    if (!locked.capabilities?.drop?.includes("ALL") || locked.capabilities.add) say(`${container.name} keeps capabilities`);
    if (locked.readOnlyRootFilesystem !== true) say(`${container.name} may write to its image`);
    if (locked.seccompProfile && locked.seccompProfile.type !== "RuntimeDefault") say(`${container.name} has a seccomp profile of its own`);
  }
}

function containers(object, spec, names, say) {
  const claims = (object.spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata.name);
  const volumes = [...(spec.volumes ?? []).map((volume) => volume.name), ...claims];
  for (const container of spec.containers ?? []) {
    for (const kind of ["requests", "limits"])
      for (const what of ["cpu", "memory"])
        if (!container.resources?.[kind]?.[what]) say(`${container.name} has no ${kind} of ${what}`);
    for (const port of container.ports ?? []) if (!port.name) say(`a port of ${container.name} has no name`);
    for (const mount of container.volumeMounts ?? [])
      if (!volumes.includes(mount.name)) say(`${container.name} mounts ${mount.name}, which is no volume`);
    if (object.kind !== "CronJob")
      for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
        if (container[probe]?.exec?.command?.[1] !== "health") say(`${container.name} has no ${probe} that asks the program`);
  }
  if (object.kind === "StatefulSet" && !spec.containers[0].livenessProbe?.exec?.command?.includes("--alive"))
    say("a broker's absence restarts it");
  for (const volume of spec.volumes ?? [])
    if (volume.configMap && !names.configMaps.includes(volume.configMap.name))
      say(`there is no ConfigMap ${volume.configMap.name}`);
  if (!names.accounts.includes(spec.serviceAccountName)) say(`there is no account ${spec.serviceAccountName}`);
}

function workload(object, all, names, say) {
  const template = podTemplate(object), labels = template.metadata?.labels ?? {};
  restricted(template.spec, say);
  containers(object, template.spec, names, say);
  const policies = all.filter((o) => o.kind === "NetworkPolicy" && Object.keys(o.spec.podSelector ?? {}).length > 0);
  if (!policies.some((o) => matches(o.spec.podSelector, labels))) say("no NetworkPolicy lets it do its work");
  if (object.kind === "CronJob") {
    if (object.spec.concurrencyPolicy !== "Forbid") say("two of its jobs may run at once");
    return;
  }
  if (!matches(object.spec.selector, labels)) say("its selector does not match its own pods");
  const budgets = all.filter((o) => o.kind === "PodDisruptionBudget" && matches(o.spec.selector, labels));
  if (budgets.length !== 1) say(`${budgets.length} PodDisruptionBudgets select it`);
  if (object.kind === "StatefulSet") {
    if (object.spec.replicas !== 1) say("a store belongs to one process");
    const service = all.find((o) => o.kind === "Service" && o.metadata.name === object.spec.serviceName);
    if (service?.spec.clusterIP !== "None") say(`there is no headless Service ${object.spec.serviceName}`);
    for (const claim of object.spec.volumeClaimTemplates ?? [])
      if (claim.spec.accessModes?.join() !== "ReadWriteOncePod") say(`the volume ${claim.metadata.name} may be open twice`);
  }
}

function service(object, all, say) {
  const pods = all.map(podTemplate).filter((t) => t && matches({ matchLabels: object.spec.selector }, t.metadata?.labels));
  if (pods.length !== 1) say(`it selects the pods of ${pods.length} workloads`);
  for (const port of object.spec.ports ?? []) {
    if (!port.name) say("a port has no name");
    const names = pods.flatMap((t) => t.spec.containers.flatMap((c) => (c.ports ?? []).map((p) => p.name)));
    if (!names.includes(port.targetPort)) say(`no container has the port ${port.targetPort}`);
  }
}

function denied(all, say) {
  const denies = all.some((o) => o.kind === "NetworkPolicy" && Object.keys(o.spec.podSelector).length === 0 &&
    o.spec.policyTypes?.length === 2 && !o.spec.ingress && !o.spec.egress);
  if (!denies) say("no NetworkPolicy denies what no other one allows");
  const room = all.find((o) => o.kind === "Namespace");
  if (room?.metadata.labels?.["pod-security.kubernetes.io/enforce"] !== "restricted") say("the namespace does not enforce restricted");
}

// OBJECTS: all of a rendered or plain set; CONFIGMAPS: names that kustomize makes. SAY(object or null, what).
export function rules(objects, configMaps, say) {
  const names = {
    configMaps: [...OPERATORS, ...configMaps, ...objects.filter((o) => o.kind === "ConfigMap").map((o) => o.metadata.name)],
    accounts: objects.filter((o) => o.kind === "ServiceAccount").map((o) => o.metadata.name),
  };
  const seen = new Set();
  for (const object of objects) {
    const name = `${object.kind}/${object.metadata?.name}`, mine = (what) => say(name, what);
    if (seen.has(name)) mine("stands twice");
    seen.add(name);
    if (podTemplate(object)?.spec) workload(object, objects, names, mine);
    if (object.kind === "Service") service(object, objects, mine);
  }
  denied(objects, (what) => say("all", what));
  const brokers = objects.filter((o) => o.kind === "Deployment" && podTemplate(o).metadata.labels["app.kubernetes.io/name"] === "kantor-broker");
  if (brokers.reduce((sum, o) => sum + o.spec.replicas, 0) < 2) say("all", "there are fewer than two brokers");
  for (const department of ["finance", "legal", "it"]) {
    if (!seen.has(`StatefulSet/kantor-${department}`)) say("all", `nothing runs ${department}`);
    if (!seen.has(`CronJob/kantor-backup-${department}`)) say("all", `nothing backs ${department} up`);
  }
}
