/**
 * What pods and nodes use now, from the metrics API (metrics.k8s.io, served by metrics-server or the like), printed as
 * `kubectl top` does.
 */
import { isJsonObject, type JsonObject } from '../../kube/object.ts';
import { parseQuantity } from '../../kube/quantity.ts';
import { refuse, type Rights } from '../answer/levels.ts';
import { type Answer, refusal } from '../errors.ts';
import type { Resource } from '../../kube/resource.ts';
import type { Kinds } from './kinds.ts';
import type { Listed, Row } from './table.ts';

/** The kind of the metrics API, or that there is none. */
export async function metricsOf(kinds: Kinds, caller: Rights, plural: 'pods' | 'nodes'): Promise<Answer<Resource>> {
  const resource = await kinds.find({ group: 'metrics.k8s.io', plural });
  if (resource !== undefined) return { ok: true, value: resource };
  if (caller.anonymous) return refuse(caller, `list ${plural}.metrics.k8s.io`);
  return refusal(
    'KIND_NOT_SERVED',
    'This cluster has no metrics API (metrics.k8s.io): nobody can say what pods and nodes use. It comes with metrics-server.',
  );
}

interface Usage {
  /** Of a core. */
  readonly milli: number;
  readonly bytes: number;
}

/** Of a pod the sum of its containers. */
function usageOf(object: JsonObject): Usage {
  const parts = Array.isArray(object.containers) ? object.containers.filter(isJsonObject) : [object];
  const usages = parts.map(({ usage }) => (isJsonObject(usage) ? usage : {}));
  return {
    milli: Math.ceil(usages.reduce((sum, { cpu }) => sum + numberOf(cpu) * 1_000, 0)),
    bytes: usages.reduce((sum, { memory }) => sum + numberOf(memory), 0),
  };
}

function numberOf(quantity: unknown): number {
  const value = typeof quantity === 'string' ? parseQuantity(quantity) : undefined;
  return value === undefined ? 0 : Number(value.nano) / 1e9;
}

function nameOf({ metadata }: JsonObject): string {
  return isJsonObject(metadata) && typeof metadata.name === 'string' ? metadata.name : '<none>';
}

const mebibytes = (bytes: number) => `${Math.floor(bytes / 1_048_576)}Mi`;

/** As kubectl heads them; those who use most come first. @param allocatable Of nodes, by name, where it is known. */
export function usageTable(listed: Listed, allocatable?: ReadonlyMap<string, JsonObject>): Listed {
  const rows = listed.rows
    .map(({ object }) => ({ object, usage: usageOf(object) }))
    .toSorted((a, b) => b.usage.milli - a.usage.milli || b.usage.bytes - a.usage.bytes)
    .map(({ object, usage: { milli, bytes } }): Row => {
      const name = nameOf(object);
      const whole = allocatable?.get(name);
      const share = (part: number, of: unknown) => percent(part, numberOf(of));
      const cells =
        allocatable === undefined
          ? [name, `${milli}m`, mebibytes(bytes)]
          : [name, `${milli}m`, share(milli / 1_000, whole?.cpu), mebibytes(bytes), share(bytes, whole?.memory)];
      return { cells, object };
    });
  const columns =
    allocatable === undefined
      ? ['NAME', 'CPU(cores)', 'MEMORY(bytes)']
      : ['NAME', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)'];
  return { ...listed, columns, rows };
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '<unknown>' : `${Math.floor((part / whole) * 100)}%`;
}
