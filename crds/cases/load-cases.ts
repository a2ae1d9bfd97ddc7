/**
 * The cases that both programs must agree on: policy objects as a user would paste them, and what they impose. What is
 * expected comes from documentation or sources of the engine, never from the output of this code.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { FieldPaths, ProfileSpec } from '../profile.ts';

const Json = z.record(z.string(), z.unknown());

const Case = z.strictObject({
  why: z.string().min(1),
  source: z.url({ protocol: /^https$/ }),
  profile: z
    .strictObject({ ...ProfileSpec.shape, fieldPaths: z.strictObject(FieldPaths.shape).optional() })
    .optional()
    .describe('How the adapter `generic` is told to read the objects.'),
  objects: z.array(Json).min(1),
  parameters: z
    .array(
      z.strictObject({
        apiVersion: z.string(),
        kind: z.string(),
        served: z.boolean().default(true),
        namespaced: z.boolean().default(true),
        objects: z
          .array(
            z.strictObject({
              name: z.string(),
              namespace: z.string().optional(),
              labels: z.record(z.string(), z.string()).default({}),
            }),
          )
          .default([]),
      }),
    )
    .default([])
    .describe('Kinds of parameters of which all is known. Of others nothing is.'),
  constraints: z.array(Json).describe('All of them, in the order of the objects; of each at least some fields.'),
  problems: z.array(Json).default([]),
});
export type Case = z.infer<typeof Case> & { readonly name: string };

/** The folders beside this file, one an adapter. */
export function caseFolders(): readonly string[] {
  return readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** The cases of an adapter, ordered by name. Throws for a file that is no case. */
export function loadCases(adapter: string): readonly Case[] {
  const folder = new URL(`${adapter}/`, import.meta.url);
  return readdirSync(folder)
    .toSorted()
    .map((file) => {
      if (!file.endsWith('.yaml')) throw new Error(`${adapter}/${file}: a case is a .yaml file`);
      const read = Case.safeParse(parse(readFileSync(new URL(file, folder), 'utf8')));
      if (!read.success) throw new Error(`${adapter}/${file}: ${z.prettifyError(read.error)}`);
      return { ...read.data, name: file.slice(0, -'.yaml'.length) };
    });
}

export interface StoredObject {
  readonly metadata: Readonly<Record<string, unknown>> & { readonly uid: string };
  readonly [field: string]: unknown;
}

/** The object as the API server would give it back: it has a uid. Defaults are not set. */
export function asStored(object: Readonly<Record<string, unknown>>): StoredObject {
  const metadata = Json.catch({}).parse(object['metadata']);
  const uid = `${String(object['kind'])}/${String(metadata['namespace'])}/${String(metadata['name'])}`;
  return { ...object, metadata: { uid, ...metadata } };
}
