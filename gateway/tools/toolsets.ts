/** Which tools a server has: those of the sets that it was told, and `ping` always. */
import { compareText } from '../../crds/constraint.ts';
import type { Tool } from './define.ts';
import { tools } from './all.ts';
import { ping } from './ping.ts';
import type { Toolset } from './toolset-names.ts';

/** The tools of these sets, by name. @param cluster Makes those of the set `cluster`, which have an account of their own. */
export function toolsOf(chosen: readonly Toolset[], cluster: () => readonly Tool[]): readonly Tool[] {
  const found = [
    ...(chosen.includes('constraints') ? tools : [ping]),
    ...(chosen.includes('cluster') ? cluster() : []),
  ];
  return found.toSorted((a, b) => compareText(a.name, b.name));
}
