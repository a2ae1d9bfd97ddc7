import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { handleOf } from '../../crds/report-line.ts';
import { Remediation } from '../remediation/schema.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { detailObject, entryOf, hiddenWords, lineOf, networkConstraint, reportObject } from '../testing/objects.ts';

const ingress = networkConstraint('shop', 'db');
const egress = networkConstraint('shop', 'db', { key: 'Egress', type: 'NetworkEgress', severity: 'Warning' });
const foreign = networkConstraint('platform', 'secret-peer', { severity: 'Info' });
const line = lineOf({ ...foreign, summary: 'Some connections are limited' });
const gateway = createGateway({
  objects: [
    reportObject('shop', [entryOf(ingress), entryOf(egress)], { inherited: [line] }),
    detailObject('shop', 'constraints', [ingress, egress]),
    detailObject('platform', 'constraints', [foreign]),
  ],
  rights: rightsOf('shop'),
  remediationContact: '#platform-team',
});
const Answer = Remediation.extend({ also: z.array(z.string()).optional() }).strict();

const ask = async (name: string, user?: string, namespace = 'shop') => {
  const response = await gateway.post('/tools/potoo_remediation', { constraint_name: name, namespace }, user);
  return { status: response.status, body: await response.json() };
};

describe('potoo_remediation', () => {
  test.each([
    ['db', 'reader', [egress.id]],
    ['db/Egress', 'reader', undefined],
    [egress.id, 'reader', undefined],
    [handleOf(ingress.id), 'reader', undefined],
    [handleOf(foreign.id), 'reader', undefined],
    ['secret-peer', 'admin', undefined],
  ])('%s by %s has a sentence and steps', async (name, user, also) => {
    const { status, body } = await ask(name, user);
    expect(status).toBe(200);
    expect(Answer.parse(body).also).toEqual(also);
  });

  test('says the same as the constraint in every other answer', async () => {
    for (const user of ['reader', 'owner', 'admin']) {
      const { body } = await ask(ingress.id, user);
      const one = await gateway.get(`/resources/constraints/shop/${ingress.id}`, user);
      expect(await one.json()).toMatchObject({ remediation: body });
      const report = await gateway.get('/resources/reports/shop', user);
      expect(await report.json()).toMatchObject({ constraints: [{ remediation: body }, {}, {}] });
      const query = await gateway.post('/tools/potoo_query', { namespace: 'shop' }, user);
      expect(await query.json()).toMatchObject({ constraints: [{ remediation: body }, {}, {}] });
    }
  });

  test('names the contact where somebody else has to act', async () => {
    expect(JSON.stringify(await ask('db', 'owner'))).toContain('"contact":"#platform-team"');
  });

  test('tells what passes to those who may get the details, and to nobody else', async () => {
    const [reader, owner] = await Promise.all([ask('db', 'reader'), ask('db', 'owner')]);
    for (const word of hiddenWords) {
      expect(JSON.stringify(reader)).not.toContain(word);
      expect(JSON.stringify(owner)).toContain(word);
    }
  });

  test.each([
    ['secret-peer', 'shop'],
    ['gone', 'shop'],
  ])(
    'a name that the caller may not see and one that does not exist get the same words: %s',
    async (name, namespace) => {
      expect(await ask(name, 'reader', namespace)).toEqual({
        status: 404,
        body: { error: 'Constraint not found', code: 'CONSTRAINT_NOT_FOUND' },
      });
    },
  );

  test('without the right there is no answer, whether anything is there or not', async () => {
    expect((await ask('db')).status).toBe(401);
    expect((await ask('db', 'reader', 'other')).body).toEqual((await ask('db', 'reader', 'gone')).body);
    expect(await ask('db', 'admin', 'gone')).toMatchObject({ status: 404, body: { code: 'CONSTRAINT_NOT_FOUND' } });
  });
});
