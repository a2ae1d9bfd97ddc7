/**
 * Where policies of other namespaces live that bind one. A report has them as handles, which say nothing of their home: who
 * may read the details of all namespaces finds it out, and for everyone else such a policy stays a handle.
 */
import { LRUCache } from 'lru-cache';
import { constraintDetails } from '../../crds/api.ts';
import { detailName } from '../../crds/detail.ts';
import { handleOf } from '../../crds/report-line.ts';
import type { Clock } from '../../kube/clock.ts';
import type { Question } from '../auth/reviews.ts';
import { readDetail } from '../catalog/detail.ts';
import type { Report } from '../catalog/report.ts';
import type { Log } from '../log.ts';
import type { ClusterReader } from './cluster-reader.ts';

/** As many as answers look into (answer/levels.ts). */
const homesMax = 32;
const knownMax = 10_000;
/** A policy lives where it lives; only one that was found nowhere is looked for again, after this time. */
const nowhereMs = 60_000;
/** Objects of at most 512 KiB: a page of them is 10 MiB. */
const detailsOfPage = 20;
/** In clusters with more namespaces than this, policies of the rest stay handles. */
const pagesMax = 100;
/** A namespace whose policies take more than one object is rare, and each number costs a list. */
const partsMax = 4;

export interface ForeignHomes {
  /** Namespaces whose details say more of what binds the namespace of the report; the person may not read all of them. */
  of(report: Report): Promise<readonly string[]>;
}

/**
 * @param options.context The namespace of the kubeconfig's context, which the person knows best.
 * @param options.hasForm Whether the full form of an id was read already.
 */
export function createForeignHomes(options: {
  readonly reader: ClusterReader;
  readonly clock: Clock;
  readonly log: Log;
  readonly may: (question: Question) => Promise<boolean>;
  readonly context: string | undefined;
  readonly hasForm: (id: string) => boolean;
}): ForeignHomes {
  const { reader, clock, log, may, context, hasForm } = options;
  const known = new LRUCache<string, { readonly home: string | undefined; readonly seenAt: number }>({ max: knownMax });

  function isKnown(id: string): boolean {
    const entry = known.get(id);
    return entry !== undefined && (entry.home !== undefined || clock.monotonic() - entry.seenAt < nowhereMs);
  }

  async function lookFor(ids: ReadonlySet<string>): Promise<void> {
    const missing = new Set(ids);
    let complete = true;
    for (let part = 0; part < partsMax && missing.size > 0 && complete; part += 1) {
      const named = { fieldSelector: `metadata.name=${detailName('constraints', part)}`, pageSize: detailsOfPage };
      let seen = 0;
      const read = await reader.each(constraintDetails, { ...named, pagesMax }, (object) => {
        seen += 1;
        // What cannot be read is said when it is read to be answered with.
        const detail = readDetail(object, () => {});
        if (detail?.subject !== 'constraints') return;
        for (const { id, home } of detail.forms) {
          if (missing.delete(id)) known.set(id, { home, seenAt: clock.monotonic() });
        }
      });
      if (read.is !== 'found') break;
      complete = seen > 0 && seen < pagesMax * detailsOfPage;
      if (seen >= pagesMax * detailsOfPage) {
        log.warn(`There are more than ${seen} namespaces; policies of those that were not looked at stay handles.`);
      }
    }
    for (const id of missing) known.set(id, { home: undefined, seenAt: clock.monotonic() });
  }

  return {
    async of(report) {
      const handles = report.inherited.filter(({ id, name }) => name === handleOf(id)).map(({ id }) => id);
      const wanted = [...handles, ...report.more.filter((id) => !hasForm(id))];
      if (wanted.length === 0) return [];
      if (!(await may({ verb: 'get', resource: constraintDetails.plural }))) {
        return context === undefined ? [] : [context];
      }
      const unknown = new Set(wanted.filter((id) => !isKnown(id)));
      if (unknown.size > 0) await lookFor(unknown);
      const homes = new Set(wanted.map((id) => known.get(id)?.home).filter((home) => home !== undefined));
      return [...homes].slice(0, homesMax);
    },
  };
}
