/**
 * RequestAuthentication of Istio: which tokens (JWT) of requests are accepted.
 *
 * A request with a token that no rule accepts is refused; one without a token passes, unless an AuthorizationPolicy demands
 * one. Several for one workload add up. Without rules it does nothing. Sidecars, gateways and waypoints enforce it, and
 * ztunnel does not. Where tokens are looked for when nothing is said: `Authorization: Bearer` and the parameter access_token.
 *
 * Not read: keys and where they come from, and which headers are made of a token.
 *
 * @see https://istio.io/latest/docs/reference/config/security/request_authentication/
 * @see https://istio.io/latest/docs/reference/config/security/jwt/
 */
import * as z from 'zod';
import type { MeshDemand, MeshRule } from '../../../crds/rules/mesh.ts';
import {
  defineAdapter,
  type Fault,
  faultsMax,
  faultsOf,
  jsonPointer,
  NamespacedMetadata,
  restUnread,
} from '../define.ts';
import { absent } from '../fields.ts';
import { AnyList, LooseSpec, Texts, unreadField } from '../mesh-fields.ts';
import { shortListOf } from '../bounded-fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import { unknownFields } from '../unknown-fields.ts';
import { meshTold } from '../mesh-form.ts';
import { readSpec } from '../spec-reader.ts';
import { bindingOf } from './binding.ts';

type Token = Extract<MeshDemand, { about: 'requestAuthentication' }>['tokens'][number];

/** Fields that say nothing of which tokens are accepted are taken as they come. */
const JwtRule = z.strictObject({
  issuer: absent(z.string()),
  audiences: absent(Texts),
  fromHeaders: absent(shortListOf(z.strictObject({ name: z.string(), prefix: absent(z.string()) }))),
  fromParams: absent(Texts),
  fromCookies: absent(Texts),
  jwks: z.unknown().optional(),
  jwksUri: z.unknown().optional(),
  jwks_uri: z.unknown().optional(),
  forwardOriginalToken: z.unknown().optional(),
  outputPayloadToHeader: z.unknown().optional(),
  outputClaimToHeaders: z.unknown().optional(),
  spaceDelimitedClaims: z.unknown().optional(),
  timeout: z.unknown().optional(),
});
const knownFields: ReadonlySet<string> = new Set(['jwtRules', 'selector', 'targetRef', 'targetRefs']);
const rulesMax = 1_000;

export const requestAuthentications = defineAdapter({
  id: 'istio',
  resources: [{ group: 'security.istio.io', plural: 'requestauthentications' }],
  fields: { metadata: NamespacedMetadata, spec: LooseSpec },
  constraints({ metadata: { namespace }, spec }) {
    const unknown = unknownFields(spec, knownFields, ['spec']);
    const reader = readSpec(spec);
    const rules = reader.read('jwtRules', AnyList) ?? [];
    const whole = [...unknown, ...reader.faults];
    const binding = bindingOf(spec, namespace, ['sidecar', 'gateway'], unknown);
    const read = readTokens(rules);
    const faults = [...whole, ...binding.faults, ...read.faults];
    if (binding.scope === undefined || (rules.length === 0 && whole.length === 0)) return { drafts: [], faults };
    const { scope, subject, parts } = binding;
    const rule: MeshRule = {
      form: 'mesh',
      engine: 'istio',
      demand: { about: 'requestAuthentication', tokens: [...read.tokens] },
      ...parts,
      ...unreadField(whole),
    };
    return { drafts: [{ key: 'tokens', ...meshTold(rule, subject), scope, rule }], faults };
  },
});

function readTokens(rules: readonly unknown[]): {
  readonly tokens: readonly Token[];
  readonly faults: readonly Fault[];
} {
  const tokens: Token[] = [];
  const faults: Fault[] = [];
  for (const [index, value] of rules.entries()) {
    const path = ['spec', 'jwtRules', index];
    if (index >= rulesMax || faults.length >= faultsMax) {
      const rest = restUnread(['spec', 'jwtRules'], index);
      faults.push(rest);
      tokens.push({ path: jsonPointer(path), unread: pointersOf([rest]) });
      break;
    }
    const read = JwtRule.safeParse(value);
    const own = read.success ? [] : faultsOf(read.error, path);
    faults.push(...own);
    tokens.push(
      read.success ? tokenOf(read.data, jsonPointer(path)) : { path: jsonPointer(path), unread: pointersOf(own) },
    );
  }
  return { tokens, faults };
}

function tokenOf(rule: z.infer<typeof JwtRule>, path: string): Token {
  const { issuer = '', audiences = [], fromHeaders = [], fromParams = [], fromCookies = [] } = rule;
  return {
    path,
    ...(issuer === '' ? {} : { issuer }),
    ...(audiences.length === 0 ? {} : { audiences }),
    ...(fromHeaders.length === 0
      ? {}
      : { headers: fromHeaders.map(({ name, prefix }) => ({ name, ...(prefix === undefined ? {} : { prefix }) })) }),
    ...(fromParams.length === 0 ? {} : { params: fromParams }),
    ...(fromCookies.length === 0 ? {} : { cookies: fromCookies }),
  };
}
