// kubernetes_test.mjs: deploy/kubernetes against the API's own models and our rules, and the same with mistakes in it.
// usage: node kubernetes_test.mjs NODE_MODULES DEPLOY_KUBERNETES KEYS [RENDERED]
// KEYS: what deploy/kubernetes/keys wrote; RENDERED: the example overlay as kustomize makes it.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { schema } from "./schema.mjs";
import { rules } from "./rules.mjs";

const [modules, root, keys, rendered] = process.argv.slice(2);
const yaml = createRequire(join(resolve(modules), "x.js"))("js-yaml");
const shape = await schema(resolve(modules));
const KUSTOMIZATION = ["apiVersion", "kind", "namespace", "labels", "resources", "images", "patches",
  "configMapGenerator", "generatorOptions"];

// What is wrong with a set of texts (name -> text), as lines.
async function wrong(files, configMaps) {
  const found = [], objects = [];
  for (const [name, text] of files) {
    try {
      for (const object of yaml.loadAll(text, undefined, { filename: name })) {
        let sound = true;
        await shape(object, (where, what) => (sound = false, found.push(`${name}: ${object?.kind}${where}: ${what}`)));
        if (sound || object?.metadata) objects.push(object);
      }
    } catch (error) {
      if (error.name !== "YAMLException") throw error;
      found.push(`${name}: ${error.message.split("\n")[0]}`);
    }
  }
  if (found.length === 0) rules(objects, configMaps, (name, what) => found.push(`${name}: ${what}`));
  return { found, objects };
}

function kustomization(folder) {
  const made = yaml.load(readFileSync(join(folder, "kustomization.yaml"), "utf8"));
  for (const key of Object.keys(made)) if (!KUSTOMIZATION.includes(key)) throw Error(`${folder}: kustomization.yaml: ${key} is not used here`);
  return made;
}

const base = join(root, "base"), made = kustomization(base);
const present = readdirSync(base).filter((name) => name.endsWith(".yaml") && name !== "kustomization.yaml").sort();
const failures = [];
const say = (line) => failures.push(line);
if (present.join() !== [...made.resources].sort().join()) say(`base: there are ${present} and it lists ${made.resources}`);
const configMaps = made.configMapGenerator.map((one) => one.name);
for (const one of made.configMapGenerator) for (const file of one.files) readFileSync(join(base, file.split("=")[1]));
const files = new Map(present.map((name) => [name, readFileSync(join(base, name), "utf8")]));

const plain = await wrong(files, configMaps);
plain.found.forEach(say);

// What the manifests refer to is what deploy/kubernetes/keys makes.
const pairs = yaml.loadAll(readFileSync(keys, "utf8"));
for (const object of pairs) await shape(object, (where, what) => say(`keys: ${object?.kind}${where}: ${what}`));
const secrets = pairs.filter((object) => object.kind === "Secret").map((object) => object.metadata.name).sort();
const wanted = [...new Set([...files.values()].flatMap((text) => [...text.matchAll(/secretName: ([\w-]+)/g)].map((m) => m[1])))].sort();
if (secrets.join() !== wanted.join()) say(`keys makes ${secrets}, and the manifests want ${wanted}`);
for (const text of files.values()) if (/^kind: Secret/m.test(text)) say("a Secret stands among the manifests");

// One rule, three names: the departments' files, and the brokers', may not drift apart.
for (const [a, b, from, to] of [["finance", "legal"], ["finance", "it"], ["broker-a", "broker-b"],
  ["backup-finance", "backup-legal", "finance", "legal"], ["backup-finance", "backup-it", "finance", "it"]].map(
  ([a, b, from, to]) => [a, b, from ?? a, to ?? b])) {
  const quiet = (text) => text.replace(/schedule: ".*"/, "schedule");
  if (quiet(files.get(`${a}.yaml`).replaceAll(from, to)) !== quiet(files.get(`${b}.yaml`))) say(`${a}.yaml and ${b}.yaml differ in more than the name`);
}

if (rendered) {
  const whole = await wrong(new Map([["rendered", readFileSync(rendered, "utf8")]]), []);
  whole.found.forEach(say);
  for (const object of whole.objects) {
    const spec = object.spec?.template?.spec ?? object.spec?.jobTemplate?.spec?.template?.spec;
    for (const container of spec?.containers ?? [])
      if (!/:[^:/]+$/.test(container.image) || container.image.endsWith(":latest")) say(`${object.metadata.name}: the image ${container.image} has no version`);
  }
  if (whole.objects.length < plain.objects.length) say("the overlay leaves something out");
}

// file, what stands there, what stands there instead, what must be said
const MISTAKES = [
  ["finance.yaml", "replicas: 1", "replicsa: 1", "V1StatefulSetSpec has no such field"],
  ["finance.yaml", "replicas: 1", 'replicas: "1"', "a number is wanted, not string"],
  ["finance.yaml", "replicas: 1", "replicas: 1.5", "an integer is wanted"],
  ["finance.yaml", "replicas: 1", "replicas: 2", "a store belongs to one process"],
  ["finance.yaml", "apps/v1", "apps/v1beta1", "no kind that we use"],
  ["finance.yaml", "kind: StatefulSet", "kind: StatefullSet", "no kind that we use"],
  ["finance.yaml", "  serviceName: kantor-finance\n", "", "there is no headless Service"],
  ["finance.yaml", "- name: finance\n          image", "- image", "name is missing"],
  ["finance.yaml", "[--config, /etc/kantor/finance.conf]\n          ports", "--config\n          ports", "an array is wanted"],
  ["finance.yaml", "memory: 2Gi", "memory: 2GiB", "is no quantity"],
  ["finance.yaml", "limits: {cpu: \"2\", memory: 2Gi}", "limits: {cpu: \"2\"}", "no limits of memory"],
  ["finance.yaml", "limits: {cpu: \"2\"", "limits: {cpu: 2", "a string is wanted"],
  ["finance.yaml", "[ReadWriteOncePod] #", "[ReadWriteMany] #", "may be open twice"],
  ["finance.yaml", "[ReadWriteOncePod] #", "[ReadWriteOnePod] #", "is not one of its values"],
  ["finance.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "may run as root"],
  ["finance.yaml", "seccompProfile: {type: RuntimeDefault}", "seccompProfile: {type: Unconfined}", "no seccomp profile"],
  ["finance.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true", "may gain privileges"],
  ["finance.yaml", "capabilities: {drop: [ALL]}", "capabilities: {drop: [NET_RAW]}", "keeps capabilities"],
  ["finance.yaml", "capabilities: {drop: [ALL]}", "capabilities: {drop: [ALL], add: [SYS_ADMIN]}", "keeps capabilities"],
  ["finance.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "may write to its image"],
  ["finance.yaml", "automountServiceAccountToken: false", "automountServiceAccountToken: true", "token"],
  ["finance.yaml", "secret: {secretName: kantor-finance-key, defaultMode: 288}", "hostPath: {path: /etc}", "is a hostPath"],
  ["finance.yaml", "- {name: metrics, containerPort", "- {containerPort", "has no name"],
  ["finance.yaml", "targetPort: metrics", "targetPort: metric", "no container has the port metric"],
  ["finance.yaml", "{name: data, mountPath", "{name: date, mountPath", "which is no volume"],
  ["finance.yaml", "configMap: {name: kantor-departments}", "configMap: {name: kantor-department}", "there is no ConfigMap"],
  ["finance.yaml", "serviceAccountName: kantor", "serviceAccountName: cantor", "there is no account"],
  ["finance.yaml", "livenessProbe:", "livenesProbe:", "V1Container has no such field"],
  ["finance.yaml", "[/usr/bin/kantor-finance, health,", "[/usr/bin/kantor-finance, healthy,", "that asks the program"],
  ["finance.yaml", "exec: *alive", "exec: {command: [/usr/bin/kantor-finance, health]}", "restarts it"],
  ["finance.yaml", "clusterIP: None", "clusterIP: None\n  clusterIP: None", "duplicated mapping key"],
  ["finance.yaml", "    matchLabels: {app.kubernetes.io/name: kantor-finance}\n  template", "    matchLabels: {app.kubernetes.io/name: kantor}\n  template", "does not match its own pods"],
  ["finance.yaml", "  maxUnavailable: 1\n", "  maxUnavailable: [1]\n", "an integer or a string is wanted"],
  ["broker-budget.yaml", "io/name: kantor-broker", "io/name: kantor-brokers", "0 PodDisruptionBudgets"],
  ["broker-a.yaml", "replicas: 1", "replicas: 0", "fewer than two brokers"],
  ["broker-a.yaml", "type: RollingUpdate", "type: Rolling", "is not one of its values"],
  ["network.yaml", "  podSelector: {}\n  policyTypes: [Ingress, Egress]", "  podSelector: {}\n  policyTypes: [Ingress]", "denies what no other one allows"],
  ["network.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: [Ingres]", "is not one of its values"],
  ["network.yaml", "kantor.dev/client: \"true\"\n  policyTypes", "kantor.dev/caller: \"true\"\n  policyTypes", "lets it do its work"],
  ["network.yaml", "kantor.dev/client: \"true\"\n  policyTypes", "kantor.dev/client: true\n  policyTypes", "a string is wanted, not boolean"],
  ["namespace.yaml", "enforce: restricted", "enforce: baseline", "does not enforce restricted"],
  ["backup-it.yaml", "concurrencyPolicy: Forbid", "concurrencyPolicy: Allow", "may run at once"],
  ["backup-it.yaml", "* * * *\"", "* * *\"", "is not one of its values"],
  ["backup-it.yaml", "restartPolicy: Never", "restartPolicy: Once", "is not one of its values"],
  ["backup-it.yaml", "kantor-backup-it", "kantor-backup-of-it", "nothing backs it up"],
];
for (const [file, before, after, ...told] of MISTAKES) {
  const text = files.get(file);
  if (!text.includes(before)) {
    say(`a mistake has no place any more: ${file} has no "${before}"`);
    continue;
  }
  const { found } = await wrong(new Map([...files, [file, text.replace(before, after)]]), configMaps);
  if (!found.some((line) => told.some((word) => line.includes(word))))
    say(`${file} with "${after}" for "${before}": "${told[0]}" is not said, but ${JSON.stringify(found)}`);
}

failures.forEach((line) => console.log(line));
console.log(`${plain.objects.length} objects, ${MISTAKES.length} mistakes, overlay ${rendered ? "rendered" : "NOT rendered (no kubectl or kustomize)"}: ${failures.length} wrong`);
process.exit(failures.length ? 1 : 0);
