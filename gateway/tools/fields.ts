/** Fields that several tools and resources take. */
import * as z from 'zod';
import { isDnsLabel } from '../../kube/names.ts';
import { Cursor, Limit } from '../answer/page.ts';

export const Namespace = z
  .string()
  .max(63)
  .refine(isDnsLabel, 'is no name of a namespace: lower-case letters, digits and dashes, at most 63')
  .describe('Name of a namespace.');

export const LimitField = Limit.default(100).describe('Most items to return in one answer.');
export const CursorField = Cursor.optional().describe('next_cursor of the answer before; absent for the first page.');

/** What every paged answer says of itself. */
export const pageFields = {
  total: z.int().min(0).describe('How many there are.'),
  returned: z.int().min(0).describe('How many of them are in this answer.'),
  truncated: z.boolean().describe('Whether there are more.'),
  next_cursor: z.string().optional().describe('Give it back as cursor for the next page.'),
};
