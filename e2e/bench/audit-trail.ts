/** What was written to the API server, by whom, from its audit log. */
import { open } from 'node:fs/promises';
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import type { Clock } from '../../kube/clock.ts';

export interface Write {
  readonly user: string;
  readonly verb: string;
  /** `constraintreports.potoo.io/status` */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
}

export interface AuditTrail {
  /** A place between two lines of the log, for `writesSince`. What was answered is in it at any time. */
  mark(): Promise<number>;
  /** Every answered create, update, patch and delete after the mark, refused ones too; those of Leases apart. */
  writesSince(mark: number): Promise<Write[]>;
  /** How many reviews this user has sent after the mark, by resource: `subjectaccessreviews` → 500. */
  reviewsSince(mark: number, user: string): Promise<Readonly<Record<string, number>>>;
  /** Resolves when nobody has written anything for so long. */
  quietFor(ms: number, signal: AbortSignal): Promise<void>;
}

const writingVerbs: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
/** A request of these is a question: nothing is stored. */
const questions: ReadonlySet<string> = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

/** Far more than any line of this log: no bodies are in it. */
const lineBytesMax = 262_144;

const Line = z.object({
  verb: z.string(),
  user: z.object({ username: z.string() }),
  objectRef: z
    .object({
      resource: z.string().default(''),
      apiGroup: z.string().default(''),
      subresource: z.string().optional(),
      namespace: z.string().default(''),
      name: z.string().default(''),
    })
    .optional(),
  responseStatus: z.object({ code: z.number() }).optional(),
});

export function createAuditTrail(path: string, clock: Clock): AuditTrail {
  async function mark(): Promise<number> {
    const { bytes, from } = await readFrom(path, (size) => size - lineBytesMax);
    return from + bytes.lastIndexOf('\n') + 1;
  }

  async function linesSince(from: number): Promise<z.infer<typeof Line>[]> {
    const { bytes } = await readFrom(path, () => from);
    return bytes
      .toString('utf8', 0, bytes.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => Line.parse(JSON.parse(line)));
  }

  async function writesSince(from: number): Promise<Write[]> {
    return (await linesSince(from)).flatMap((line) => writeOf(line) ?? []);
  }

  return {
    mark,
    writesSince,
    async reviewsSince(from, asking) {
      const counts: Record<string, number> = {};
      for (const { user, objectRef } of await linesSince(from)) {
        if (user.username !== asking || objectRef === undefined || !questions.has(objectRef.apiGroup)) continue;
        counts[objectRef.resource] = (counts[objectRef.resource] ?? 0) + 1;
      }
      return counts;
    },
    async quietFor(ms, signal) {
      let from = await mark();
      let quietSince = clock.monotonic();
      while (clock.monotonic() - quietSince < ms) {
        await clock.sleep(200, signal);
        const now = await mark();
        if ((await writesSince(from)).length > 0) quietSince = clock.monotonic();
        from = now;
      }
    },
  };
}

function writeOf({ verb, user, objectRef, responseStatus }: z.infer<typeof Line>): Write | undefined {
  if (!writingVerbs.has(verb) || objectRef === undefined || questions.has(objectRef.apiGroup)) return undefined;
  const { resource, apiGroup, subresource, namespace, name } = objectRef;
  if (apiGroup === 'coordination.k8s.io') return undefined;
  const group = apiGroup === '' ? '' : `.${apiGroup}`;
  return {
    user: user.username,
    verb,
    resource: `${resource}${group}${subresource === undefined ? '' : `/${subresource}`}`,
    namespace,
    name,
    code: responseStatus?.code ?? 0,
  };
}

/** The log up to its present end, where a line may be half written. */
async function readFrom(path: string, start: (size: number) => number): Promise<{ bytes: Buffer; from: number }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const from = Math.max(0, start(size));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - from)), { position: from });
    return { bytes: buffer.subarray(0, bytesRead), from };
  } finally {
    await file.close();
  }
}

/** How many of each: `update constraintreports.potoo.io/status` → 500. */
export function countWrites(writes: readonly Write[]): Record<string, number> {
  const groups = Map.groupBy(writes, ({ verb, resource }) => `${verb} ${resource}`);
  return Object.fromEntries(
    [...groups].toSorted(([a], [b]) => compareText(a, b)).map(([what, each]): [string, number] => [what, each.length]),
  );
}
