/**
 * Mutations in CEL, in the same fields wherever an engine has them.
 */
import * as z from 'zod';
import { CelMutation } from '../../crds/rules/cel.ts';

const { patchType } = CelMutation.shape;

/** Each patch type has a field of its own for its expression. */
export const MutationField = z
  .discriminatedUnion('patchType', [
    z.strictObject({
      patchType: patchType.extract(['ApplyConfiguration']),
      applyConfiguration: z.strictObject({ expression: z.string() }),
    }),
    z.strictObject({
      patchType: patchType.extract(['JSONPatch']),
      jsonPatch: z.strictObject({ expression: z.string() }),
    }),
  ])
  .transform((mutation): CelMutation => {
    const { expression } = mutation.patchType === 'JSONPatch' ? mutation.jsonPatch : mutation.applyConfiguration;
    return { patchType: mutation.patchType, expression };
  });
