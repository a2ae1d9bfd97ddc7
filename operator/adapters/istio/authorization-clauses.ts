/**
 * The rules of an AuthorizationPolicy: `from`, `to` and `when` must all hold, one of the sources, one of the operations, every
 * condition. Of a source or operation every field must hold, of a field one value, of a `not` field none.
 *
 * - Absent and empty are the same. A source without fields is anyone.
 * - serviceAccounts without a namespace are those of the policy's namespace.
 * - Where the proxy sees no HTTP, an ALLOW rule that asks for HTTP holds for nothing, and of others those demands are left out.
 * - ztunnel knows addresses, ports and identities. Of what else an ALLOW rule asks for it drops the rule; of a DENY rule it
 *   leaves the demand out. What becomes of a source, operation or condition that then is empty its sources and its status
 *   messages say in two ways: it is left open here.
 *
 * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/
 * @see https://istio.io/latest/docs/reference/config/security/conditions/
 * @see https://github.com/istio/istio/blob/1.28.0/pilot/pkg/security/authz/model/model.go
 * @see https://github.com/istio/istio/blob/1.28.0/pilot/pkg/serviceregistry/ambient/authorization.go
 */
import type { MeshClause, MeshDemand, MeshMatch } from '../../../crds/rules/mesh.ts';
import { type Fault, faultsMax, faultsOf, jsonPointer, restUnread } from '../define.ts';
import { type Fields, isFields, Texts } from '../mesh-fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import { unknownFields } from '../unknown-fields.ts';

type Path = readonly PropertyKey[];
type Action = Extract<MeshDemand, { about: 'authorization' }>['action'];

interface FieldMeaning {
  readonly field: string;
  readonly not: string;
  readonly attribute: string;
  readonly by: MeshMatch['by'];
}

const sourceFields: readonly FieldMeaning[] = [
  { field: 'principals', not: 'notPrincipals', attribute: 'source.principal', by: 'text' },
  { field: 'serviceAccounts', not: 'notServiceAccounts', attribute: 'source.serviceAccount', by: 'serviceAccount' },
  { field: 'namespaces', not: 'notNamespaces', attribute: 'source.namespace', by: 'text' },
  { field: 'trustDomains', not: 'notTrustDomains', attribute: 'source.trustDomain', by: 'text' },
  { field: 'ipBlocks', not: 'notIpBlocks', attribute: 'source.ip', by: 'address' },
  { field: 'remoteIpBlocks', not: 'notRemoteIpBlocks', attribute: 'remote.ip', by: 'address' },
  { field: 'requestPrincipals', not: 'notRequestPrincipals', attribute: 'request.auth.principal', by: 'text' },
];
const operationFields: readonly FieldMeaning[] = [
  { field: 'hosts', not: 'notHosts', attribute: 'request.host', by: 'host' },
  { field: 'ports', not: 'notPorts', attribute: 'destination.port', by: 'port' },
  { field: 'methods', not: 'notMethods', attribute: 'request.method', by: 'text' },
  { field: 'paths', not: 'notPaths', attribute: 'request.path', by: 'path' },
];
const knownSourceFields = new Set(sourceFields.flatMap(({ field, not }) => [field, not]));
const knownOperationFields = new Set(operationFields.flatMap(({ field, not }) => [field, not]));
const knownRuleFields: ReadonlySet<string> = new Set(['from', 'to', 'when']);
const knownConditionFields: ReadonlySet<string> = new Set(['key', 'values', 'notValues']);

/** Keys of conditions, and how their values are compared. */
const conditionKeys: Readonly<Record<string, MeshMatch['by']>> = {
  'source.ip': 'address',
  'remote.ip': 'address',
  'source.namespace': 'text',
  'source.principal': 'text',
  'source.serviceAccount': 'serviceAccount',
  'source.trustDomain': 'text',
  'request.auth.principal': 'text',
  'request.auth.audiences': 'text',
  'request.auth.presenter': 'text',
  'destination.ip': 'address',
  'destination.port': 'port',
  'connection.sni': 'text',
};
const conditionKeyPrefixes = ['request.headers[', 'request.auth.claims[', 'experimental.envoy.filters.'];

/** What ztunnel can tell. */
const ofConnections: ReadonlySet<string> = new Set([
  'source.ip',
  'source.namespace',
  'source.principal',
  'source.serviceAccount',
  'destination.ip',
  'destination.port',
]);

/** Of rules, sources, operations and conditions of one policy. Far more than people write; each takes time to read. */
const partsMax = 3_000;

export interface Clauses {
  readonly clauses: readonly MeshClause[];
  readonly faults: readonly Fault[];
}

/** @param atZtunnel Whether ztunnel enforces the policy, too. */
export function clausesOf(
  rules: readonly unknown[],
  {
    namespace,
    action,
    atZtunnel,
  }: { readonly namespace: string; readonly action: Action; readonly atZtunnel: boolean },
): Clauses {
  const clauses: MeshClause[] = [];
  const faults: Fault[] = [];
  const budget = { left: partsMax };
  for (const [index, value] of rules.entries()) {
    budget.left -= 1;
    const path = ['spec', 'rules', index];
    const isRest = faults.length >= faultsMax || budget.left < 0;
    const reader = createRuleReader(namespace, budget);
    if (isRest) reader.faults.push(restUnread(['spec', 'rules'], index));
    const rule = isRest ? undefined : reader.readRule(value, path);
    faults.push(...reader.faults);
    clauses.push(
      rule === undefined || reader.faults.length > 0
        ? { path: jsonPointer(path), unread: pointersOf(reader.faults) }
        : {
            path: jsonPointer(path),
            ...rule,
            ...withoutHttp(rule, action),
            ...(atZtunnel ? atZtunnelOf(rule, action) : {}),
          },
    );
    if (isRest) break;
  }
  return { clauses, faults };
}

type Rule = Pick<MeshClause, 'from' | 'to' | 'when'>;

function createRuleReader(namespace: string, budget: { left: number }) {
  const faults: Fault[] = [];

  function fieldsAt(value: unknown, path: Path, known: ReadonlySet<string>): Fields {
    if (value === undefined || value === null) return {};
    if (!isFields(value)) {
      faults.push({ path, message: 'Must be an object' });
      return {};
    }
    faults.push(...unknownFields(value, known, path));
    return value;
  }

  function listAt(value: unknown, path: Path): readonly unknown[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      faults.push({ path, message: 'Must be a list' });
      return [];
    }
    const items: readonly unknown[] = value;
    budget.left -= items.length;
    if (budget.left >= 0) return items;
    faults.push(restUnread(path, 0));
    return [];
  }

  function textsAt(fields: Fields, field: string, path: Path, by: MeshMatch['by']): string[] {
    const value = fields[field] ?? undefined;
    if (value === undefined) return [];
    const read = Texts.safeParse(value);
    if (!read.success) faults.push(...faultsOf(read.error, [...path, field]));
    const texts = read.data ?? [];
    if (by !== 'serviceAccount') return texts;
    return texts.map((text) => (text.includes('/') ? text : `${namespace}/${text}`));
  }

  function matchesAt(value: unknown, path: Path, meanings: readonly FieldMeaning[], known: ReadonlySet<string>) {
    const fields = fieldsAt(value, path, known);
    return meanings.flatMap(({ field, not, attribute, by }): MeshMatch[] => {
      const match = matchOf(attribute, by, textsAt(fields, field, path, by), textsAt(fields, not, path, by));
      return match === undefined ? [] : [match];
    });
  }

  function conditionAt(value: unknown, path: Path): MeshMatch[] {
    const fields = fieldsAt(value, path, knownConditionFields);
    const { key } = fields;
    const by = typeof key === 'string' ? comparisonOf(key) : undefined;
    if (typeof key !== 'string' || by === undefined) {
      faults.push({ path: [...path, 'key'], message: 'Must be an attribute that conditions know' });
      return [];
    }
    const match = matchOf(key, by, textsAt(fields, 'values', path, by), textsAt(fields, 'notValues', path, by));
    if (match !== undefined) return [match];
    faults.push({ path: [...path, 'values'], message: 'Must be there, or notValues' });
    return [];
  }

  return {
    faults,
    readRule(value: unknown, path: Path): Rule {
      const fields = fieldsAt(value, path, knownRuleFields);
      const alternatives = (
        field: 'from' | 'to',
        inner: string,
        meanings: readonly FieldMeaning[],
        known: ReadonlySet<string>,
      ) =>
        listAt(fields[field], [...path, field]).map((item, index) => {
          const at = [...path, field, index];
          const wrapper = fieldsAt(item, at, new Set([inner]));
          return matchesAt(wrapper[inner], [...at, inner], meanings, known);
        });
      const from = alternatives('from', 'source', sourceFields, knownSourceFields);
      const to = alternatives('to', 'operation', operationFields, knownOperationFields);
      const when = listAt(fields['when'], [...path, 'when']).flatMap((item, index) =>
        conditionAt(item, [...path, 'when', index]),
      );
      return {
        ...(from.length === 0 ? {} : { from }),
        ...(to.length === 0 ? {} : { to }),
        ...(when.length === 0 ? {} : { when }),
      };
    },
  };
}

function matchOf(attribute: string, by: MeshMatch['by'], values: string[], notValues: string[]): MeshMatch | undefined {
  if (values.length === 0 && notValues.length === 0) return undefined;
  return {
    attribute,
    by,
    ...(values.length === 0 ? {} : { values }),
    ...(notValues.length === 0 ? {} : { notValues }),
  };
}

function comparisonOf(key: string): MeshMatch['by'] | undefined {
  if (Object.hasOwn(conditionKeys, key)) return conditionKeys[key];
  return conditionKeyPrefixes.some((prefix) => key.startsWith(prefix)) ? 'text' : undefined;
}

/** Each source, each operation and each condition. */
function partsOf({ from = [], to = [], when = [] }: Rule): readonly (readonly MeshMatch[])[] {
  return [...from, ...to, ...when.map((match) => [match])];
}

function withoutHttp(rule: Rule, action: Action): Pick<MeshClause, 'withoutHttp'> {
  const asksForHttp = partsOf(rule).some((part) => part.some(({ attribute }) => attribute.startsWith('request.')));
  if (!asksForHttp) return {};
  return { withoutHttp: action === 'allow' ? 'never' : 'wider' };
}

function atZtunnelOf(rule: Rule, action: Action): Pick<MeshClause, 'ztunnel'> {
  const isKnown = ({ attribute }: MeshMatch) => ofConnections.has(attribute);
  const parts = partsOf(rule);
  const isWhole = parts.every((part) => part.every(isKnown));
  if (!isWhole && action === 'allow') return { ztunnel: 'never' };
  if (parts.some((part) => !part.some(isKnown))) return { ztunnel: 'unknown' };
  return isWhole ? {} : { ztunnel: 'wider' };
}
