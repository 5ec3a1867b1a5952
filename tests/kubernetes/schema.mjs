// schema.mjs: whether an object has the fields of its kind, of the right types, and all that it needs. What a kind is
// comes from @kubernetes/client-node, whose models are made from the API server's own description.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// The kinds that we use, by the one version in which we use each.
export const KINDS = {
  "v1 ConfigMap": "V1ConfigMap",
  "v1 Namespace": "V1Namespace",
  "v1 Secret": "V1Secret",
  "v1 Service": "V1Service",
  "v1 ServiceAccount": "V1ServiceAccount",
  "apps/v1 Deployment": "V1Deployment",
  "apps/v1 StatefulSet": "V1StatefulSet",
  "batch/v1 CronJob": "V1CronJob",
  "networking.k8s.io/v1 NetworkPolicy": "V1NetworkPolicy",
  "policy/v1 PodDisruptionBudget": "V1PodDisruptionBudget",
};

// The models know no enumerations, quantities or names; these are what the API's reference says of the fields we use.
const TEXTS = {
  "V1Container.imagePullPolicy": /^(Always|IfNotPresent|Never)$/,
  "V1Container.name": /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  "V1ContainerPort.name": /^(?=.{1,15}$)[a-z0-9]+(-[a-z0-9]+)*$/,
  "V1ContainerPort.protocol": /^(TCP|UDP|SCTP)$/,
  "V1CronJobSpec.concurrencyPolicy": /^(Allow|Forbid|Replace)$/,
  "V1CronJobSpec.schedule": /^[0-9*\/,-]+( [0-9*\/,-]+){4}$/,
  "V1DeploymentStrategy.type": /^(Recreate|RollingUpdate)$/,
  "V1LabelSelectorRequirement.operator": /^(In|NotIn|Exists|DoesNotExist)$/,
  "V1NetworkPolicyPort.protocol": /^(TCP|UDP|SCTP)$/,
  "V1ObjectMeta.name": /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
  "V1PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy": /^(IfHealthyBudget|AlwaysAllow)$/,
  "V1PodSecurityContext.fsGroupChangePolicy": /^(OnRootMismatch|Always)$/,
  "V1PodSpec.restartPolicy": /^(Always|OnFailure|Never)$/,
  "V1SeccompProfile.type": /^(Localhost|RuntimeDefault|Unconfined)$/,
  "V1ServicePort.protocol": /^(TCP|UDP|SCTP)$/,
  "V1ServiceSpec.type": /^(ClusterIP|ExternalName|LoadBalancer|NodePort)$/,
  "V1StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted": /^(Retain|Delete)$/,
  "V1StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled": /^(Retain|Delete)$/,
  "V1StatefulSetSpec.podManagementPolicy": /^(OrderedReady|Parallel)$/,
  "V1StatefulSetUpdateStrategy.type": /^(OnDelete|RollingUpdate)$/,
};
const QUANTITY = /^\d+(\.\d+)?(m|[kMGTPE]|[KMGTPE]i)?$/;
const QUANTITIES = ["V1ResourceRequirements.limits", "V1ResourceRequirements.requests",
  "V1VolumeResourceRequirements.limits", "V1VolumeResourceRequirements.requests"];
const LISTS = {
  "V1NetworkPolicySpec.policyTypes": /^(Ingress|Egress)$/,
  "V1PersistentVolumeClaimSpec.accessModes": /^(ReadWriteOnce|ReadOnlyMany|ReadWriteMany|ReadWriteOncePod)$/,
};

export async function schema(modules) {
  const models = join(modules, "@kubernetes/client-node/dist/gen/models");
  const known = new Map();

  // {fields: name -> {type, format}, needed: [name]} of a model, or null.
  async function model(type) {
    if (!known.has(type)) {
      try {
        const loaded = (await import(pathToFileURL(join(models, `${type}.js`))))[type];
        const declared = readFileSync(join(models, `${type}.d.ts`), "utf8");
        const names = new Map(loaded.attributeTypeMap.map((a) => [a.name, a.baseName]));
        known.set(type, {
          fields: new Map(loaded.attributeTypeMap.map((a) => [a.baseName, a])),
          needed: [...declared.matchAll(/^    '(\w+)': /gm)].map((m) => names.get(m[1]) ?? m[1]),
        });
      } catch (error) {
        if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
        known.set(type, null);
      }
    }
    return known.get(type);
  }

  function kindOf(value) {
    return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  }

  async function walk(value, type, format, where, say) {
    let inner;
    const is = kindOf(value);
    if ((inner = /^Array<(.*)>$/.exec(type))) {
      if (is !== "array") return say(where, `an array is wanted, not ${is}`);
      for (const [i, item] of value.entries()) await walk(item, inner[1], format, `${where}[${i}]`, say);
    } else if ((inner = /^\{ \[key: string\]: (.*); \}$/.exec(type))) {
      if (is !== "object") return say(where, `a map is wanted, not ${is}`);
      for (const [key, item] of Object.entries(value)) await walk(item, inner[1], format, `${where}.${key}`, say);
    } else if (type === "any" || type === "object") {
      return;
    } else if (type === "IntOrString") {
      if (is !== "string" && !Number.isInteger(value)) say(where, `an integer or a string is wanted, not ${is}`);
    } else if (type === "number") {
      if (is !== "number") say(where, `a number is wanted, not ${is}`);
      else if (/^int/.test(format) && !Number.isInteger(value)) say(where, "an integer is wanted");
    } else if (type === "string" || type === "boolean") {
      if (is !== type) say(where, `a ${type} is wanted, not ${is}`);
    } else {
      await walkModel(value, type, where, say);
    }
  }

  async function walkModel(value, type, where, say) {
    const known = await model(type);
    if (!known) return say(where, `nothing is known of the type ${type}`);
    if (kindOf(value) !== "object") return say(where, `an object is wanted, not ${kindOf(value)}`);
    for (const [key, item] of Object.entries(value)) {
      const field = known.fields.get(key), name = `${type}.${key}`, at = `${where}.${key}`;
      if (!field) {
        say(at, `${type} has no such field`);
        continue;
      }
      await walk(item, field.type, field.format, at, say);
      if (TEXTS[name] && typeof item === "string" && !TEXTS[name].test(item)) say(at, `"${item}" is not one of its values`);
      if (LISTS[name] && Array.isArray(item))
        for (const text of item) if (!LISTS[name].test(text)) say(at, `"${text}" is not one of its values`);
      if (QUANTITIES.includes(name) && kindOf(item) === "object")
        for (const text of Object.values(item)) if (!QUANTITY.test(text)) say(at, `"${text}" is no quantity`);
    }
    for (const key of known.needed) if (value[key] === undefined) say(where, `${key} is missing`);
  }

  // Tells SAY(where, what) of everything that is wrong with the shape of OBJECT.
  return async function (object, say) {
    const type = KINDS[`${object?.apiVersion} ${object?.kind}`];
    if (!type) return say("", `no kind that we use: ${object?.apiVersion} ${object?.kind}`);
    await walkModel(object, type, "", say);
  };
}
