/**
 * Reading the parts of a spec one by one, so that one that is not understood leaves the others.
 */
import type * as z from 'zod';
import { type Fault, faultsOf } from './define.ts';
import { unknownFields } from './unknown-fields.ts';

export interface SpecReader {
  /** Undefined for what is absent, and for what is not understood, which is a fault. */
  read<Schema extends z.ZodType>(field: string, schema: Schema): z.infer<Schema> | undefined;
  /** The same for a field that must be there. */
  readRequired<Schema extends z.ZodType>(field: string, schema: Schema): z.infer<Schema> | undefined;
  /** Every field that was not asked for before is a fault: nobody knows what it decides. */
  readNothingElse(): void;
  /** Of all that was read so far. */
  readonly faults: readonly Fault[];
}

/** Reads fields below `spec`, or below another path. */
export function readSpec(spec: Readonly<Record<string, unknown>>, path: readonly PropertyKey[] = ['spec']): SpecReader {
  const faults: Fault[] = [];
  const asked = new Set<string>();
  function read<Schema extends z.ZodType>(field: string, schema: Schema): z.infer<Schema> | undefined {
    asked.add(field);
    // Asked here and not by a schema for what may be absent: to make one for each field takes longer than to read it.
    const value = spec[field] ?? undefined;
    if (value === undefined) return undefined;
    const result = schema.safeParse(value);
    if (!result.success) faults.push(...faultsOf(result.error, [...path, field]));
    return result.data;
  }
  return {
    faults,
    read,
    readRequired(field, schema) {
      if ((spec[field] ?? undefined) === undefined) faults.push({ path: [...path, field], message: 'Must be there' });
      return read(field, schema);
    },
    readNothingElse() {
      faults.push(...unknownFields(spec, asked, path));
    },
  };
}
