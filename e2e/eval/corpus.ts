/**
 * The corpus of real policies, where it is at hand: it is data of other projects and not part of this one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

const Json = z.record(z.string(), z.unknown());
export type JsonObject = z.infer<typeof Json>;

/** A folder of real policies. */
export interface Corpus {
  readonly root: string;
  /** All YAML files below a folder of the corpus, by their paths in it. */
  files(folder: string): readonly string[];
  /**
   * The objects of a YAML file, with the items of lists in place of the lists. Documents that are no object are left out, and
   * the whole file when `mentions` is not in its text: most of the time goes into parsing.
   */
  objects(file: string, mentions?: RegExp): readonly JsonObject[];
}

/** The corpus below a folder. */
export function corpusAt(root: string): Corpus {
  return {
    root,
    files: (folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.ya?ml$/.test(file))
        .map((file) => join(folder, file))
        .toSorted(),
    objects: (file, mentions = /(?:)/) => objectsOf(readFileSync(join(root, file), 'utf8'), mentions),
  };
}

function objectsOf(text: string, mentions: RegExp): readonly JsonObject[] {
  if (!mentions.test(text)) return [];
  return parseAllDocuments(text, { logLevel: 'silent' }).flatMap((document) => {
    if (document.errors.length > 0) return [];
    const object = Json.safeParse(document.toJS()).data;
    if (object === undefined) return [];
    const items = z.array(Json).safeParse(object['items']).data;
    return String(object['kind']).endsWith('List') && items !== undefined ? items : [object];
  });
}

/** The corpus beside the project. */
export const sharedCorpus: Corpus = corpusAt(fileURLToPath(new URL('../../../shared/corpus/', import.meta.url)));

/** Why tests on the corpus cannot run, or undefined when they can. */
export const corpusMissing: string | undefined = existsSync(sharedCorpus.root) ? undefined : 'the corpus is not there';

/** The rows of a file with one JSON object a line. */
export function corpusRows<Row extends z.ZodType>(file: string, row: Row): readonly z.infer<Row>[] {
  return readFileSync(join(sharedCorpus.root, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => row.parse(JSON.parse(line)));
}
