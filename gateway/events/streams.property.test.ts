import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { severities, type StoredConstraint } from '../../crds/constraint.ts';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import type { Clock } from '../../kube/clock.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { visible } from '../answer/constraint.ts';
import { levelsOf } from '../answer/levels.ts';
import { createIdentities } from '../auth/identity.ts';
import type { CatalogStore } from '../catalog/store.ts';
import { createChanges, sliceMs } from '../catalog/changes.ts';
import { eventsIn } from '../testing/event-reader.ts';
import { createFakeReviews, fillStore } from '../testing/fixture.ts';
import {
  clusterDetailObject,
  detailObject,
  entryOf,
  hiddenWords,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';
import { mayTellOf } from './rights.ts';
import type { Sink, SinkEvents } from './sink.ts';
import { startEventStream } from './stream.ts';
import { createStreams } from './streams.ts';

const namespaces = ['a', 'b'] as const;
const own = namespaces.map((namespace) =>
  [1, 2].map((index) => networkConstraint(namespace, `own-${namespace}${index}`)),
);
const secretName = 'name-of-a-foreign-policy';
const foreign = networkConstraint('a', secretName);
const corp = networkConstraint('', 'corp', { source: { apiVersion: 'x.io/v1', kind: 'Policy', name: 'corp' } });

const severity = fc.constantFrom(...severities);
const message = fc.constantFrom(`one (${hiddenWords[0]})`, `two (${hiddenWords[1]})`);
const fate = fc.oneof(
  fc.constant('absent' as const),
  fc.constant('more' as const),
  fc.record({ severity, summary: fc.constantFrom('some', 'other') }),
);
const forms = (constraints: readonly StoredConstraint[]) =>
  fc
    .tuple(
      ...constraints.map((constraint) =>
        fc.option(fc.record({ message, severity }).map((form) => ({ ...constraint, ...form }))),
      ),
    )
    .map((list) => list.filter((form) => form !== null));

/** What the operator writes of a namespace: each constraint is an entry or a line, found no room, or does not bind. */
const report = fc.constantFrom(...namespaces).chain((namespace) => {
  const local = own[namespaces.indexOf(namespace)] ?? [];
  const inherited = namespace === 'b' ? [foreign, corp] : [corp];
  return fc
    .tuple(fc.tuple(...local.map(() => fate)), fc.tuple(...inherited.map(() => fate)))
    .map(([ofOwn, ofOthers]) => {
      const more = [...local, ...inherited].filter((_, index) => [...ofOwn, ...ofOthers][index] === 'more');
      const entries = local.flatMap((constraint, index) => {
        const is = ofOwn[index];
        return typeof is === 'object' ? [entryOf(constraint, { severity: is.severity, message: is.summary })] : [];
      });
      const lines = inherited.flatMap((constraint, index) => {
        const is = ofOthers[index];
        if (typeof is !== 'object') return [];
        const name = constraint === foreign ? handleOf(constraint.id) : constraint.name;
        return [formatReportLine({ ...constraint, ...is, kind: constraint.source.kind, name })];
      });
      return reportObject(namespace, entries, { inherited: lines, more: more.map(({ id }) => id) });
    });
});

const written = fc.oneof(
  { weight: 3, arbitrary: report },
  fc
    .tuple(forms([...(own[0] ?? []), foreign]), fc.nat(1))
    .map(([list, part]) => detailObject('a', 'constraints', list, part)),
  forms(own[1] ?? []).map((list) => detailObject('b', 'constraints', list)),
  forms([corp]).map((list) => clusterDetailObject('corp', list)),
);
const step = fc.oneof(
  { weight: 6, arbitrary: written.map((object) => ({ does: 'write', object }) as const) },
  { weight: 3, arbitrary: fc.nat(300).map((ms) => ({ does: 'pass', ms }) as const) },
  fc.constantFrom(...namespaces).map((namespace) => ({ does: 'remove report', namespace }) as const),
  fc.constantFrom('a', 'b', '').map((home) => ({ does: 'remove detail', home }) as const),
  fc.boolean().map((reads) => ({ does: 'read', reads }) as const),
  fc.boolean().map((up) => ({ does: 'review', up }) as const),
);

const rights: Record<string, readonly string[]> = {
  reader: ['get constraintreports b'],
  owner: ['get constraintreports b', 'get constraintdetails b'],
  corporate: ['get constraintreports', 'get clusterconstraintdetails'],
  admin: ['get constraintreports', 'get constraintdetails', 'get clusterconstraintdetails'],
  nobody: [],
};

/** A reader that takes everything, or nothing. */
function createStallingSink() {
  let [text, unsent, reads] = ['', 0, true];
  let events: SinkEvents | undefined;
  const sink: Sink = {
    get unsent() {
      return unsent;
    },
    write(bytes) {
      text += Buffer.from(bytes).toString();
      if (!reads) unsent += 65_536;
    },
    end: (bytes) => void (text += Buffer.from(bytes).toString()),
    listen: (given) => void (events = given),
  };
  return {
    sink,
    text: () => text,
    read(now: boolean) {
      reads = now;
      if (!reads || unsent === 0) return;
      unsent = 0;
      events?.drained();
    },
  };
}

/** `namespace/id` of all that a caller can see, with what events tell of it. */
async function seen(store: CatalogStore, identities: ReturnType<typeof createIdentities>, user: string) {
  const known = await identities.callerOf(`Bearer ${user}`);
  if (!known.ok) throw new Error(known.error);
  const state = new Map<string, string>();
  for (const { namespace } of store.reports()) {
    if (!(await mayTellOf(known.value, namespace))) continue;
    const bindings = store.view(namespace)?.bindings ?? [];
    const level = await levelsOf(bindings, namespace, known.value);
    for (const binding of bindings) {
      const { name } = visible(binding, level(binding), namespace);
      state.set(`${namespace}/${binding.id}`, `${name} ${binding.type} ${binding.severity}`);
    }
  }
  return state;
}

/** Under which everything takes so long that changes are told one namespace at a time, and more happens in between. */
function sliced(clock: Clock): Clock {
  let ms = 0;
  return {
    ...clock,
    monotonic: () => (ms += sliceMs),
    after: (delay, task) => clock.after(Math.max(delay, 40), task),
  };
}

test('whoever applies the events to what it saw at the start sees what is there at the end, and no byte of more', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(written, { maxLength: 6 }), fc.array(step, { maxLength: 30 }), async (first, steps) => {
      const clock = createVirtualClock();
      const { store, put } = fillStore(first);
      const reviews = createFakeReviews(rights);
      const identities = createIdentities({ reviews, clock });
      const streams = createStreams({
        identities,
        changes: createChanges({ store, clock: sliced(clock) }),
        clock,
        log: pino({ level: 'silent' }),
      });
      const readers = await Promise.all(
        Object.keys(rights).map(async (user) => {
          const caller = await identities.callerOf(`Bearer ${user}`);
          if (!caller.ok) throw new Error(caller.error);
          const { sink, ...reader } = createStallingSink();
          const state = await seen(store, identities, user);
          const authorization = `Bearer ${user}`;
          streams.open({
            owner: caller.value.identity,
            start: (following) => startEventStream({ ...following, authorization, namespace: undefined, sink }),
            onEnd: () => {},
          });
          return { user, state, ...reader };
        }),
      );

      for (const each of steps) {
        if (each.does === 'write') put(each.object);
        else if (each.does === 'pass') await clock.advance(each.ms);
        else if (each.does === 'remove report') store.removeReport(each.namespace);
        else if (each.does === 'remove detail' && each.home === '') store.removeClusterDetail('corp');
        else if (each.does === 'remove detail') store.removeDetail(each.home, 'constraints');
        else if (each.does === 'read') for (const reader of readers) reader.read(each.reads);
        else if (each.does === 'review') reviews.up = each.up;
      }
      reviews.up = true;
      for (const reader of readers) reader.read(true);
      await clock.advance(5_000);

      for (const { user, state, text } of readers) {
        for (const { data } of eventsIn(text())) {
          const key = `${data.namespace}/${data.constraintUID}`;
          expect(state.has(key)).toBe(data.type !== 'added');
          if (data.type === 'removed') state.delete(key);
          else state.set(key, `${data.constraintName} ${data.constraintType} ${data.severity}`);
        }
        expect(state).toEqual(await seen(store, identities, user));
        for (const word of hiddenWords) expect(text()).not.toContain(word);
        if (user !== 'admin') expect(text()).not.toContain(secretName);
        if (user === 'nobody') expect(eventsIn(text())).toEqual([]);
        expect(text()).not.toContain('closed');
      }
      streams.close();
      expect(clock.waiting).toBe(0);
    }),
    { numRuns: 200 },
  );
});
