import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { compareText } from '../crds/constraint.ts';

/** Test files that wait for a minute or more, for caches and Leases to run out: begun last, everybody would wait with them. */
const waiting = ['demo', 'mcp-replicas', 'engines', 'withdrawn-rights', 'leases', 'bench', 'potoo', 'truth', 'cli'];

/** Test files by path, but for those that take longest: these begin first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((a, b) => placeOf(a) - placeOf(b) || compareText(a.moduleId, b.moduleId)));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = waiting.findIndex((name) => moduleId.endsWith(`/e2e/tests/${name}.test.ts`));
  return place < 0 ? waiting.length : place;
}
