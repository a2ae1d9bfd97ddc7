import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';

/** Every call is answered within 4 s; the rest is for reading the request and writing the answer. */
export const answerMsMax = 3_600;

/** The result of `work`, or DEADLINE_EXCEEDED. What still runs then is bounded by itself, and its result is dropped. */
export async function withinDeadline<T>(clock: Clock, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(answerMsMax, () => {
      reject(new GatewayError('DEADLINE_EXCEEDED', 'The answer took too long; try again.'));
    });
    work.then(
      (result) => {
        cancel();
        resolve(result);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
