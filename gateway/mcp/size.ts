/**
 * How large answers of MCP are: 48 kB at most with all that stands around them, since a model reads every byte.
 */

/** Of the JSON of an answer, beside its short text. */
export const structuredBytesMax = 36_000;
/** Of the short text. */
export const textBytesMax = 8_000;
/** Of the JSON of an answer that is sent as text a second time, where every quote is escaped. */
export const structuredBytesMaxWithText = 18_000;

/** The first revision with `structuredContent`; before, the JSON is the text. */
const structuredSince = '2025-06-18';

/** Whether a client of this revision reads the JSON of an answer beside its text; who names none is taken for an old one. */
export function readsStructured(revision: string | undefined): boolean {
  return revision !== undefined && revision >= structuredSince;
}
