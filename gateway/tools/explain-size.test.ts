/**
 * How large explanations are: over MCP an answer has what fits, the likeliest first, and says what found no room.
 */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { StoredConstraint } from '../../crds/constraint.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { mcpCall, revisions } from '../testing/mcp-call.ts';
import { detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const bytesMax = 48_000;
const names = Array.from({ length: 8 }, (_, index) => `team-${index}`);

/** Several quotas, each with a sentence of this length and of letters that take more room in JSON. */
function quotaWith(name: string, length: number): StoredConstraint {
  return {
    ...networkConstraint('shop', name, { key: 'quota', type: 'ResourceLimit', effect: 'limit' }),
    message: '"\\'.repeat(length / 2),
    source: { apiVersion: 'v1', kind: 'ResourceQuota', name, namespace: 'shop' },
    scope: { namespaces: { names: ['shop'] } },
    rule: { form: 'quota', hard: { pods: '1' }, enforced: true, scopes: [] },
  };
}

function gatewayWith(length: number) {
  const quotas = names.map((name) => quotaWith(name, length));
  return createGateway({
    objects: [
      reportObject(
        'shop',
        quotas.map((each) => entryOf(each)),
      ),
      detailObject('shop', 'constraints', quotas),
    ],
    rights: rightsOf('shop'),
  });
}

const error_message = names
  .map((name) => `pods "web" is forbidden: exceeded quota: ${name}, requested: pods=1, used: pods=1, limited: pods=1`)
  .join('\n');
const params = { name: 'potoo_explain', arguments: { namespace: 'shop', error_message } };

const Answer = z.object({
  explanation: z.string(),
  confidence: z.literal('high'),
  cause: z.object({ policy: z.literal('team-0') }),
  other_causes: z.array(z.object({ policy: z.string() })).length(7),
  matching_constraints: z.array(z.object({ name: z.string(), message: z.string() })).min(1),
});

describe.each(revisions)('an explanation over MCP of revision %s', (revision) => {
  test.each([10, 1_000, 3_000, 9_000, 60_000])('with sentences of %i characters fits into 48 kB', async (length) => {
    const { result, bytes } = await mcpCall(gatewayWith(length), 'owner', revision, { method: 'tools/call', params });
    expect(bytes).toBeLessThanOrEqual(bytesMax);
    const answer = Answer.parse(result?.['structuredContent']);
    const told = answer.matching_constraints.map(({ name }) => name);
    expect(told).toEqual(names.slice(0, told.length));
    const untold = `${names.length - told.length} more that may have done it found no room in this answer.`;
    if (told.length < names.length) expect(answer.explanation).toContain(untold);
    else expect(answer.explanation).not.toContain('found no room');
    // Nothing is cut while there is something that can be left out.
    if (told.length > 1)
      expect(answer.matching_constraints.every(({ message }) => message.length === length)).toBe(true);
  });
});

test('over REST nothing is left out', async () => {
  const answer = await gatewayWith(9_000).post('/tools/potoo_explain', params.arguments, 'owner');
  expect(Answer.parse(await answer.json()).matching_constraints).toHaveLength(names.length);
});
