/** What processes use: CPU over a time, and the most memory they ever had. */
import { readFileSync } from 'node:fs';
import type { Clock } from '../../kube/clock.ts';
import type { Component } from '../control-plane/component.ts';

export interface Use {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Begins to measure; the returned function tells what the process has used since. It must be the same process still. */
export function meter(component: Component, clock: Clock): () => Use {
  const { pid } = component;
  const startedAt = clock.monotonic();
  const before = component.cpuSeconds();
  return () => {
    if (component.pid !== pid) throw new Error(`${component.name} was started anew while it was measured`);
    return { ms: clock.monotonic() - startedAt, cpuMs: (component.cpuSeconds() - before) * 1_000 };
  };
}

/** The peak since the process began. */
export function peakRssMiB(component: Component): number {
  return statusMiB(component, 'VmHWM');
}

/** What it holds now. */
export function rssMiB(component: Component): number {
  return statusMiB(component, 'VmRSS');
}

/** Of proc_pid_status(5). */
function statusMiB({ pid }: Component, field: 'VmHWM' | 'VmRSS'): number {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n');
  const line = lines.find((each) => each.startsWith(`${field}:`));
  if (line === undefined) throw new Error(`/proc/${pid}/status has no ${field}: the process is ending`);
  return Number.parseInt(line.slice(field.length + 1), 10) / 1_024;
}
