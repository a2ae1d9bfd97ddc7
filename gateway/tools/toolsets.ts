/** Which tools a server has: those of the sets that it was told, and `ping` always. */
import { compareText } from '../../crds/constraint.ts';
import type { Tool } from './define.ts';
import { tools } from './all.ts';
import { ping } from './ping.ts';

export const toolsets = ['constraints', 'cluster'] as const;
export type Toolset = (typeof toolsets)[number];

/** Whether it is the name of a set. */
export function isToolset(text: string): text is Toolset {
  return toolsets.some((name) => name === text);
}

/** The tools of these sets, by name. @param cluster Makes those of the set `cluster`, which have an account of their own. */
export function toolsOf(chosen: readonly Toolset[], cluster: () => readonly Tool[]): readonly Tool[] {
  const found = [
    ...(chosen.includes('constraints') ? tools : [ping]),
    ...(chosen.includes('cluster') ? cluster() : []),
  ];
  return found.toSorted((a, b) => compareText(a.name, b.name));
}
