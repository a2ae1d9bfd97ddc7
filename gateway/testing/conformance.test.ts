import { expect, test } from 'vitest';
import { openApiDocument } from '../http/openapi.ts';
import { resources } from '../resources/all.ts';
import { tools } from '../tools/all.ts';
import { type Answered, createConformance } from './conformance.ts';

const isAsPublished = createConformance(openApiDocument({ tools, resources, version: '1.2.3' }));

const page = { namespaces: [], total: 0, returned: 0, truncated: false };

function answered(changes: Partial<Answered>, body: object): Answered {
  const headers = new Headers({ 'content-type': 'application/json' });
  return {
    method: 'POST',
    path: '/tools/potoo_list_namespaces',
    status: 200,
    headers,
    text: JSON.stringify(body),
    ...changes,
  };
}

test('an answer that is as published is taken', () => {
  expect(() => isAsPublished(answered({}, page))).not.toThrow();
});

test.each([
  ['a key that is not published', {}, { ...page, extra: 1 }],
  ['one deeper in it', {}, { ...page, namespaces: [{ namespace: 'a', total: 0, criticalCount: 0 }] }],
  ['a key too few', {}, { namespaces: [], total: 0, returned: 0 }],
  ['another type', {}, { ...page, total: '0' }],
  ['null for absent', {}, { ...page, next_cursor: null }],
  ['an error with more than a sentence and a code', { status: 403 }, { error: 'no', code: 'FORBIDDEN', stack: '' }],
  ['an error without its header', { status: 429 }, { error: 'later', code: 'RATE_LIMITED' }],
  ['a status that is not published', { status: 418 }, page],
  ['a path that is not published', { path: '/tools/potoo_other' }, page],
  ['another content type', { headers: new Headers({ 'content-type': 'text/html' }) }, page],
])('%s is not', (_, changes: Partial<Answered>, body: object) => {
  expect(() => isAsPublished(answered(changes, body))).toThrow(/^POST \/tools\/potoo_/);
});
