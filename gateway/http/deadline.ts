import type { Clock } from '../../kube/clock.ts';
import { GatewayError } from '../errors.ts';

/** Every call is answered within 4 s; the rest is for reading the request and writing the answer. */
export const answerMsMax = 3_600;

/** The result of `work`, or DEADLINE_EXCEEDED. What still runs then is bounded by itself, and its result is dropped. */
export async function withinDeadline<T>(clock: Clock, work: Promise<T>, msMax = answerMsMax): Promise<T> {
  // Promise.race and finally would say it shorter, with three times as many promises for each call.
  const result = Promise.withResolvers<T>();
  const cancel = clock.after(msMax, () => {
    result.reject(new GatewayError('DEADLINE_EXCEEDED', 'The answer took too long; try again.'));
  });
  work.then(
    (value) => {
      cancel();
      result.resolve(value);
    },
    (error: unknown) => {
      cancel();
      result.reject(error);
    },
  );
  return result.promise;
}
