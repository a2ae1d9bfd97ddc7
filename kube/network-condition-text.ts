/**
 * What is asked of requests beside peers and ports, in words where it is one of the usual things: HTTP methods, paths, hosts and
 * headers, names asked of DNS, TLS server names. Anything else stands as the policy has it.
 *
 * Methods, paths and hosts of Cilium are regular expressions and stand as they are; paths of Calico are exact or prefixes.
 *
 * @see https://docs.cilium.io/en/v1.20/security/policy/language/#layer-7-examples
 * @see https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#httpmatch
 */
import * as z from 'zod';
import type { NetworkCondition } from '../crds/rules/network.ts';
import { several } from './scope-text.ts';

const text = z.string().min(1);
const Requests = z
  .array(
    z.strictObject({
      method: text.optional(),
      path: text.optional(),
      host: text.optional(),
      headers: z.array(text).optional(),
    }),
  )
  .min(1);
const Match = z.strictObject({
  methods: z.array(text).optional(),
  paths: z.array(z.strictObject({ exact: text.optional(), prefix: text.optional() })).optional(),
});
const Names = z
  .array(
    z.union([
      z.strictObject({ matchName: text }).transform(({ matchName }) => matchName),
      z.strictObject({ matchPattern: text }).transform(({ matchPattern }) => matchPattern),
    ]),
  )
  .min(1);

const subjects: Readonly<Record<NetworkCondition['kind'], string>> = {
  http: 'HTTP',
  dns: 'DNS',
  serverName: 'the TLS server name',
  authentication: 'authentication',
  listener: 'the proxy listener',
  other: 'the condition',
};

/** `the HTTP request is GET on path /public or POST`. */
export function conditionText({ kind, text: json }: NetworkCondition): string {
  return wordsOf(kind, parsed(json)) ?? `${subjects[kind]} ${json}`;
}

/** Undefined for what is not one of the usual things. */
function wordsOf(kind: NetworkCondition['kind'], value: unknown): string | undefined {
  switch (kind) {
    case 'http':
      return requestsWords(Requests.safeParse(value).data) ?? matchWords(Match.safeParse(value).data);
    case 'dns':
      return namesWords(Names.safeParse(value).data);
    case 'serverName': {
      const names = z.array(text).min(1).safeParse(value).data;
      return names === undefined ? undefined : `the TLS server name is ${several(names, ' or ')}`;
    }
    case 'authentication':
    case 'listener':
    case 'other':
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** Nobody writes longer ones by hand, and who reads them sees the first words only. */
const lengthMax = 20_000;

function parsed(json: string): unknown {
  if (json.length > lengthMax) return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function requestsWords(requests: z.infer<typeof Requests> | undefined): string | undefined {
  if (requests === undefined) return undefined;
  const words = requests.map(({ method, path, host, headers = [] }) =>
    [
      method ?? 'any',
      ...(path === undefined ? [] : [`on path ${path}`]),
      ...(host === undefined ? [] : [`to host ${host}`]),
      ...(headers.length === 0 ? [] : [`with header ${several(headers, ' and ')}`]),
    ].join(' '),
  );
  return words.includes('any') ? 'the request is HTTP' : `the HTTP request is ${several(words, ' or ')}`;
}

function matchWords(match: z.infer<typeof Match> | undefined): string | undefined {
  if (match === undefined) return undefined;
  const { methods = [], paths = [] } = match;
  const where = paths.flatMap(({ exact, prefix }) => [
    ...(exact === undefined ? [] : [exact]),
    ...(prefix === undefined ? [] : [`${prefix}*`]),
  ]);
  const which = methods.length === 0 ? 'any' : several(methods, ' or ');
  if (where.length === 0) return methods.length === 0 ? 'the request is HTTP' : `the HTTP request is ${which}`;
  return `the HTTP request is ${which} on path ${several(where, ' or ')}`;
}

function namesWords(names: readonly string[] | undefined): string | undefined {
  if (names === undefined) return undefined;
  if (names.includes('*') || names.includes('**')) return 'DNS is asked for any name';
  return `DNS is asked for ${several(names, ' or ')}`;
}
