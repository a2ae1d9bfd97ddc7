import { readFileSync } from 'node:fs';

/** Whether a process runs. One that has ended and was not collected by its parent yet (a zombie) does not. */
export function isAlive(pid: number): boolean {
  try {
    return statFields(pid)[0] !== 'Z';
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return false;
    throw error;
  }
}

/** User and system time: fields 14 and 15 of proc_pid_stat(5), in ticks of 1/100 s wherever Node runs (USER_HZ). */
export function cpuSecondsOf(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function rssBytesOf(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`/proc/${pid}/status has no VmRSS: the process is ending`);
  return Number(line[1]) * 1_024;
}

/** From field 3 on: field 2 is the program's name in parentheses, which may hold spaces and parentheses itself. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
