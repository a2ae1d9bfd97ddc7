/** Figures that the operator itself publishes. */
import type { Program } from '../programs.ts';

/** The value of a metric without labels; 0 while it is not there. */
export async function operatorMetric({ metricsUrl }: Program, name: string): Promise<number> {
  const response = await fetch(`${metricsUrl}/metrics`);
  if (!response.ok) throw new Error(`${metricsUrl}/metrics answers ${response.status}`);
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}
