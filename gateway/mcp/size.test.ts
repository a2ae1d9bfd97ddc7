import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { StoredConstraint } from '../../crds/constraint.ts';
import { untrusted } from '../answer/fence.ts';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { mcpCall, revisions } from '../testing/mcp-call.ts';
import { detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const bytesMax = 48_000;

/** Texts that take more and more room the more often they are written as JSON. */
const swelling = {
  words: 'limited to listed peers ',
  quotes: '"\\',
  control: '\u0001',
  wide: '\u{1f6ab}',
  lone: '\ud800',
} as const;
type Swelling = keyof typeof swelling;
const kinds: readonly Swelling[] = ['words', 'quotes', 'control', 'wide', 'lone'];

function constraint(index: number, kind: Swelling, length: number): StoredConstraint {
  const text = swelling[kind].repeat(length).slice(0, length);
  const name = `p-${String(index).padStart(4, '0')}`;
  return networkConstraint('shop', name, { key: 'Ingress', message: `${name} ${text}`, summary: `${name} ${text}` });
}

function gatewayWith(constraints: readonly StoredConstraint[]): Gateway {
  return createGateway({
    objects: [
      reportObject(
        'shop',
        constraints.map((each) => entryOf(each)),
      ),
      detailObject('shop', 'constraints', constraints),
    ],
    rights: rightsOf('shop'),
  });
}

const Query = z.object({
  constraints: z.array(z.object({ name: z.string() })),
  total: z.number(),
  returned: z.number(),
  truncated: z.boolean(),
  next_cursor: z.string().optional(),
});
const Texts = z.array(z.object({ type: z.literal('text'), text: z.string() }));
const Contents = z.array(z.object({ text: z.string() }));
const Report = z.object({
  constraints: z.array(z.object({ name: z.string() })),
  truncated: z.boolean(),
  nextCursor: z.string().optional(),
});

async function queryAll(gateway: Gateway, revision: (typeof revisions)[number], limit: number): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const params = { name: 'potoo_query', arguments: { namespace: 'shop', limit, ...(cursor && { cursor }) } };
    const { result, bytes } = await mcpCall(gateway, 'owner', revision, { method: 'tools/call', params });
    expect(bytes).toBeLessThanOrEqual(bytesMax);
    const page = Query.parse(result?.['structuredContent']);
    expect(page.returned).toBe(page.constraints.length);
    expect(page.returned).toBeGreaterThan(0);
    expect(page.returned).toBeLessThanOrEqual(limit);
    expect(page.truncated).toBe(page.next_cursor !== undefined);
    names.push(...page.constraints.map(({ name }) => name));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return names;
}

async function readAll(gateway: Gateway, revision: (typeof revisions)[number], limit?: number): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ ...(limit && { limit: String(limit) }), ...(cursor && { cursor }) }).toString();
    const uri = `potoo://reports/shop${query === '' ? '' : `?${query}`}`;
    const { result, bytes } = await mcpCall(gateway, 'owner', revision, { method: 'resources/read', params: { uri } });
    expect(bytes).toBeLessThanOrEqual(bytesMax);
    const page = Report.parse(JSON.parse(Contents.parse(result?.['contents'])[0]?.text ?? ''));
    expect(page.truncated).toBe(page.nextCursor !== undefined);
    names.push(...page.constraints.map(({ name }) => name));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return names;
}

describe('an answer of MCP', () => {
  test('fits into 48 kB in every revision, and its pages lose and repeat nothing, whatever is in it', async () => {
    const one = fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 0, max: 9_000 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(...revisions),
        fc.integer({ min: 1, max: 60 }),
        async (made, revision, limit) => {
          const constraints = made.map(([kind, length], index) => constraint(index, kind, length));
          const gateway = gatewayWith(constraints);
          const names = constraints.map(({ name }) => name);
          expect(await queryAll(gateway, revision, limit)).toEqual(names);
          expect(await readAll(gateway, revision, limit)).toEqual(names);
          expect(await readAll(gateway, revision)).toEqual(names);
        },
      ),
      { numRuns: 25 },
    );
  });

  test.each(revisions)('one item that is too large alone is cut and not refused, revision %s', async (revision) => {
    const gateway = gatewayWith([constraint(0, 'control', 60_000), constraint(1, 'words', 10)]);
    expect(await queryAll(gateway, revision, 10)).toEqual(['p-0000', 'p-0001']);
    const uri = 'potoo://constraints/shop/p-0000';
    const { result, bytes } = await mcpCall(gateway, 'owner', revision, { method: 'resources/read', params: { uri } });
    expect(bytes).toBeLessThanOrEqual(bytesMax);
    expect(Contents.parse(result?.['contents'])[0]?.text).toContain('… (cut)');
  });

  test('an id of the length that is taken counts, and a longer one is refused', async () => {
    const gateway = gatewayWith(Array.from({ length: 60 }, (_, index) => constraint(index, 'quotes', 900)));
    const message = { method: 'tools/call', params: { name: 'potoo_query', arguments: { namespace: 'shop' } } };
    const long = await mcpCall(gateway, 'owner', '2025-11-25', { ...message, id: '"'.repeat(1_024) });
    expect(long.result).toBeDefined();
    expect(long.bytes).toBeLessThanOrEqual(bytesMax);
    const longer = await mcpCall(gateway, 'owner', '2025-11-25', { ...message, id: 'x'.repeat(1_025) });
    expect(longer).toMatchObject({ status: 400, error: { code: -32_600 } });
  });

  test('namespaces come in pages that fit, too', async () => {
    const namespaces = Array.from({ length: 900 }, (_, index) => `${'n'.repeat(55)}-${String(index).padStart(4, '0')}`);
    const top = [entryOf(constraint(0, 'quotes', 10), { name: '"'.repeat(200) })];
    const gateway = createGateway({
      objects: namespaces.map((namespace) => reportObject(namespace, top)),
      rights: { admin: ['list constraintreports'] },
    });
    for (const revision of [undefined, '2026-07-28'] as const) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const params = { name: 'potoo_list_namespaces', arguments: { limit: 1_000, ...(cursor && { cursor }) } };
        const { result, bytes } = await mcpCall(gateway, 'admin', revision, { method: 'tools/call', params });
        expect(bytes).toBeLessThanOrEqual(bytesMax);
        const Page = z.object({
          namespaces: z.array(z.object({ namespace: z.string() })),
          next_cursor: z.string().optional(),
        });
        const page = Page.parse(result?.['structuredContent']);
        seen.push(...page.namespaces.map(({ namespace }) => namespace));
        cursor = page.next_cursor;
      } while (cursor !== undefined);
      expect(seen).toEqual(namespaces);
    }
  });
});

describe('the text of an answer', () => {
  const gateway = gatewayWith([constraint(0, 'words', 40), constraint(1, 'words', 40)]);
  const params = { name: 'potoo_query', arguments: { namespace: 'shop', limit: 1 } };

  test.each([undefined, '2024-10-07', '2024-11-05', '2025-03-26'] as const)(
    'of revision %s is the JSON, which clients parse, and a second one says that it is data',
    async (revision) => {
      const { result } = await mcpCall(gateway, 'owner', revision, { method: 'tools/call', params });
      const [json, sentence] = Texts.parse(result?.['content']);
      expect(JSON.parse(json?.text ?? '')).toEqual(result?.['structuredContent']);
      expect(sentence?.text).toBe(untrusted);
    },
  );

  test.each(['2025-06-18', '2025-11-25', '2026-07-28'] as const)(
    'of revision %s is short, and has what one needs to go on',
    async (revision) => {
      const { result } = await mcpCall(gateway, 'owner', revision, { method: 'tools/call', params });
      const [{ text } = { text: '' }, ...others] = Texts.parse(result?.['content']);
      expect(others).toEqual([]);
      const { next_cursor: cursor } = Query.parse(result?.['structuredContent']);
      expect(text).toMatch(/^Rules that bind the namespace shop, as asked: 2\. In this answer: 1 \(1 Critical/);
      expect(text).toContain('\nCritical restrict NetworkIngress NetworkPolicy/p-0000 Ingress (');
      expect(text).toContain(`\nnext_cursor: ${cursor}\n`);
      expect(text).toContain('potoo_remediation');
    },
  );
});
