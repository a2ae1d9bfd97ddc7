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

/** `VmHWM` of proc_pid_status(5): the peak since the process began. */
export function peakRssMiB({ pid }: Component): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`/proc/${pid}/status has no VmHWM: the process is ending`);
  return Number(line[1]) / 1_024;
}
