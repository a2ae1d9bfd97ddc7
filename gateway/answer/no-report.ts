import { type Refusal, refusal } from '../errors.ts';

/** For a caller who may read reports in the namespace, whether it exists or not. */
export function noReport(namespace: string): Refusal {
  return refusal(
    'REPORT_NOT_FOUND',
    `There is no report for the namespace ${namespace}: it does not exist, is left out, or was created a moment ago.`,
  );
}
