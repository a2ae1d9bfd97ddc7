import { type InheritedEntry, parseReportLine } from '../../crds/report-line.ts';

/** The entry of a line, the same object for equal lines; undefined for what is no such line. */
export type LineInterner = (line: string) => InheritedEntry | undefined;

/**
 * What cluster-wide policies impose is said byte for byte the same in every namespace, so one entry a line is kept,
 * for as long as some report refers to it.
 */
export function createLineInterner(): LineInterner {
  const known = new Map<string, WeakRef<InheritedEntry>>();
  const gone = new FinalizationRegistry<string>((line) => {
    // The line may have come back with a new entry since.
    if (known.get(line)?.deref() === undefined) known.delete(line);
  });
  return (line) => {
    const kept = known.get(line)?.deref();
    if (kept !== undefined) return kept;
    const entry = parseReportLine(line);
    if (entry === undefined) return undefined;
    known.set(line, new WeakRef(entry));
    gone.register(entry, line);
    return entry;
  };
}
